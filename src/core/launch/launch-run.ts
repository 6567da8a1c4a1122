/**
 * The way through a plan: which orders to place, and what follows from an answer. It decides by the plan and by the kind
 * of a refusal alone, so a dry run, a launch and a test walk the same way.
 */

import type { Pool } from "../demand/pool.ts";
import { Ledger, subnetCap } from "../plan/caps.ts";
import type { Attempt } from "../plan/placement.ts";
import type { Plan, PlannedPool, Stage } from "../plan/plan.ts";
import { shareByWeight } from "../plan/regions.ts";
import { reduceByLifecycle } from "../supply/heuristic.ts";
import { beginStage, heldBack, type StageResult, type StageState, stageResult } from "./phase-result.ts";
import { coverage, describe, excluded, firstFew, joinBlame, type Reason, slice } from "./reasons.ts";
import { attemptKeys, hintKey, memoryKeys, type Order, placeKey, type Refusal, reordered } from "./refusal.ts";

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
	readonly faults: readonly { readonly code: string; readonly message: string }[];
}

/** An instance with the order that launched it. */
export interface Launch extends LaunchedInstance {
	readonly pool: Pool;
	readonly attempt: Attempt;
}

export interface RefusedOrder {
	readonly order: Order;
	readonly refusal: Refusal;
}

export interface PoolResult {
	/** Instances still wanted after the heuristic; `launched + shortfall`. */
	readonly needed: number;
	readonly launched: number;
	readonly shortfall: number;
	/** Their counts add up to the pool's pending requests. */
	readonly reasons: readonly Reason[];
	readonly stages: readonly StageResult[];
}

interface LaneState {
	/** Instances that this lane has yet to ask for. */
	quota: number;
	inFlight: number;
	readonly attempts: readonly Attempt[];
}

interface PoolState {
	readonly planned: PlannedPool;
	readonly names: string[] | null;
	readonly ordinals: Map<Attempt, number>;
	readonly busy: Set<Attempt>;
	readonly closed: Map<Attempt, Refusal>;
	readonly reasons: Reason[];
	/** Those that were begun; the last one is under way until the pool is done. */
	readonly stages: StageState[];
	lanes: LaneState[];
	/** What the stages before this one could not give, and why. */
	blame: readonly Reason[];
	leftover: number;
	done: boolean;
}

/** Walks one plan once: call `start`, then `settle` for every order that was given out. */
export class Walk {
	readonly #plan: Plan;
	readonly #ledger: Ledger;
	readonly #pools: readonly PoolState[];
	readonly #refused = new Map<string, Refusal>();
	/** Zones that EC2 named, by lifecycle, EC2 instance type and region. */
	readonly #hints = new Map<string, readonly string[]>();
	readonly #lanesOfOrders = new Map<Order, { readonly state: PoolState; readonly lane: LaneState }>();
	readonly #launches: Launch[] = [];
	readonly #refusals: RefusedOrder[] = [];

