/**
 * Launches a plan: which requests to make, and what follows from each answer. It decides by the plan and the answers
 * alone, so a dry run, a launch, and a test use the same code.
 */

import type { Pool } from "../demand/pool.ts";
import { CapTracker } from "../plan/caps.ts";
import type { Placement } from "../plan/placements.ts";
import type { Plan } from "../plan/plan.ts";
import { Agenda } from "./agenda.ts";
import type { LaunchedInstance, Outcome } from "./outcome.ts";
import { SuggestedZones } from "./placement-order.ts";
import { type PoolResult, PoolRun } from "./pool-run.ts";
import type { LaunchRequest, Refusal } from "./refusal.ts";
import { LiveSpotMachines } from "./spread.ts";
import { UnavailableCapacity } from "./unavailable-capacity.ts";

/** An instance with the request that launched it. */
export interface Launch extends LaunchedInstance {
	readonly pool: Pool;
	readonly placement: Placement;
}

export interface RefusedRequest {
	readonly request: LaunchRequest;
	readonly refusal: Refusal;
}

/** The result of a launch run; survives a JSON round trip. */
export interface LaunchResult {
	/** One per pool of the plan, in its order. */
	readonly pools: readonly PoolResult[];
	readonly launches: readonly Launch[];
	readonly refusals: readonly RefusedRequest[];
}

/** Launches one plan once: call `start`, then `settle` for every request that was returned. */
export class LaunchRun {
	readonly #caps: CapTracker;
	readonly #unavailable = new UnavailableCapacity();
	readonly #suggestedZones = new SuggestedZones();
	readonly #pools: readonly PoolRun[];
	readonly #agenda: Agenda;
	/** Positions of the pools that made the requests in flight. */
	readonly #inFlight = new Map<LaunchRequest, number>();
	readonly #launches: Launch[] = [];
	readonly #refusals: RefusedRequest[] = [];

	constructor({ caps, heuristics, pools, spotPools }: Plan) {
		this.#caps = new CapTracker(caps);
		const shared = {
			heuristics,
			caps: this.#caps,
			unavailable: this.#unavailable,
			suggestedZones: this.#suggestedZones,
			liveSpot: new LiveSpotMachines(spotPools),
		};
		this.#pools = pools.map((planned) => new PoolRun(planned, shared));
		this.#agenda = new Agenda();
		for (const [index, pool] of this.#pools.entries()) this.#agenda.register(index, pool.keys());
	}

	/** The first requests, all of which may be made at once. */
	start(): readonly LaunchRequest[] {
		return this.#advance([]);
	}

	/**
	 * Takes a request's outcome; returns the requests that it makes possible.
	 * @throws RangeError if the request is not in flight
	 */
	settle(request: LaunchRequest, outcome: Outcome): readonly LaunchRequest[] {
		const index = this.#inFlight.get(request);
		const pool = index === undefined ? undefined : this.#pools[index];
		if (index === undefined || pool === undefined) throw new RangeError("the request is not in flight");
		this.#inFlight.delete(request);
		const { refusal, freed } = pool.settle(request, outcome);
		for (const instance of outcome.launched) {
			this.#launches.push({ ...instance, pool: request.pool, placement: request.placement });
		}
		if (refusal !== null) this.#remember(request, refusal);
		this.#agenda.add(index);
		const caps = this.#caps.sharing(freed);
		for (const key of caps) if (this.#caps.isUsedUp(key)) this.#agenda.addGroup(key);
		return this.#advance(caps);
	}

	/**
	 * What came of the run.
	 * @throws RangeError while requests are in flight
	 */
	result(): LaunchResult {
		return {
			pools: this.#pools.map((pool) => pool.result()),
			launches: this.#launches,
			refusals: this.#refusals,
		};
	}

	#remember(request: LaunchRequest, refusal: Refusal): void {
		this.#refusals.push({ request, refusal });
		this.#suggestedZones.remember(request.placement, refusal);
		const concerned = this.#unavailable.remember(request, refusal);
		if (concerned !== null) this.#agenda.addGroup(concerned);
	}

	/**
	 * Lets every pool on the agenda request what it can, the oldest first, until no pool can request more.
	 * @param freed keys of caps that may have room again
	 */
	#advance(freed: readonly string[]): readonly LaunchRequest[] {
		const requests: LaunchRequest[] = [];
		const hasRoom = (key: string) => this.#caps.available([key], 1) > 0;
		do {
			for (const index of this.#agenda.round(freed, hasRoom)) requests.push(...this.#visit(index));
		} while (!this.#agenda.isEmpty);
		return requests;
	}

	#visit(index: number): readonly LaunchRequest[] {
		const pool = this.#pools[index];
		if (pool === undefined || pool.isDone) return [];
		const requests = pool.request();
		for (const request of requests) this.#inFlight.set(request, index);
		for (const key of pool.blockingCaps()) this.#agenda.wait(index, key);
		if (pool.handOn()) this.#agenda.add(index);
		return requests;
	}
}

/** Launches a plan as if EC2 granted every request: what a dry run shows. */
export function simulate(plan: Plan): LaunchResult {
	const launchRun = new LaunchRun(plan);
	const requests = [...launchRun.start()];
	for (const request of requests) {
		const { names, count } = request;
		const launched = Array.from({ length: count }, (_, index) => ({
			instanceId: null,
			name: names?.[index] ?? null,
			virtualizationType: null,
			rootDeviceType: null,
		}));
		requests.push(...launchRun.settle(request, { launched, refusal: null, namingFailures: [] }));
	}
	return launchRun.result();
}
