/**
 * A run that watches: it looks at the database every few seconds, which costs a query and no AWS call, and ticks when
 * there is something to decide. Every tick is computed from the database and EC2, as if it were alone.
 */
import type { MappedBuilder } from "../core/demand/demand.ts";
import type { PendingRequests } from "../core/model/facts.ts";
import type { Failure } from "../core/model/failure.ts";
import type { MozType } from "../core/model/policy.ts";
import { inWords, isoTime } from "../core/report/duration.ts";
import type { Report } from "../core/report/report.ts";
import { RunRecord } from "../core/report/run-report.ts";
import { attempt } from "../tick/attempt.ts";
import { mapBuilders } from "../tick/map-builders.ts";
import type { Cloud, Ending, Log, TickPorts } from "../tick/ports.ts";
import { type TickOptions, tick } from "../tick/tick.ts";
import { Arrivals, type NewRequests } from "./arrivals.ts";
import { type After, TickEnding } from "./ending.ts";
import { HeldLock } from "./held-lock.ts";
import { LaunchMemory } from "./memory.ts";
import { rememberingCloud } from "./remembering-cloud.ts";
import { nextPollAt, nextTickAt } from "./schedule.ts";
import { TickLog } from "./tick-log.ts";

/** What a tick works with that follows from the configuration, which may be read again during a watch. */
export interface Setup {
	readonly options: TickOptions;
	readonly allocations: TickPorts["allocations"];
	/**
	 * Opened at the first call.
	 * @param tickId part of the tokens of the tick's launches, so that no two ticks share one
	 */
	readonly cloud: (tickId: string) => Promise<Cloud>;
}

export interface WatchPorts
	extends Pick<TickPorts, "pending" | "workers" | "lock" | "previousRun" | "timeLimit" | "log" | "clock"> {
	/** The setup from now on. */
	readonly setup: () => Setup;
	/** Ends the whole run. */
	readonly run: Ending;
	/** Ends the tick that is running. The adapters behind the setup must share it. */
	readonly ending: TickEnding;
	/** Waits; ends early if the signal aborts. Never throws. */
	readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
	/** From 0 to 1. */
	readonly random: () => number;
	/** Called within the tick's group of the log. */
	readonly afterTick: (report: Report) => Promise<void>;
}

export interface WatchOptions {
	/** Seconds until no further tick starts; null: until the run is stopped. */
	readonly duration: number | null;
	/** Seconds between looks at the database. */
	readonly interval: number;
}

export interface WatchResult {
	/** Of the whole run. */
	readonly report: Report;
	/** The result of its last tick, by which the run fails or succeeds. */
	readonly last: Report;
}

export { type After, TickEnding };

/** Codes by which AWS rejects credentials that were valid before. */
const EXPIRED: ReadonlySet<string> = new Set(["ExpiredToken", "ExpiredTokenException", "RequestExpired"]);

/** Watches until the time is over, the run is stopped, the lock is lost, or the credentials expire. */
export async function watch(options: WatchOptions, ports: WatchPorts): Promise<WatchResult> {
	const lock = new HeldLock(ports.lock);
	try {
		return await new Watch(options, ports, lock).run();
	} finally {
		lock.end();
	}
}

class Watch {
	readonly #options: WatchOptions;
	readonly #ports: WatchPorts;
	readonly #lock: HeldLock;
	readonly #log: Log;
	readonly #memory = new LaunchMemory();
	readonly #arrivals = new Arrivals();
	readonly #record = new RunRecord();
	#ticks = 0;
	/** Milliseconds, of the last tick that had something to decide; see {@link nextTickAt}. */
	#lastTickAt: number | null = null;
	#lastPollAt = 0;
	#hasNew = false;
	/** Why the last look at the database failed; null: it did not. */
	#pollFailure: Failure | null = null;
	#isOver = false;

	constructor(options: WatchOptions, ports: WatchPorts, lock: HeldLock) {
		this.#options = options;
		this.#ports = ports;
		this.#lock = lock;
		this.#log = new TickLog(ports.log);
	}