	constructor(plan: Plan) {
		this.#plan = plan;
		this.#ledger = new Ledger(plan.caps);
		this.#pools = plan.pools.map((planned) => ({
			planned,
			names: planned.names === null ? null : [...planned.names],
			ordinals: new Map(),
			busy: new Set(),
			closed: new Map(),
			reasons: coverage(planned.reduction.byFresh, planned.reduction.byOld, firstLifecycle(planned, plan)),
			stages: [beginStage(planned.stages[0], planned.pending, planned.reduction)],
			lanes: lanesFor(planned.stages[0], planned.reduction.need),
			blame: [],
			leftover: 0,
			done: false,
		}));
	}

	/** The first orders, all of which may be placed at once. */
	start(): readonly Order[] {
		return this.#advance();
	}

	/** Takes an order's outcome; returns the orders that it makes possible. */
	settle(order: Order, outcome: Outcome): readonly Order[] {
		const placed = this.#lanesOfOrders.get(order);
		if (placed === undefined) throw new RangeError("the order was not given out, or was settled before");
		this.#lanesOfOrders.delete(order);
		const { state, lane } = placed;
		const { attempt, pool, count } = order;
		const launched = outcome.launched.length;
		const missing = Math.max(0, count - launched);
		// EC2 never gives more than MaxCount; should it, the ceilings must still see what runs.
		this.#ledger.settle(attempt.caps, count, Math.min(launched, count));
		lane.inFlight -= count;
		lane.quota += missing;
		stageOf(state).launched += launched;
		state.busy.delete(attempt);
		for (const instance of outcome.launched) this.#launches.push({ ...instance, pool, attempt });
		if (missing > 0) {
			const refusal = outcome.refusal ?? {
				kind: "no-capacity",
				code: "partial",
				message: `gave ${launched} of ${count}`,
				zones: [],
			};
			state.closed.set(attempt, refusal);
			for (const key of memoryKeys(order, refusal)) this.#refused.set(key, refusal);
			this.#refusals.push({ order, refusal });
			if (refusal.zones.length > 0) this.#hints.set(hintKey(attempt), refusal.zones);
			// A name that may be borne by now is not given out again: that of an instance whose naming failed, which is one of
			// the first.
			const borne = outcome.launched.map(({ name }) => name);
			const nameless = borne.filter((name) => name === null).length;
			const free = (order.names ?? []).filter((name) => !borne.includes(name)).slice(nameless);
			if (refusal.kind !== "unknown") state.names?.unshift(...free);
		}
		return this.#advance();
	}

	get launches(): readonly Launch[] {
		return this.#launches;
	}

	get refusals(): readonly RefusedOrder[] {
		return this.#refusals;
	}

	/** One result per pool of the plan, in its order. To be read when every order is settled. */
	results(): readonly PoolResult[] {
		return this.#pools.map(({ stages, leftover, reasons, blame, done }) => {
			if (!done) throw new RangeError("orders are still under way");
			const launched = stages.reduce((sum, stage) => sum + stage.launched, 0);
			const served = launched === 0 ? [] : [{ code: "launched" as const, message: "launched", count: launched }];
			return {
				needed: launched + leftover,
				launched,
				shortfall: leftover,
				reasons: [...reasons, ...served, ...blame].filter(({ count }) => count > 0),
				stages: stages.map(stageResult),
			};
		});
	}

	/** Places what can be placed, in the order of the pools, until nothing more can. */
	#advance(): readonly Order[] {
		const orders: Order[] = [];
		for (;;) {
			const before = orders.length;
			let moved = false;
			for (const state of this.#pools) {
				if (state.done) continue;
				for (const lane of state.lanes) this.#fill(state, lane, orders);
				moved = this.#passOn(state) || moved;
			}
			if (orders.length === before && !moved) return orders;
		}
	}

	/** Places orders for a lane's quota, best attempts first. */
	#fill(state: PoolState, lane: LaneState, orders: Order[]): void {
		for (const attempt of this.#inOrder(lane.attempts)) {
			if (lane.quota === 0) return;
			if (state.busy.has(attempt) || this.#refusalOf(state, attempt) !== null) continue;
			const count = this.#ledger.available(attempt.caps, lane.quota);
			if (count === 0) continue;
			const ordinal = state.ordinals.get(attempt) ?? 0;
			const order: Order = {
				pool: state.planned.pool,
				attempt,
				count,
				names: state.names?.splice(0, count) ?? null,
				ordinal,
			};
			this.#ledger.reserve(attempt.caps, count);
			state.ordinals.set(attempt, ordinal + 1);
			state.busy.add(attempt);
			lane.quota -= count;
			lane.inFlight += count;
			this.#lanesOfOrders.set(order, { state, lane });
			orders.push(order);
		}
	}

	/**
	 * The attempts in order, but for what has changed since the plan: among those for one EC2 instance type in one region,
	 * the zones that EC2 named come first, and within a zone the subnets that have most addresses left. What is better by
	 * price or priority stays better.
	 */
	#inOrder(attempts: readonly Attempt[]): readonly Attempt[] {
		const byAddresses = reordered(attempts, placeKey, (a, b) => this.#addressesLeft(b) - this.#addressesLeft(a));
		if (this.#hints.size === 0) return byAddresses;
		const isHinted = (attempt: Attempt) =>
			this.#hints.get(hintKey(attempt))?.includes(attempt.availabilityZone) === true ? 1 : 0;
		return reordered(byAddresses, hintKey, (a, b) => isHinted(b) - isHinted(a));
	}

	#addressesLeft({ subnetId }: Attempt): number {
		return this.#ledger.available([subnetCap(subnetId)], Number.POSITIVE_INFINITY);
	}

	/** Hands what a finished lane could not place to the next lane, and what a finished stage could not to the next. */
	#passOn(state: PoolState): boolean {
		const open = state.lanes.filter((lane) => !this.#isFinished(state, lane));
		for (const [index, lane] of state.lanes.entries()) {
			if (lane.quota === 0 || open.includes(lane)) continue;
			const next = [...state.lanes.slice(index + 1), ...state.lanes.slice(0, index)].find((other) =>
				open.includes(other),
			);
			if (next === undefined) continue;
			next.quota += lane.quota;
			lane.quota = 0;
			return true;
		}
		if (open.some((lane) => lane.quota > 0) || state.lanes.some((lane) => lane.inFlight > 0)) return false;
		this.#endStage(state);
		return true;
	}

	/** Whether nothing more can come of the lane, also when the orders under way everywhere are settled. */
	#isFinished(state: PoolState, lane: LaneState): boolean {
		if (lane.inFlight > 0) return false;
		return lane.attempts.every(
			(attempt) =>
				this.#refusalOf(state, attempt) !== null ||
				(this.#ledger.available(attempt.caps, 1) === 0 && !this.#ledger.mayFree(attempt.caps)),
		);
	}

	#endStage(state: PoolState): void {
		const { planned } = state;
		const ended = stageOf(state);
		const leftover = state.lanes.reduce((sum, lane) => sum + lane.quota, 0);
		state.blame = joinBlame(state.blame, this.#blame(state, ended, leftover));
		state.leftover = leftover;
		const next = planned.stages[state.stages.length];
		if (leftover === 0 || next === undefined) {
			state.lanes = [];
			state.done = true;
			return;
		}
		const { heuristics } = this.#plan;
		const reduction = reduceByLifecycle({
			count: leftover,
			supply: planned.supply,
			lifecycle: next.lifecycle,
			handedOver: true,
			heuristics,
		});
		state.reasons.push(...coverage(reduction.byFresh, reduction.byOld, next.lifecycle));
		state.blame = slice(state.blame, 0, reduction.need);
		state.leftover = reduction.need;
		state.stages.push(beginStage(next, leftover, reduction));
		state.lanes = lanesFor(next, reduction.need);
	}

	/**
	 * Why a stage left `leftover` unserved: what the ceilings forbade, and of the rest, what EC2 said. The ceilings are
	 * noted on the stage.
	 */
	#blame(state: PoolState, stageState: StageState, leftover: number): readonly Reason[] {
		if (leftover === 0) return [];
		const { stage } = stageState;
		const attempts = stage.lanes.flatMap((lane) => lane.attempts);
		if (attempts.length === 0) return [{ ...excluded(stage), count: leftover }];
		const trial = this.#ledger.copy();
		let allowed = 0;
		for (const { caps } of attempts) {
			const count = trial.available(caps, leftover - allowed);
			trial.reserve(caps, count);
			allowed += count;
		}
		const refusals = attempts.flatMap((attempt) => {
			const refusal = this.#refusalOf(state, attempt);
			return refusal === null ? [] : [{ attempt, refusal }];
		});
		const isError = ({ refusal }: { readonly refusal: Refusal }) =>
			refusal.kind === "rejected" || refusal.kind === "unknown" || refusal.kind === "stop-all";
		const reasons: Reason[] = [];
		if (allowed > 0) {
			const late = refusals.some(({ refusal }) => refusal.kind === "timeout");
			const code = late ? "timeout" : refusals.every(isError) ? "error" : "no-capacity";
			const messages = refusals
				.filter((refused) => code !== "error" || isError(refused))
				.map(({ attempt, refusal }) => describe(attempt, refusal));
			reasons.push({ code, message: firstFew(messages), count: allowed });
		}
		if (leftover > allowed) {
			const caps = attempts.flatMap((attempt) => trial.exhausted(attempt.caps) ?? []);
			const [first] = caps;
			if (first === undefined) throw new RangeError("nothing explains why a request was not served");
			const labels = caps.filter((cap) => cap.code === first.code).map((cap) => cap.label);
			const { pool } = state.planned;
			const own = this.#launches.filter((launch) => launch.pool === pool);
			stageState.caps = heldBack(caps, (key) => own.filter(({ attempt }) => attempt.caps.includes(key)).length);
			reasons.push({
				// Image shares add up to the need, so they never are what holds a request back.
				code: first.code === "image-share" ? "error" : first.code,
				message: firstFew(labels),
				count: leftover - allowed,
			});
		}
		return reasons;
	}

	#refusalOf(state: PoolState, attempt: Attempt): Refusal | null {
		const own = state.closed.get(attempt);
		if (own !== undefined) return own;
		for (const key of attemptKeys(state.planned.pool, attempt)) {
			const refusal = this.#refused.get(key);
			if (refusal !== undefined) return refusal;
		}
		return null;
	}
}

