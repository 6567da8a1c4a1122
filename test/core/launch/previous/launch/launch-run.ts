/**
 * The way through a plan: which orders to place, and what follows from an answer. It decides by the plan and by the kind
 * of a refusal alone, so a dry run, a launch and a test walk the same way.
 */

import type { Pool } from "../../../../../src/core/demand/pool.ts";
import { CapTracker, subnetCap } from "../plan/caps.ts";
import type { Placement } from "../plan/placement.ts";
import type { Phase, Plan, PlannedPool } from "../plan/plan.ts";
import { shareByWeight } from "../plan/regions.ts";
import { reduceByLifecycle } from "../supply/heuristic.ts";
import { appliedCaps, beginPhase, type PhaseResult, type PhaseState, phaseResult } from "./phase-result.ts";
import { coverage, describe, excluded, firstFew, mergeReasons, type Reason, slice } from "./reasons.ts";
import {
	type LaunchRequest,
	memoryKeys,
	placeKey,
	placementKeys,
	type Refusal,
	reordered,
	suggestionKey,
} from "./refusal.ts";

export interface LaunchedInstance {
	/** Null in a dry run. */
	readonly instanceId: string | null;
	readonly name: string | null;
	/** EC2's words, such as `hvm` and `ebs`; null in a dry run. */
	readonly virtualizationType: string | null;
	readonly rootDeviceType: string | null;
}

export interface Outcome {
	readonly launched: readonly LaunchedInstance[];
	/** Why fewer than `count` were launched; null if none were missing. */
	readonly refusal: Refusal | null;
	/** What went wrong with instances that were launched, such as naming. */
	readonly namingFailures: readonly { readonly code: string; readonly message: string }[];
}

/** An instance with the order that launched it. */
export interface Launch extends LaunchedInstance {
	readonly pool: Pool;
	readonly placement: Placement;
}

export interface RefusedRequest {
	readonly request: LaunchRequest;
	readonly refusal: Refusal;
}

export interface PoolResult {
	/** Instances still wanted after the heuristic; `launched + shortfall`. */
	readonly needed: number;
	readonly launched: number;
	readonly shortfall: number;
	/** Their counts add up to the pool's pending requests. */
	readonly reasons: readonly Reason[];
	readonly phases: readonly PhaseResult[];
}

/** What a launch run came to; survives a JSON round trip. */
export interface LaunchResult {
	/** One per pool of the plan, in its order. */
	readonly pools: readonly PoolResult[];
	readonly launches: readonly Launch[];
	readonly refusals: readonly RefusedRequest[];
}

interface ShareState {
	/** Instances that this lane has yet to ask for. */
	remaining: number;
	inFlight: number;
	readonly placements: readonly Placement[];
}

interface PoolState {
	readonly planned: PlannedPool;
	readonly names: string[] | null;
	readonly ordinals: Map<Placement, number>;
	readonly busy: Set<Placement>;
	readonly closed: Map<Placement, Refusal>;
	readonly reasons: Reason[];
	/** Those that were begun; the last one is under way until the pool is done. */
	readonly phases: PhaseState[];
	shares: ShareState[];
	/** What the phases before this one could not give, and why. */
	blame: readonly Reason[];
	unmet: number;
	done: boolean;
}

/** Walks one plan once: call `start`, then `settle` for every order that was given out. */
export class LaunchRun {
	readonly #plan: Plan;
	readonly #tracker: CapTracker;
	readonly #pools: readonly PoolState[];
	readonly #refused = new Map<string, Refusal>();
	/** Zones that EC2 named, by lifecycle, EC2 instance type and region. */
	readonly #suggestedZones = new Map<string, readonly string[]>();
	readonly #sharesOfRequests = new Map<LaunchRequest, { readonly state: PoolState; readonly share: ShareState }>();
	readonly #launches: Launch[] = [];
	readonly #refusals: RefusedRequest[] = [];