	async run(): Promise<WatchResult> {
		const { clock, run, sleep, random, log } = this.#ports;
		const { duration } = this.#options;
		const interval = this.#options.interval * 1000;
		const until = duration === null ? Number.POSITIVE_INFINITY : clock.elapsed() + duration * 1000;
		log.info(
			`Watching ${duration === null ? "until the run is stopped" : `for ${inWords(duration)}`}, with a look at the database every ${this.#options.interval} s.`,
		);
		await this.#tick();
		while (!this.#isOver && !run.stop.aborted) {
			const jitter = random();
			const pollAt = nextPollAt({ lastPollAt: this.#lastPollAt, interval, jitter });
			const tickAt = this.#tickAt(jitter);
			const next = Math.min(pollAt, tickAt ?? Number.POSITIVE_INFINITY, until);
			const pause = next - clock.elapsed();
			if (pause > 0) await sleep(pause, run.stop);
			if (run.stop.aborted || clock.elapsed() >= until) break;
			if (tickAt !== null && tickAt <= clock.elapsed()) await this.#tick();
			else if (pollAt <= clock.elapsed()) await this.#poll();
		}
		return this.#result();
	}

	#tickAt(jitter: number): number | null {
		if (!this.#lock.isHeld) return null;
		return nextTickAt({
			lastTickAt: this.#lastTickAt,
			hasNew: this.#hasNew,
			hasPending: this.#arrivals.pending > 0,
			jitter,
		});
	}

	async #tick(): Promise<void> {
		const { clock, ending, log } = this.#ports;
		const setup = this.#ports.setup();
		this.#ticks += 1;
		this.#lastTickAt = clock.elapsed();
		this.#lastPollAt = clock.elapsed();
		this.#hasNew = false;
		const startedAt = clock.now();
		const report = await log.group(`Tick ${this.#ticks} at ${isoTime(startedAt).slice(11, 19)} UTC`, async () => {
			const result = await ending.during(setup.options.timeout, () => this.#run(setup, startedAt));
			if (result.lockedBy === null) await this.#ports.afterTick(result);
			return result;
		});
		this.#lastPollAt = clock.elapsed();
		this.#memory.forget(clock.now());
		const waits = this.#memory
			.takeLaunched()
			.flatMap(({ mozType, machines, at }) => this.#arrivals.serve(mozType, machines, at));
		if (this.#hasExpired(report)) {
			this.#isOver = true;
			this.#record.addUnfinished(report, waits);
			log.notice(
				"The AWS credentials have expired, so the watch ends here. The next run continues. To watch for longer, set role-to-assume, or raise role-duration-seconds.",
			);
			return;
		}
		this.#record.add(report, waits);
		this.#pollFailure = null;
		if (report.failures.some(({ code }) => code === "lock-lost")) this.#isOver = true;
		// It had nothing to decide and made no AWS call, so it was no more than a look: the next request need not wait.
		if (report.heuristics === null && report.failures.length === 0) this.#lastTickAt = null;
		// What is pending is unknown, so the next tick does not wait for something new.
		if (report.failures.some(({ stage }) => stage === "pending")) this.#hasNew = true;
		// A probe found capacity, so the rest need not wait for something new.
		if (this.#memory.takeProbed()) this.#hasNew = true;
	}

	async #run(setup: Setup, startedAt: number): Promise<Report> {
		const { pending, workers, previousRun, timeLimit, ending, clock } = this.#ports;
		const { options, allocations } = setup;
		const left = options.maxLaunches - this.#memory.launchedInWindow(startedAt);
		return tick(
			{ ...options, maxLaunches: Math.max(0, left) },
			{
				pending: {
					read: async (window) => {
						const read = await pending.read(window);
						this.#observe(read, setup);
						return read;
					},
				},
				allocations,
				workers,
				lock: this.#lock,
				previousRun: this.#ticks === 1 ? previousRun : null,
				cloud: async () => rememberingCloud(await setup.cloud(String(startedAt)), this.#memory, clock),
				timeLimit,
				ending,
				log: this.#log,
				clock,
			},
		);
	}

	/** Looks at the database. What is new is decided by the next tick. */
	async #poll(): Promise<void> {
		const { pending, clock, run, log } = this.#ports;
		this.#lastPollAt = clock.elapsed();
		const concern = { stage: "pending" as const, ending: run };
		if (!this.#lock.isHeld) {
			const taken = await attempt(concern, () => this.#lock.acquire());
			// The other run has just launched, and its last launches may not be visible yet: the pause is part of the rule.
			if (taken.kind === "done" && taken.value.kind === "acquired") this.#takeOver();
			return;
		}
		const confirmed = await attempt(concern, () => this.#lock.confirm());
		if (confirmed.kind === "failed") {
			if (run.stop.aborted) return;
			this.#pollFailure = { ...confirmed.failure, stage: "launch" };
			this.#isOver = true;
			return;
		}
		const setup = this.#ports.setup();
		const read = await attempt(concern, () => pending.read(setup.options.policy.pending));
		if (read.kind === "failed") {
			if (run.stop.aborted) return;
			if (this.#pollFailure === null) log.warning(`${read.failure.message} The watch continues.`);
			this.#pollFailure = read.failure;
			return;
		}
		if (this.#pollFailure !== null) log.info("The database can be read again.");
		this.#pollFailure = null;
		const arrived = this.#observe(read.value, setup);
		if (arrived.size === 0) return;
		this.#hasNew = true;
		log.info(pollLine(arrived));
	}

	#takeOver(): void {
		this.#ports.log.info("The lock is free now, and this run holds it.");
		this.#hasNew = true;
		this.#lastTickAt = null;
	}

	#observe({ builders }: PendingRequests, { options }: Setup): NewRequests {
		const { timeLimit, clock } = this.#ports;
		const pending = builders.filter(({ builder }) => builder.isWellFormed());
		const mapped: readonly MappedBuilder[] = mapBuilders({
			pending,
			patterns: options.policy.builderMap,
			timeLimit,
			clock,
		}).builders;
		return this.#arrivals.observe(mapped);
	}

	/** Whether AWS rejected credentials with which an earlier tick read it. */
	#hasExpired({ failures }: Report): boolean {
		const wasRead = this.#record.hasReadAws;
		return wasRead && failures.some(({ stage, code }) => stage !== "pending" && EXPIRED.has(code));
	}

	#result(): WatchResult {
		const { last } = this.#record;
		if (last === null) throw new RangeError("the watch had no tick");
		const between = this.#pollFailure === null ? [] : [this.#pollFailure];
		this.#record.addFailures(between);
		const standing = [...last.failures, ...between];
		const report = this.#record.report(isoTime(this.#ports.clock.now()), standing);
		return { report, last: { ...last, failures: standing } };
	}
}

function pollLine(arrived: NewRequests): string {
	const total = [...arrived.values()].reduce((sum, count) => sum + count, 0);
	const types = [...arrived].map(([mozType, count]: readonly [MozType, number]) => `${count} for ${mozType}`);
	return `${total} new build request${total === 1 ? "" : "s"}: ${types.join(", ")}.`;
}
