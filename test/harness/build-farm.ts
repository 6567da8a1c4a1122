/** Build requests and the machines that serve them, in simulated time: what a Buildbot master and its workers do. */
import type { PendingRequests } from "../../src/core/model/facts.ts";

/** Seconds. */
export interface Durations {
	/** From a launch until the machine takes work. */
	readonly boot: number;
	/** Of each build. */
	readonly build: number;
	/** After which an idle machine shuts itself down. */
	readonly idle: number;
}

interface BuildRequest {
	readonly id: number;
	/** Seconds since 1970, UTC. */
	readonly at: number;
}

interface Machine {
	readonly launchedAt: number;
	/** From then on it is idle. */
	freeAt: number;
	/** What it builds, or built last. */
	request: BuildRequest | null;
}

export const BUILDER = "linux";

/** A number of requests that arrive at a time. Idle machines take the oldest request, and the oldest machine comes first. */
export class BuildFarm {
	/** Seconds since 1970, UTC. */
	now: number;
	/** Seconds that each request waited until a machine took it. */
	readonly waits: number[] = [];
	/** Seconds that all machines ran, of those that ended. */
	machineSeconds = 0;
	readonly #durations: Durations;
	/** Times of the requests to come, the earliest first. */
	readonly #arrivals: readonly number[];
	readonly #onShutdown: (id: string) => void;
	readonly #pending: BuildRequest[] = [];
	readonly #machines = new Map<string, Machine>();
	#arrived = 0;

	/**
	 * @param arrivals times of the requests, in seconds since `start`, the earliest first
	 * @param onShutdown called with the id of each machine that shuts itself down
	 */
	constructor(start: number, arrivals: readonly number[], durations: Durations, onShutdown = (_id: string) => {}) {
		this.now = start;
		this.#arrivals = arrivals.map((at) => start + at);
		this.#durations = durations;
		this.#onShutdown = onShutdown;
	}

	/** Whether all requests have arrived, are built, and every machine has shut down. */
	get isDone(): boolean {
		return this.#arrived === this.#arrivals.length && this.#pending.length === 0 && this.#machines.size === 0;
	}

	/** Ids of the machines that run. */
	get machines(): ReadonlySet<string> {
		return new Set(this.#machines.keys());
	}

	launch(id: string, launchedAt = this.now): void {
		this.#machines.set(id, { launchedAt, freeAt: launchedAt + this.#durations.boot, request: null });
	}

	/** Ends a machine. The request that it was building is pending again, as Buildbot retries a build whose worker was lost. */
	end(id: string): void {
		const machine = this.#machines.get(id);
		if (machine === undefined) return;
		this.#machines.delete(id);
		this.machineSeconds += this.now - machine.launchedAt;
		if (machine.request !== null && machine.freeAt > this.now) this.#pending.unshift(machine.request);
	}

	/** Lets time pass. */
	advance(to: number): void {
		for (let next = this.#nextEvent(); next <= to; next = this.#nextEvent()) {
			this.now = Math.max(this.now, next);
			this.#step();
		}
		this.now = Math.max(this.now, to);
	}

	/** What Buildbot's database has. */
	pending(): PendingRequests {
		const [oldest] = this.#pending;
		const newest = this.#pending.at(-1);
		if (oldest === undefined || newest === undefined) return { builders: [], outsideAgeWindow: 0 };
		const seen = { oldestSubmittedAt: oldest.at, newest: { id: newest.id, submittedAt: newest.at } };
		return { builders: [{ builder: BUILDER, count: this.#pending.length, ...seen }], outsideAgeWindow: 0 };
	}

	#nextEvent(): number {
		let next = this.#arrivals[this.#arrived] ?? Number.POSITIVE_INFINITY;
		for (const { freeAt } of this.#machines.values()) {
			next = Math.min(next, freeAt + (this.#pending.length > 0 ? 0 : this.#durations.idle));
		}
		return next;
	}

	#step(): void {
		for (let at = this.#arrivals[this.#arrived]; at !== undefined && at <= this.now; ) {
			this.#arrived += 1;
			this.#pending.push({ id: this.#arrived, at });
			at = this.#arrivals[this.#arrived];
		}
		for (const [id, machine] of this.#machines) {
			if (machine.freeAt > this.now) continue;
			const request = this.#pending.shift();
			if (request !== undefined) {
				this.waits.push(this.now - request.at);
				machine.request = request;
				machine.freeAt = this.now + this.#durations.build;
			} else if (machine.freeAt + this.#durations.idle <= this.now) {
				this.end(id);
				this.#onShutdown(id);
			}
		}
	}
}
