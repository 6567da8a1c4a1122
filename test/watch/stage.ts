/**
 * A watch on a stage: a Buildbot database in a file, EC2 over a socket with the real SDK, and time that passes only while
 * the watch sleeps.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../src/adapters/buildbot/open.ts";
import type { Cloud } from "../../src/adapters/ec2/open.ts";
import { timeLimit } from "../../src/adapters/time-limit.ts";
import type { Policy } from "../../src/core/model/policy.ts";
import type { Clock, PendingSource, TickLock } from "../../src/tick/ports.ts";
import type { TickOptions } from "../../src/tick/tick.ts";
import { TickEnding, type WatchPorts, type WatchResult, watch } from "../../src/watch/watch.ts";
import { RUN, type TestCloud } from "../adapters/ec2/cloud.ts";
import { policy } from "../core/facts.ts";
import { BuildbotDatabase } from "../harness/buildbot-database.ts";
import { ManualEnding } from "../harness/ending.ts";

const everyType = (limit: number) => ({ bld: limit, tst: limit });

/** Both types have room for a thousand machines, in us-west-2. */
export const POLICY = policy({
	builderMap: [
		{ source: "linux", line: 1, regex: /linux/y, mozType: "bld" },
		{ source: "test", line: 2, regex: /test/y, mozType: "tst" },
	],
	regionPriorities: { "us-west-2": 1 },
	spotLimits: { global: {}, regions: { "us-west-2": everyType(1_000) } },
	onDemandLimits: { global: everyType(0), regions: {} },
});

export interface StageOptions {
	/** Seconds. */
	readonly duration: number;
	readonly interval?: number;
	readonly policy?: Policy;
	readonly options?: Partial<TickOptions>;
	readonly ports?: Partial<WatchPorts>;
	/** Called at seconds since the start, while the watch sleeps. */
	readonly at?: Readonly<Record<number, () => void>>;
}

interface StageEvent {
	readonly seconds: number;
	readonly body: () => void;
}

export class Stage implements Disposable {
	readonly database: BuildbotDatabase;
	readonly ending = new ManualEnding();
	readonly lines: string[] = [];
	/** Timers of ticks that were neither called nor canceled. */
	readonly timers = new Set<() => void>();
	/** Seconds since the start at which a tick began. */
	readonly ticks: number[] = [];
	/** Seconds since the start at which the database was read. */
	readonly looks: number[] = [];
	readonly #cloud: TestCloud;
	readonly #folder: string;
	readonly #startedAt: number;
	/** Null: the next tick that needs it opens it. */
	#opened: Cloud | null = null;

	constructor(cloud: TestCloud) {
		this.#cloud = cloud;
		this.#startedAt = cloud.timer.now();
		this.#folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-watch-"));
		this.database = new BuildbotDatabase(join(this.#folder, "state.sqlite"));
	}

	get clock(): Clock {
		return { now: () => this.#cloud.now(), elapsed: () => this.#cloud.timer.now() };
	}

	/** Seconds since the start. */
	get seconds(): number {
		return (this.#cloud.timer.now() - this.#startedAt) / 1000;
	}

	/** The next tick opens EC2 anew, as after a change of the configuration. */
	reopen(): void {
		this.#opened = null;
	}

	/** Submits requests now. */
	submit(builder: string, count = 1): void {
		this.database.submit(builder, count, this.#cloud.now() - count + 1);
	}

	async run({ duration, interval = 15, at = {}, ...rest }: StageOptions): Promise<WatchResult> {
		const { timer } = this.#cloud;
		const own = rest.policy ?? POLICY;
		const pending = await this.pendingSource(own);
		const ending = new TickEnding(this.ending, (_milliseconds, body) => {
			this.timers.add(body);
			return () => this.timers.delete(body);
		});
		const events = Object.entries(at)
			.map(([seconds, body]) => ({ seconds: Number(seconds), body }))
			.toSorted((a, b) => a.seconds - b.seconds);
		const options: TickOptions = {
			policy: own,
			regions: ["us-west-2"],
			mode: "launch",
			latestAmiPercentage: 100,
			maxHourlyCost: null,
			maxLaunches: 1_000,
			timeout: 240,
			...rest.options,
		};
		const watching = watch(
			{ duration, interval },
			{
				pending,
				workers: null,
				lock: null,
				previousRun: null,
				setup: () => ({
					options,
					allocations: null,
					cloud: async (tickId) => {
						this.#opened ??= this.#cloud.open({ policy: own, ending });
						return this.#opened.forTick({ ...RUN, step: tickId });
					},
				}),
				run: this.ending,
				ending,
				timeLimit,
				log: this.log,
				clock: this.clock,
				sleep: (milliseconds, signal) => this.#sleep(milliseconds, events, signal),
				random: () => 0,
				afterTick: async () => {},
				...rest.ports,
			},
		);
		return timer.until(watching);
	}

	/** Time passes only here, from one event to the next, so that a tick takes none. */
	async #sleep(milliseconds: number, events: StageEvent[], signal: AbortSignal): Promise<void> {
		const { timer } = this.#cloud;
		const end = timer.now() + milliseconds;
		while (!signal.aborted) {
			const [event] = events;
			const at = event === undefined ? Number.POSITIVE_INFINITY : this.#startedAt + event.seconds * 1000;
			const next = Math.min(at, end);
			if (next > timer.now()) await timer.sleep(next - timer.now());
			if (event === undefined || at > end) return;
			events.shift();
			event.body();
		}
	}

	readonly log: WatchPorts["log"] = {
		debug: () => {},
		info: (message) => this.lines.push(message),
		notice: (message) => this.lines.push(`notice: ${message}`),
		warning: (message) => this.lines.push(`warning: ${message}`),
		error: (message) => this.lines.push(`error: ${message}`),
		group: async (title, body) => {
			this.ticks.push(this.seconds);
			this.lines.push(`group: ${title}`);
			return body();
		},
	};

	async pendingSource(own: Policy = POLICY): Promise<PendingSource> {
		const { pending } = await openDatabase(
			{ kind: "sqlite", path: join(this.#folder, "state.sqlite"), ignoredKeys: [] },
			{
				workspace: "/",
				tls: "auto",
				authorities: undefined,
				run: "test",
				watch: null,
				now: () => this.#cloud.now(),
				timeout: 240,
				typeTag: own.typeTag,
				iamRegion: null,
			},
		);
		return {
			read: async (window) => {
				this.looks.push(this.seconds);
				return pending.read(window);
			},
		};
	}

	[Symbol.dispose](): void {
		this.database.close();
		rmSync(this.#folder, { recursive: true, force: true });
	}
}

/** A lock of which a test decides who has it. */
export class TestLock implements TickLock {
	isFree = true;
	lost: Error | null = null;
	acquired = 0;
	released = 0;

	async acquire() {
		if (!this.isFree) return { kind: "held" as const, by: "run 7", seconds: 5 };
		this.acquired += 1;
		return { kind: "acquired" as const };
	}

	async confirm() {
		if (this.lost !== null) throw this.lost;
	}

	release() {
		this.released += 1;
	}
}
