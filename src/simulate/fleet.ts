/** The machines of a simulation: which of them run for a pool, and which are idle. */

import type { Lifecycle } from "../core/model/policy.ts";
import type { Placement } from "../core/plan/placements.ts";

export interface Machine {
	/** In the order of the launches, from 0 on. */
	readonly number: number;
	/** Index of its pool. */
	readonly pool: number;
	readonly placement: Placement;
	readonly lifecycle: Lifecycle;
	/** Seconds since 1970, UTC. */
	readonly launchedAt: number;
	/** Builds that it has begun. */
	builds: number;
	/** Since when it is idle, if it is. */
	idleSince: number;
	/** Positions among the pool's machines, and among its idle ones. */
	position: number;
	idlePosition: number;
	/** The machines that became idle before and after it, if it is idle. */
	idleBefore: Machine | null;
	idleAfter: Machine | null;
}

/** All operations take constant time. */
export class Fleet {
	readonly #all: Machine[] = [];
	readonly #running: readonly Machine[][];
	readonly #idle: readonly Machine[][];
	#longestIdle: Machine | null = null;
	#latestIdle: Machine | null = null;

	constructor(pools: number) {
		this.#running = Array.from({ length: pools }, () => []);
		this.#idle = Array.from({ length: pools }, () => []);
	}

	/** @param now seconds since 1970, UTC */
	launch(pool: number, placement: Placement, now: number): Machine {
		const running = this.#runningOf(pool);
		const machine: Machine = {
			...{ number: this.#all.length, pool, placement, lifecycle: placement.lifecycle, launchedAt: now, builds: 0 },
			...{ idleSince: now, position: running.length, idlePosition: 0, idleBefore: null, idleAfter: null },
		};
		this.#all.push(machine);
		running.push(machine);
		return machine;
	}

	/** @throws RangeError if no machine has the number */
	machine(number: number): Machine {
		return found(this.#all[number]);
	}

	/** The pool's machines that have not ended. */
	running(pool: number): readonly Machine[] {
		return this.#runningOf(pool);
	}

	/** The pool's idle machines. */
	idle(pool: number): readonly Machine[] {
		return this.#idleOf(pool);
	}

	/** The machine that has been idle for longest, of all pools. */
	get longestIdle(): Machine | null {
		return this.#longestIdle;
	}

	/** Adds a machine to the idle ones. */
	rest(machine: Machine, now: number): void {
		const idle = this.#idleOf(machine.pool);
		machine.idlePosition = idle.length;
		machine.idleSince = now;
		idle.push(machine);
		machine.idleBefore = this.#latestIdle;
		if (this.#latestIdle === null) this.#longestIdle = machine;
		else this.#latestIdle.idleAfter = machine;
		this.#latestIdle = machine;
	}

	/** Removes a machine from the idle ones. */
	wake(machine: Machine): void {
		const moved = removeAt(this.#idleOf(machine.pool), machine.idlePosition);
		if (moved !== null) moved.idlePosition = machine.idlePosition;
		const { idleBefore, idleAfter } = machine;
		if (idleBefore === null) this.#longestIdle = idleAfter;
		else idleBefore.idleAfter = idleAfter;
		if (idleAfter === null) this.#latestIdle = idleBefore;
		else idleAfter.idleBefore = idleBefore;
		machine.idleBefore = null;
		machine.idleAfter = null;
	}

	/** Removes a machine that has ended, and is not idle. */
	remove(machine: Machine): void {
		const moved = removeAt(this.#runningOf(machine.pool), machine.position);
		if (moved !== null) moved.position = machine.position;
	}

	#runningOf(pool: number): Machine[] {
		return found(this.#running[pool]);
	}

	#idleOf(pool: number): Machine[] {
		return found(this.#idle[pool]);
	}
}

function found<T>(value: T | undefined): T {
	if (value === undefined) throw new RangeError("no such machine or pool");
	return value;
}

/** Lets the last element take the position of one that is removed; returns it if it moved. */
function removeAt<T>(list: T[], position: number): T | null {
	const last = list.pop();
	if (last === undefined || position === list.length) return null;
	list[position] = last;
	return last;
}
