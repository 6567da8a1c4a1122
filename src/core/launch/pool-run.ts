/** One pool of a launch run: what it requests next, and what an answer means for it. */

import type { Heuristics } from "../model/policy.ts";
import { type CapTracker, subnetCap } from "../plan/caps.ts";
import { type Phase, placementsOf } from "../plan/phase.ts";
import type { Placement } from "../plan/placements.ts";
import type { PlannedPool } from "../plan/plan.ts";
import { reduceByLifecycle } from "../supply/heuristic.ts";
import { explainShortfall, type RefusedPlacement } from "./explain-shortfall.ts";
import { type Outcome, type Settlement, unusedNames } from "./outcome.ts";
import { appliedCaps, beginPhase, type PhaseResult, type PhaseState, phaseResult } from "./phase-result.ts";
import { byAddressesLeft, type SuggestedZones } from "./placement-order.ts";
import { coverage, mergeReasons, type Reason } from "./reasons.ts";
import { type LaunchRequest, partialRefusal } from "./refusal.ts";
import { giveBack, isWaiting, type Share, sharesOf } from "./share.ts";
import { type LiveSpotMachines, shareOut } from "./spread.ts";
import { groupKeys, type RefusalAt, scopeKeys, type UnavailableCapacity } from "./unavailable-capacity.ts";

export interface PoolResult {
	/** Instances needed after the heuristic; `launched + shortfall`. */
	readonly needed: number;
	readonly launched: number;
	readonly shortfall: number;
	/** Of the shortfall, how many may run nevertheless, since EC2's answer to their launch was lost. */
	readonly possiblyLaunched: number;
	/** Their counts add up to the pool's pending requests. */
	readonly reasons: readonly Reason[];
	readonly phases: readonly PhaseResult[];
}

/** What the pools of a launch run have in common. */
export interface SharedState {
	readonly heuristics: Heuristics;
	readonly caps: CapTracker;
	readonly unavailable: UnavailableCapacity;
	readonly suggestedZones: SuggestedZones;
	readonly liveSpot: LiveSpotMachines;
}

export class PoolRun {
	readonly #planned: PlannedPool;
	readonly #shared: SharedState;
	/** Keys of scopes by placement, computed when first needed. */
	readonly #scopes = new Map<Placement, readonly string[]>();
	readonly #names: string[] | null;
	readonly #ordinals = new Map<Placement, number>();
	readonly #inFlight = new Map<LaunchRequest, Share>();
	readonly #busy = new Set<Placement>();
	readonly #closed = new Map<Placement, RefusalAt>();
	readonly #launched = new Map<Placement, number>();
	/** Requests that running instances cover. */
	readonly #covered: Reason[];
	/** The phase that the pool is in, or ended with. */
	#phase: PhaseState;
	/** Those that have begun. */
	readonly #phases: PhaseState[];
	#shares: Share[];
	/** Why the ended phases left `#unmet` instances unlaunched. */
	#shortfall: readonly Reason[] = [];
	#unmet = 0;
	#possiblyLaunched = 0;
	#isDone = false;

	constructor(planned: PlannedPool, shared: SharedState) {
		const { pending, reduction, names, phases } = planned;
		const [first] = phases;
		if (first === undefined) throw new RangeError("a pool has no phase");
		this.#planned = planned;
		this.#shared = shared;
		this.#names = names === null ? null : [...names];
		const lifecycle = shared.heuristics.scope === "pool" ? "" : first.lifecycle;
		this.#covered = coverage(reduction.byFresh, reduction.byOld, lifecycle);
		this.#phase = beginPhase(first, pending, reduction);
		this.#phases = [this.#phase];
		this.#shares = sharesOf(first, planned.pool.mozType, reduction.need);
	}

	get isDone(): boolean {
		return this.#isDone;
	}

	/** Keys of the caps that its placements count against, and of the groups that refusals may concern. */
	keys(): ReadonlySet<string> {
		const { pool, phases } = this.#planned;
		return new Set(phases.flatMap(placementsOf).flatMap((placement) => groupKeys(pool, placement)));
	}

	/** Reserves and requests what its shares lack, best placements first, as far as the caps allow. */
	request(): readonly LaunchRequest[] {
		return this.#shares.flatMap((share) => this.#requestFor(share));
	}

