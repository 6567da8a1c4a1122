/**
 * Simulates Buildbot and EC2 for a workload under one setting, from event to event: requests arrive, ticks launch, machines
 * start, work, and stop when they are idle. A machine takes one build at a time, and always the request of its pool that
 * has waited longest. EC2 grants everything that the limits allow.
 */

import type { AgeWindow, Heuristics } from "../core/model/policy.ts";
import { countedCost } from "../core/plan/cost.ts";
import type { Placement } from "../core/plan/placements.ts";
import { countSupply } from "../core/supply/supply.ts";
import { EventQueue } from "./event-queue.ts";
import { Fleet, type Machine } from "./fleet.ts";
import { Launching, type LaunchPlan, type PoolNeed } from "./launching.ts";
import { draw } from "./random.ts";
import type { NextTick } from "./timing.ts";
import type { Workload } from "./workload.ts";

export interface SimulationInput {
	readonly workload: Workload;
	readonly plan: LaunchPlan;
	readonly heuristics: Heuristics;
	/** Which requests a tick sees. */
	readonly window: AgeWindow;
	readonly nextTick: NextTick;
	/** Seconds for which a launch counts against `max-launches`; 0: until the next tick. */
	readonly launchesCountFor: number;
	/** Whole seconds from the launch of a pool's nth machine, from 0 on, until it takes requests; infinite: it never does. */
	readonly bootTime: (pool: number, launch: number) => number;
	/** Seconds without work after which a machine stops. */
	readonly idleStop: number;
	/** Of the choice among idle machines, which Buildbot makes at random by default. */
	readonly seed: number;
	/** Filled with the waits; as long as the workload. Simulations may share it, one after the other. */
	readonly waits: Float64Array;
}

/** What came of a simulation. */
export interface Simulated {
	/** Seconds that each request of the workload waited for its first build; infinite: it was never served. */
	readonly waits: Float64Array;
	/** By pool. */
	readonly pools: readonly SimulatedPool[];
}

export interface SimulatedPool {
	launched: number;
	/** Machines that never had a build. */
	neverUsed: number;
	/** From launch to stop. */
	machineSeconds: number;
	/** USD; null: the price of a machine is unknown. */
	cost: number | null;
}

/** Seconds after the end of the history until which requests that wait are still served. */
const AFTERMATH = 24 * 3_600;

/** Requests of a pool. */
interface Queue {
	/** Those that have arrived, and of these the first ones, which machines have taken. */
	arrived: number;
	taken: number;
}

/** The same input gives the same result. */
export function simulate(input: SimulationInput): Simulated {
	return new Simulation(input).run();
}

class Simulation {
	readonly #input: SimulationInput;
	readonly #launching: Launching;
	readonly #events: EventQueue;
	readonly #fleet: Fleet;
	readonly #queues: readonly Queue[];
	readonly #results: SimulatedPool[];
	readonly #waits: Float64Array;
	/** Launches that count against `max-launches`, in the order of their time. */
	readonly #counted: { readonly at: number; readonly launches: number }[] = [];
	#firstCounted = 0;
	/** Requests that have arrived. */
	#arrived = 0;
	#waiting = 0;
	#lastTickAt: number | null = null;
	#firstNewAt: number | null = null;
	/** Infinite: nothing waits. */
	#tickAt = Number.POSITIVE_INFINITY;
	#end: number;
	/** After this, nothing is launched and no request is served. */
	readonly #lastService: number;

	constructor(input: SimulationInput) {
		const { workload, plan } = input;
		this.#input = input;
		this.#launching = new Launching(plan);
		this.#events = new EventQueue(Math.min(workload.from, workload.submittedAt[0] ?? workload.from));
		this.#fleet = new Fleet(workload.pools.length);
		this.#queues = workload.pools.map(() => ({ arrived: 0, taken: 0 }));
		this.#results = workload.pools.map(() => ({ launched: 0, neverUsed: 0, machineSeconds: 0, cost: 0 }));
		this.#waits = input.waits.fill(Number.POSITIVE_INFINITY);
		this.#end = workload.until;
		this.#lastService = Math.max(workload.until, workload.submittedAt.at(-1) ?? 0) + AFTERMATH;
	}