	constructor(plan: Plan) {
		this.#plan = plan;
		this.#tracker = new CapTracker(plan.caps);
		this.#pools = plan.pools.map((planned) => ({
			planned,
			names: planned.names === null ? null : [...planned.names],
			ordinals: new Map(),
			busy: new Set(),
			closed: new Map(),
			reasons: coverage(planned.reduction.byFresh, planned.reduction.byOld, firstLifecycle(planned, plan)),
			phases: [beginPhase(planned.phases[0], planned.pending, planned.reduction)],
			shares: sharesFor(planned.phases[0], planned.reduction.need),
			blame: [],
			unmet: 0,
			done: false,
		}));
	}

	/** The first orders, all of which may be placed at once. */
	start(): readonly LaunchRequest[] {
		return this.#advance();
	}

	/** Takes an order's outcome; returns the orders that it makes possible. */
	settle(request: LaunchRequest, outcome: Outcome): readonly LaunchRequest[] {
		const placed = this.#sharesOfRequests.get(request);
		if (placed === undefined) throw new RangeError("the order was not given out, or was settled before");
		this.#sharesOfRequests.delete(request);
		const { state, share } = placed;
		const { placement, pool, count } = request;
		const launched = outcome.launched.length;
		const missing = Math.max(0, count - launched);
		// EC2 never gives more than MaxCount; should it, the ceilings must still see what runs.
		this.#tracker.settle(placement.caps, count, Math.min(launched, count));
		share.inFlight -= count;
		share.remaining += missing;
		phaseOf(state).launched += launched;
		state.busy.delete(placement);
		for (const instance of outcome.launched) this.#launches.push({ ...instance, pool, placement });
		if (missing > 0) {
			const refusal = outcome.refusal ?? {
				kind: "no-capacity",
				code: "partial",
				message: `gave ${launched} of ${count}`,
				zones: [],
			};
			state.closed.set(placement, refusal);
			for (const key of memoryKeys(request, refusal)) this.#refused.set(key, refusal);
			this.#refusals.push({ request, refusal });
			if (refusal.zones.length > 0) this.#suggestedZones.set(suggestionKey(placement), refusal.zones);
			// A name that may be borne by now is not given out again: that of an instance whose naming failed, which is one of
			// the first.
			const borne = outcome.launched.map(({ name }) => name);
			const nameless = borne.filter((name) => name === null).length;
			const free = (request.names ?? []).filter((name) => !borne.includes(name)).slice(nameless);
			if (refusal.kind !== "unknown") state.names?.unshift(...free);
		}
		return this.#advance();
	}

	/**
	 * What the run came to, as plain data.
	 * @throws RangeError while a request is not settled
	 */
	result(): LaunchResult {
		return { pools: this.#pools.map(poolResult), launches: this.#launches, refusals: this.#refusals };
	}

	/** Places what can be placed, in the order of the pools, until nothing more can. */
	#advance(): readonly LaunchRequest[] {
		const requests: LaunchRequest[] = [];
		for (;;) {
			const before = requests.length;
			let moved = false;
			for (const state of this.#pools) {
				if (state.done) continue;
				for (const share of state.shares) this.#fill(state, share, requests);
				moved = this.#passOn(state) || moved;
			}
			if (requests.length === before && !moved) return requests;
		}
	}

	/** Places orders for a lane's remaining, best attempts first. */
	#fill(state: PoolState, share: ShareState, requests: LaunchRequest[]): void {
		for (const placement of this.#inOrder(share.placements)) {
			if (share.remaining === 0) return;
			if (state.busy.has(placement) || this.#refusalOf(state, placement) !== null) continue;
			const count = this.#tracker.available(placement.caps, share.remaining);
			if (count === 0) continue;
			const ordinal = state.ordinals.get(placement) ?? 0;
			const request: LaunchRequest = {
				pool: state.planned.pool,
				placement,
				count,
				names: state.names?.splice(0, count) ?? null,
				ordinal,
			};
			this.#tracker.reserve(placement.caps, count);
			state.ordinals.set(placement, ordinal + 1);
			state.busy.add(placement);
			share.remaining -= count;
			share.inFlight += count;
			this.#sharesOfRequests.set(request, { state, share });
			requests.push(request);
		}
	}

	/**
	 * The attempts in order, but for what has changed since the plan: among those for one EC2 instance type in one region,
	 * the zones that EC2 named come first, and within a zone the subnets that have most addresses left. What is better by
	 * price or priority stays better.
	 */
	#inOrder(placements: readonly Placement[]): readonly Placement[] {
		const byAddresses = reordered(placements, placeKey, (a, b) => this.#addressesLeft(b) - this.#addressesLeft(a));
		if (this.#suggestedZones.size === 0) return byAddresses;
		const isHinted = (placement: Placement) =>
			this.#suggestedZones.get(suggestionKey(placement))?.includes(placement.availabilityZone) === true ? 1 : 0;
		return reordered(byAddresses, suggestionKey, (a, b) => isHinted(b) - isHinted(a));
	}

	#addressesLeft({ subnetId }: Placement): number {
		return this.#tracker.available([subnetCap(subnetId)], Number.POSITIVE_INFINITY);
	}

	/** Hands what a finished lane could not place to the next lane, and what a finished phase could not to the next. */
	#passOn(state: PoolState): boolean {
		const open = state.shares.filter((share) => !this.#isFinished(state, share));
		for (const [index, share] of state.shares.entries()) {
			if (share.remaining === 0 || open.includes(share)) continue;
			const next = [...state.shares.slice(index + 1), ...state.shares.slice(0, index)].find((other) =>
				open.includes(other),
			);
			if (next === undefined) continue;
			next.remaining += share.remaining;
			share.remaining = 0;
			return true;
		}
		if (open.some((share) => share.remaining > 0) || state.shares.some((share) => share.inFlight > 0)) return false;
		this.#endPhase(state);
		return true;
	}

	/** Whether nothing more can come of the lane, also when the orders under way everywhere are settled. */
	#isFinished(state: PoolState, share: ShareState): boolean {
		if (share.inFlight > 0) return false;
		return share.placements.every(
			(placement) =>
				this.#refusalOf(state, placement) !== null ||
				(this.#tracker.available(placement.caps, 1) === 0 && !this.#tracker.mayFree(placement.caps)),
		);
	}

	#endPhase(state: PoolState): void {
		const { planned } = state;
		const ended = phaseOf(state);
		const unmet = state.shares.reduce((sum, share) => sum + share.remaining, 0);
		state.blame = mergeReasons(state.blame, this.#blame(state, ended, unmet));
		state.unmet = unmet;
		const next = planned.phases[state.phases.length];
		if (unmet === 0 || next === undefined) {
			state.shares = [];
			state.done = true;
			return;
		}
		const { heuristics } = this.#plan;
		const reduction = reduceByLifecycle({
			count: unmet,
			supply: planned.supply,
			lifecycle: next.lifecycle,
			fellThrough: true,
			heuristics,
		});
		state.reasons.push(...coverage(reduction.byFresh, reduction.byOld, next.lifecycle));
		state.blame = slice(state.blame, 0, reduction.need);
		state.unmet = reduction.need;
		state.phases.push(beginPhase(next, unmet, reduction));
		state.shares = sharesFor(next, reduction.need);
	}

	/**
	 * Why a phase left `leftover` unserved: what the ceilings forbade, and of the rest, what EC2 said. The ceilings are
	 * noted on the phase.
	 */
	#blame(state: PoolState, phaseState: PhaseState, unmet: number): readonly Reason[] {
		if (unmet === 0) return [];
		const { phase } = phaseState;
		const placements = phase.shares.flatMap((share) => share.placements);
		if (placements.length === 0) return [{ ...excluded(phase), count: unmet }];
		const trial = this.#tracker.copy();
		let allowed = 0;
		for (const { caps } of placements) {
			const count = trial.available(caps, unmet - allowed);
			trial.reserve(caps, count);
			allowed += count;
		}
		const refusals = placements.flatMap((placement) => {
			const refusal = this.#refusalOf(state, placement);
			return refusal === null ? [] : [{ placement, refusal }];
		});
		const isError = ({ refusal }: { readonly refusal: Refusal }) =>
			refusal.kind === "rejected" || refusal.kind === "unknown" || refusal.kind === "stop-all";
		const reasons: Reason[] = [];
		if (allowed > 0) {
			const late = refusals.some(({ refusal }) => refusal.kind === "timeout");
			const code = late ? "timeout" : refusals.every(isError) ? "error" : "no-capacity";
			const messages = refusals
				.filter((refused) => code !== "error" || isError(refused))
				.map(({ placement, refusal }) => describe(placement, refusal));
			reasons.push({ code, message: firstFew(messages), count: allowed });
		}
		if (unmet > allowed) {
			const caps = placements.flatMap((placement) => trial.exhausted(placement.caps) ?? []);
			const [first] = caps;
			if (first === undefined) throw new RangeError("nothing explains why a request was not served");
			const labels = caps.filter((cap) => cap.code === first.code).map((cap) => cap.label);
			const { pool } = state.planned;
			const own = this.#launches.filter((launch) => launch.pool === pool);
			phaseState.caps = appliedCaps(caps, (key) => own.filter(({ placement }) => placement.caps.includes(key)).length);
			reasons.push({
				// Image shares add up to the need, so they never are what holds a request back.
				code: first.code === "image-share" ? "error" : first.code,
				message: firstFew(labels),
				count: unmet - allowed,
			});
		}
		return reasons;
	}

	#refusalOf(state: PoolState, placement: Placement): Refusal | null {
		const own = state.closed.get(placement);
		if (own !== undefined) return own;
		for (const key of placementKeys(state.planned.pool, placement)) {
			const refusal = this.#refused.get(key);
			if (refusal !== undefined) return refusal;
		}
		return null;
	}
}