	/** The exhausted caps that keep it from requesting more. */
	blockingCaps(): ReadonlySet<string> {
		const { caps } = this.#shared;
		return new Set(
			this.#shares
				.filter(({ remaining }) => remaining > 0)
				.flatMap(({ placements }) => placements.filter((placement) => this.#isFree(placement)))
				.flatMap((placement) => caps.exhausted(placement.caps).slice(0, 1))
				.map(({ key }) => key),
		);
	}

	/**
	 * Hands what a finished share could not request to the next open share, or what a finished phase could not to the
	 * next phase.
	 * @returns whether anything was handed on, so that there may be more to request
	 */
	handOn(): boolean {
		const open = new Set(this.#shares.filter((share) => !this.#isFinished(share)));
		for (const [index, share] of this.#shares.entries()) {
			if (share.remaining === 0 || open.has(share)) continue;
			const others = [...this.#shares.slice(index + 1), ...this.#shares.slice(0, index)];
			const next = others.find((other) => open.has(other));
			if (next === undefined) continue;
			next.remaining += share.remaining;
			share.remaining = 0;
			return true;
		}
		const isUnderWay = [...open].some(({ remaining }) => remaining > 0) || this.#inFlight.size > 0;
		if (!isUnderWay) this.#endPhase();
		return !isUnderWay;
	}

	/** Takes the outcome of one of its requests and settles its reservation. */
	settle(request: LaunchRequest, outcome: Outcome): Settlement {
		const share = this.#inFlight.get(request);
		if (share === undefined) throw new RangeError("the request is not in flight");
		this.#inFlight.delete(request);
		const { placement, count } = request;
		const launched = outcome.launched.length;
		// EC2 never launches more than MaxCount. If it did, the caps could not give more than was reserved.
		const missing = Math.max(0, count - launched);
		// An instance that may run keeps its reservation: under every limit, it counts as launched.
		const possible = Math.min(missing, outcome.refusal?.possiblyLaunched ?? 0);
		const kept = count - missing + possible;
		this.#shared.caps.settle(placement.caps, kept, kept);
		this.#countLive(placement, kept - count);
		this.#possiblyLaunched += possible;
		share.inFlight -= count;
		share.remaining += missing;
		const freed = [...placement.caps, ...giveBack(share, placement, count - kept, this.#shared.caps)];
		this.#phase.launched += launched;
		this.#launched.set(placement, (this.#launched.get(placement) ?? 0) + launched);
		this.#busy.delete(placement);
		if (missing === 0) return { refusal: null, freed };
		share.isRefused = true;
		const refusal = outcome.refusal ?? partialRefusal(launched, count);
		this.#closed.set(placement, { placement, refusal });
		if (refusal.kind !== "unknown") this.#names?.unshift(...unusedNames(request, outcome));
		return { refusal, freed };
	}

	/** @throws RangeError while the pool is not done */
	result(): PoolResult {
		if (!this.#isDone) throw new RangeError("requests are still in flight");
		const launched = this.#phases.reduce((sum, phase) => sum + phase.launched, 0);
		const served: Reason = { code: "launched", message: "launched", count: launched };
		return {
			needed: launched + this.#unmet,
			launched,
			shortfall: this.#unmet,
			possiblyLaunched: this.#possiblyLaunched,
			reasons: [...this.#covered, served, ...this.#shortfall].filter(({ count }) => count > 0),
			phases: this.#phases.map(phaseResult),
		};
	}

	#requestFor(share: Share): readonly LaunchRequest[] {
		if (share.remaining === 0 || isWaiting(share)) return [];
		if (!share.placements.some((placement) => this.#roomFor(placement, 1) > 0)) return [];
		const spread = share.isRefused || share.spread.length === 0 ? [] : this.#requestSpread(share);
		return [...spread, ...this.#requestUpTo(share.remaining, share, share.placements)];
	}

	#requestSpread(share: Share): readonly LaunchRequest[] {
		const { caps, liveSpot } = this.#shared;
		const isFree = (placement: Placement) => this.#isFree(placement);
		return shareOut(share.remaining, share.spread, { live: liveSpot, caps, isFree }).flatMap(({ pool, count }) =>
			this.#requestUpTo(count, share, pool.placements),
		);
	}

	/** Requests so many of the share's instances at some of its placements, best first, as far as the caps allow. */
	#requestUpTo(count: number, share: Share, placements: readonly Placement[]): readonly LaunchRequest[] {
		let left = count;
		return this.#inOrder(placements).flatMap((placement) => {
			const some = this.#roomFor(placement, left);
			if (some === 0) return [];
			left -= some;
			return [this.#reserve(share, placement, some)];
		});
	}

	#roomFor(placement: Placement, wanted: number): number {
		return this.#isFree(placement) ? this.#shared.caps.available(placement.caps, wanted) : 0;
	}

	/** The reservation comes before the call, so that no answer can exceed a cap. */
	#reserve(share: Share, placement: Placement, count: number): LaunchRequest {
		const ordinal = this.#ordinals.get(placement) ?? 0;
		const names = this.#names?.splice(0, count) ?? null;
		const request = { pool: this.#planned.pool, placement, count, names, ordinal };
		this.#shared.caps.reserve(placement.caps, count);
		this.#countLive(placement, count);
		this.#ordinals.set(placement, ordinal + 1);
		this.#busy.add(placement);
		this.#inFlight.set(request, share);
		share.remaining -= count;
		share.inFlight += count;
		return request;
	}

	#countLive(placement: Placement, count: number): void {
		const { pool } = this.#planned;
		if (placement.lifecycle === "spot") this.#shared.liveSpot.add(pool.mozType, placement, count);
	}

	#inOrder(placements: readonly Placement[]): readonly Placement[] {
		const { caps, suggestedZones } = this.#shared;
		const addressesLeft = ({ subnetId }: Placement) => caps.available([subnetCap(subnetId)], Infinity);
		return suggestedZones.first(byAddressesLeft(placements, addressesLeft));
	}

	/** Whether nothing more can come of a share, even after every request in flight is settled. */
	#isFinished({ inFlight, placements }: Share): boolean {
		const { caps } = this.#shared;
		return (
			inFlight === 0 &&
			placements.every(
				(placement) =>
					this.#refusalOf(placement) !== null ||
					(caps.available(placement.caps, 1) === 0 && !caps.mayFree(placement.caps)),
			)
		);
	}

	#endPhase(): void {
		const { caps, heuristics } = this.#shared;
		const ended = this.#phase;
		const { phase } = ended;
		const unmet = this.#shares.reduce((sum, { remaining }) => sum + remaining, 0);
		const { reasons, reached } = explainShortfall({
			phase,
			unmet,
			possiblyLaunched: this.#possiblyLaunched,
			refused: this.#refused(phase),
			caps,
		});
		ended.caps = appliedCaps(reached, (key) => this.#launchedUnder(key));
		this.#shortfall = mergeReasons(this.#shortfall, reasons);
		this.#unmet = unmet;
		this.#shares = [];
		// Another lifecycle must not launch again what may already run.
		const next = this.#possiblyLaunched > 0 ? undefined : this.#planned.phases[this.#phases.length];
		this.#isDone = unmet === 0 || next === undefined;
		if (unmet === 0 || next === undefined) return;
		const { lifecycle } = next;
		const { supply } = this.#planned;
		const reduction = reduceByLifecycle({ count: unmet, supply, lifecycle, fellThrough: true, heuristics });
		this.#covered.push(...coverage(reduction.byFresh, reduction.byOld, lifecycle));
		this.#phase = beginPhase(next, unmet, reduction);
		this.#phases.push(this.#phase);
		this.#shares = sharesOf(next, this.#planned.pool.mozType, reduction.need);
	}

	#refused(phase: Phase): readonly RefusedPlacement[] {
		return placementsOf(phase).flatMap((placement) => {
			const cause = this.#refusalOf(placement);
			return cause === null ? [] : [{ placement, cause }];
		});
	}

	#launchedUnder(capKey: string): number {
		return [...this.#launched].reduce((sum, [{ caps }, count]) => sum + (caps.includes(capKey) ? count : 0), 0);
	}

	#isFree(placement: Placement): boolean {
		return !this.#busy.has(placement) && this.#refusalOf(placement) === null;
	}

	#refusalOf(placement: Placement): RefusalAt | null {
		const { unavailable } = this.#shared;
		const own = this.#closed.get(placement);
		if (own !== undefined || unavailable.isEmpty) return own ?? null;
		const scopes = this.#scopes.get(placement) ?? scopeKeys(this.#planned.pool, placement);
		this.#scopes.set(placement, scopes);
		return unavailable.refusalOf(scopes);
	}
}