	run(): Simulated {
		const { submittedAt } = this.#input.workload;
		for (;;) {
			const eventAt = this.#events.nextAt;
			const arrivalAt = submittedAt[this.#arrived] ?? Number.POSITIVE_INFINITY;
			const tickAt = this.#tickAt <= this.#lastService ? this.#tickAt : Number.POSITIVE_INFINITY;
			const now = Math.min(eventAt, arrivalAt, tickAt);
			if (now === Number.POSITIVE_INFINITY) break;
			this.#end = Math.max(this.#end, now);
			// At the same time, machines become free first, then requests arrive, and then the tick looks.
			if (eventAt === now) this.#free(this.#fleet.machine(this.#events.take()), now);
			else if (arrivalAt === now) this.#arrive(now);
			else this.#tick(now);
		}
		this.#stopIdle(Number.POSITIVE_INFINITY);
		// What is left never started.
		for (const pool of this.#queues.keys()) {
			for (const machine of [...this.#fleet.running(pool)]) this.#stop(machine, this.#end);
		}
		return { waits: this.#waits, pools: this.#results };
	}

	#arrive(now: number): void {
		this.#stopIdle(now);
		const position = this.#arrived;
		const index = this.#input.workload.pool[position] ?? 0;
		const queue = this.#queue(index);
		this.#arrived += 1;
		queue.arrived += 1;
		const idle = this.#fleet.idle(index);
		const machine = idle[idle.length < 2 ? 0 : draw(this.#input.seed, index, position) % idle.length];
		if (machine !== undefined) {
			this.#fleet.wake(machine);
			this.#work(machine, now);
			return;
		}
		this.#waiting += 1;
		this.#firstNewAt ??= now;
		if (this.#waiting === 1 || this.#firstNewAt === now) this.#schedule(now);
	}

	/** A machine has started, or has finished a build. */
	#free(machine: Machine, now: number): void {
		const queue = this.#queue(machine.pool);
		if (queue.taken < queue.arrived && now <= this.#lastService) {
			this.#waiting -= 1;
			this.#work(machine, now);
			if (this.#waiting === 0) {
				this.#tickAt = Number.POSITIVE_INFINITY;
				this.#firstNewAt = null;
			}
			return;
		}
		this.#fleet.rest(machine, now);
	}

	/** Takes the pool's request that has waited longest. */
	#work(machine: Machine, now: number): void {
		const { byPool, submittedAt, duration } = this.#input.workload;
		const queue = this.#queue(machine.pool);
		const position = byPool[machine.pool]?.[queue.taken] ?? 0;
		queue.taken += 1;
		machine.builds += 1;
		this.#waits[position] = now - (submittedAt[position] ?? 0);
		this.#events.add(now + (duration[position] ?? 0), machine.number);
	}

	#tick(now: number): void {
		this.#stopIdle(now);
		this.#forgetLaunches(now);
		const { heuristics } = this.#input;
		const needs: PoolNeed[] = [];
		for (const pool of this.#waitingPools()) {
			const need = this.#needOf(pool, now);
			if (need !== null) needs.push(need);
		}
		let launches = 0;
		for (const { pool, placement, count } of this.#launching.launch(needs, heuristics)) {
			for (let one = 0; one < count; one += 1) this.#launch(pool, placement, now);
			launches += count;
		}
		if (launches > 0) this.#counted.push({ at: now, launches });
		this.#lastTickAt = now;
		this.#firstNewAt = null;
		this.#schedule(now);
	}

	/** Pools with a request that waits, the oldest first, as the demand of a tick is ordered. */
	#waitingPools(): readonly number[] {
		const { byPool, submittedAt } = this.#input.workload;
		const waiting: number[] = [];
		for (const [index, { taken, arrived }] of this.#queues.entries()) if (taken < arrived) waiting.push(index);
		if (waiting.length < 2) return waiting;
		const oldest = (index: number) => submittedAt[byPool[index]?.[this.#queue(index).taken] ?? 0] ?? 0;
		return waiting.toSorted((a, b) => oldest(a) - oldest(b) || a - b);
	}

	/** Null: the tick sees none of the pool's requests. */
	#needOf(index: number, now: number): PoolNeed | null {
		const { workload, heuristics } = this.#input;
		const pool = workload.pools[index];
		const count = this.#pending(index, now);
		if (pool === undefined || count === 0) return null;
		const supply = countSupply({ pool, serving: this.#fleet.running(index), heuristics, now });
		return { pool: index, count, supply };
	}

	/** Requests that a tick sees: those that wait and are within the age window. */
	#pending(index: number, now: number): number {
		const { minAge, maxAge } = this.#input.window;
		const { taken, arrived } = this.#queue(index);
		const youngest = minAge === null ? arrived : this.#firstAfter(index, now - minAge);
		const oldest = maxAge === null ? taken : this.#firstAfter(index, now - maxAge - 1);
		return Math.max(0, Math.min(youngest, arrived) - Math.max(oldest, taken));
	}

	/** Of the pool's waiting requests, the first that was submitted after a time. */
	#firstAfter(index: number, time: number): number {
		const { byPool, submittedAt } = this.#input.workload;
		const queue = this.#queue(index);
		let low = queue.taken;
		let high = queue.arrived;
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((submittedAt[byPool[index]?.[middle] ?? 0] ?? 0) <= time) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	#launch(pool: number, placement: Placement, now: number): void {
		const result = this.#result(pool);
		const { number } = this.#fleet.launch(pool, placement, now);
		const readyAt = now + this.#input.bootTime(pool, result.launched);
		result.launched += 1;
		if (readyAt < Number.POSITIVE_INFINITY) this.#events.add(readyAt, number);
	}

	/** Stops the machines that have been idle for long enough. */
	#stopIdle(now: number): void {
		for (let machine = this.#fleet.longestIdle; machine !== null; machine = this.#fleet.longestIdle) {
			const stopAt = machine.idleSince + this.#input.idleStop;
			if (stopAt > now) return;
			this.#fleet.wake(machine);
			this.#stop(machine, stopAt);
		}
	}

	#stop(machine: Machine, at: number): void {
		this.#fleet.remove(machine);
		this.#launching.release(machine.placement);
		const result = this.#result(machine.pool);
		const seconds = at - machine.launchedAt;
		const cost = countedCost(machine.placement);
		result.machineSeconds += seconds;
		result.cost = result.cost === null || cost === null ? null : result.cost + (cost * seconds) / 3_600;
		if (machine.builds === 0) result.neverUsed += 1;
	}

	#forgetLaunches(now: number): void {
		const { launchesCountFor } = this.#input;
		for (; this.#firstCounted < this.#counted.length; this.#firstCounted += 1) {
			const next = this.#counted[this.#firstCounted];
			if (next === undefined || next.at + launchesCountFor > now) return;
			this.#launching.forget(next.launches);
		}
	}

	#schedule(now: number): void {
		this.#tickAt =
			this.#waiting === 0
				? Number.POSITIVE_INFINITY
				: this.#input.nextTick({ now, lastTickAt: this.#lastTickAt, firstNewAt: this.#firstNewAt });
	}

	#queue(pool: number): Queue {
		return found(this.#queues[pool]);
	}

	#result(pool: number): SimulatedPool {
		return found(this.#results[pool]);
	}
}

function found<T>(value: T | undefined): T {
	if (value === undefined) throw new RangeError("no such pool");
	return value;
}