/** Walks a plan as if EC2 gave everything that it is asked for: what a dry run shows. */
export function simulate(plan: Plan): LaunchResult {
	const launchRun = new LaunchRun(plan);
	const queue = [...launchRun.start()];
	for (let request = queue.shift(); request !== undefined; request = queue.shift()) {
		const { names, count } = request;
		const launched = Array.from({ length: count }, (_, index) => ({
			instanceId: null,
			name: names?.[index] ?? null,
			virtualizationType: null,
			rootDeviceType: null,
		}));
		queue.push(...launchRun.settle(request, { launched, refusal: null, namingFailures: [] }));
	}
	return launchRun.result();
}

/** The phase that a pool is in, or ended with. */
function phaseOf(state: PoolState): PhaseState {
	const phase = state.phases.at(-1);
	if (phase === undefined) throw new RangeError("a pool has no phase");
	return phase;
}

function sharesFor(phase: Phase | undefined, count: number): ShareState[] {
	if (phase === undefined) throw new RangeError("a pool has no phase");
	// A phase without a place keeps its count in an empty lane, from where it is passed on.
	const shares = phase.shares.length === 0 ? [{ weight: 1, placements: [] }] : phase.shares;
	const counts = shareByWeight(
		count,
		shares.map((share) => share.weight),
	);
	return shares.map(({ placements }, index) => ({ remaining: counts[index] ?? 0, inFlight: 0, placements }));
}

function poolResult({ phases, unmet, reasons, blame, done }: PoolState): PoolResult {
	if (!done) throw new RangeError("requests are still in flight");
	const launched = phases.reduce((sum, phase) => sum + phase.launched, 0);
	const served = launched === 0 ? [] : [{ code: "launched" as const, message: "launched", count: launched }];
	return {
		needed: launched + unmet,
		launched,
		shortfall: unmet,
		reasons: [...reasons, ...served, ...blame].filter(({ count }) => count > 0),
		phases: phases.map(phaseResult),
	};
}

function firstLifecycle(planned: PlannedPool, plan: Plan): string {
	return plan.heuristics.scope === "pool" ? "" : (planned.phases[0]?.lifecycle ?? "");
}