/** Walks a plan as if EC2 gave everything that it is asked for: what a dry run shows. */
export function walkOptimistically(plan: Plan): Walk {
	const walk = new Walk(plan);
	const queue = [...walk.start()];
	for (let order = queue.shift(); order !== undefined; order = queue.shift()) {
		const { names, count } = order;
		const launched = Array.from({ length: count }, (_, index) => ({
			instanceId: null,
			name: names?.[index] ?? null,
			virtualizationType: null,
			rootDeviceType: null,
		}));
		queue.push(...walk.settle(order, { launched, refusal: null, faults: [] }));
	}
	return walk;
}

/** The stage that a pool is in, or ended with. */
function stageOf(state: PoolState): StageState {
	const stage = state.stages.at(-1);
	if (stage === undefined) throw new RangeError("a pool has no stage");
	return stage;
}

function lanesFor(stage: Stage | undefined, count: number): LaneState[] {
	if (stage === undefined) throw new RangeError("a pool has no stage");
	// A stage without a place keeps its count in an empty lane, from where it is passed on.
	const lanes = stage.lanes.length === 0 ? [{ weight: 1, attempts: [] }] : stage.lanes;
	const shares = shareByWeight(
		count,
		lanes.map((lane) => lane.weight),
	);
	return lanes.map(({ attempts }, index) => ({ quota: shares[index] ?? 0, inFlight: 0, attempts }));
}

function firstLifecycle(planned: PlannedPool, plan: Plan): string {
	return plan.heuristics.scope === "pool" ? "" : (planned.stages[0]?.lifecycle ?? "");
}
