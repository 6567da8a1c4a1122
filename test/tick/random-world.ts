/** A model of EC2, of the queue, and of runs that share a lock. Which call of which run comes next is arbitrary. */
import type fc from "fast-check";
import type { Outcome } from "../../src/core/launch/outcome.ts";
import type { LaunchRequest, Refusal, RefusalKind } from "../../src/core/launch/refusal.ts";
import type { Instance, TerminatedInstance } from "../../src/core/model/facts.ts";
import type { Lifecycle, Policy, Region } from "../../src/core/model/policy.ts";
import type { Report } from "../../src/core/report/report.ts";
import { DatabaseError, FleetError, PortError } from "../../src/errors.ts";
import type { Cloud, TickPorts } from "../../src/tick/ports.ts";
import { type TickOptions, tick } from "../../src/tick/tick.ts";
import { instance, NOW, region } from "../core/facts.ts";
import { Journal, OPTIONS } from "./world.ts";

/** What becomes of a launch call. */
export interface Fate {
	/** Share of the requested instances that EC2 has capacity for. */
	readonly share: number;
	/** Why the others are refused. */
	readonly kind: Exclude<RefusalKind, "unknown" | "lock-lost">;
	readonly isAnswerLost: boolean;
	readonly isNamingRefused: boolean;
}

/** What becomes of a run. */
export interface RunFate {
	/** Calls of another run that may come before its first one. */
	readonly delay: number;
	readonly fates: readonly Fate[];
	/** Regions that can't be read. */
	readonly unread: readonly Region[];
	/** Whether their instances can be read nevertheless. */
	readonly seesInstances: boolean;
	/** Calls after which the process is killed; null: it ends by itself. */
	readonly killedAfter: number | null;
	/** Calls after which it loses the lock; null: it keeps it. */
	readonly lockLostAfter: number | null;
	/** Seconds by which this machine's clock is ahead of EC2's. */
	readonly skew: number;
}

/** A run as it ended. */
export interface EndedRun {
	readonly fate: RunFate;
	/** Null: it was killed. */
	readonly report: Report | null;
	readonly launched: readonly Instance[];
}

const NEVER_SETTLED = new Promise<never>(() => {});
const LOCK_LOST = new DatabaseError("lock-lost", "The lock was lost.");

interface Run {
	readonly id: number;
	readonly fate: RunFate;
	calls: number;
	launches: number;
	isKilled: boolean;
	readonly launched: Instance[];
}

export class RandomWorld {
	/** Seconds since 1970, by EC2's clock. */
	now = NOW;
	/** Pending requests by builder, which is also the name of the instance type. */
	readonly queue = new Map<string, number>();
	#instances: readonly Instance[] = [];
	#terminated: readonly TerminatedInstance[] = [];
	#lockedBy: Run | null = null;
	#created = 0;
	#runs = 0;
	readonly #options: TickOptions;
	readonly #regions: readonly Region[];
	readonly #scheduler: fc.Scheduler;

	constructor(options: { readonly policy: Policy; readonly maxLaunches: number }, scheduler: fc.Scheduler) {
		this.#regions = Object.keys(options.policy.regionPriorities);
		this.#options = { ...OPTIONS, ...options, regions: this.#regions };
		this.#scheduler = scheduler;
	}

	/** What runs, and costs money. */
	get live(): readonly Instance[] {
		return this.#instances.filter(({ state }) => state === "pending" || state === "running");
	}

	/** Time passes: instances start, take requests from the queue, and some of them end. */
	pass(seconds: number, deaths: readonly { readonly pick: number; readonly code: string }[]): void {
		this.now += seconds;
		const free = this.#instances.filter(({ state }) => state === "pending");
		for (const { mozType } of free) this.#take(mozType ?? "");
		this.#instances = this.#instances.map((one) => (one.state === "pending" ? { ...one, state: "running" } : one));
		for (const { pick, code } of deaths) {
			const dead = this.#instances[pick % Math.max(1, this.#instances.length)];
			if (dead?.mozType == null) continue;
			const { mozType } = dead;
			this.#instances = this.#instances.filter((one) => one !== dead);
			this.#terminated = [...this.#terminated, { ...dead, mozType, endedAt: this.now, reason: { code, message: "m" } }];
		}
	}

	#take(builder: string): void {
		this.queue.set(builder, Math.max(0, (this.queue.get(builder) ?? 0) - 1));
	}

	/** Starts runs at once, and lets them make their calls in an arbitrary order until none can make another. */
	async runAtOnce(fates: readonly RunFate[]): Promise<readonly EndedRun[]> {
		const reports = new Map<Run, Report>();
		const runs = fates.map((fate): Run => {
			this.#runs += 1;
			return { id: this.#runs, fate, calls: 0, launches: 0, isKilled: false, launched: [] };
		});
		const ticks = runs.map(async (run) => {
			for (let turn = 0; turn < run.fate.delay; turn += 1) await this.#scheduler.schedule(Promise.resolve(), "a delay");
			reports.set(run, await tick(this.#options, this.#portsOf(run)));
		});
		await this.#scheduler.waitIdle();
		await Promise.all(ticks.filter((_, index) => runs[index]?.isKilled === false));
		return runs.map((run) => ({ fate: run.fate, report: reports.get(run) ?? null, launched: run.launched }));
	}

	/** A call of a run: it comes after any other call that could be made now, or before. */
	async #turn(run: Run, what: string): Promise<void> {
		await this.#scheduler.schedule(Promise.resolve(), `run ${run.id}: ${what}`);
		run.calls += 1;
		if (run.fate.lockLostAfter !== null && run.calls > run.fate.lockLostAfter) this.#unlock(run);
		if (run.fate.killedAfter !== null && run.calls > run.fate.killedAfter) {
			run.isKilled = true;
			this.#unlock(run);
			await NEVER_SETTLED;
		}
	}

	#unlock(run: Run): void {
		if (this.#lockedBy === run) this.#lockedBy = null;
	}

	#portsOf(run: Run): TickPorts {
		const confirm = async () => {
			await this.#turn(run, "confirms the lock");
			if (this.#lockedBy !== run) throw LOCK_LOST;
		};
		return new Journal().ports({
			clock: { now: () => this.now + run.fate.skew, elapsed: () => 0 },
			timeLimit: (body) => {
				body();
				return true;
			},
			lock: {
				acquire: async () => {
					await this.#turn(run, "asks for the lock");
					if (this.#lockedBy !== null) return { kind: "held", by: "another run", seconds: null };
					this.#lockedBy = run;
					return { kind: "acquired" };
				},
				confirm,
				release: () => this.#unlock(run),
			},
			pending: {
				read: async () => {
					await this.#turn(run, "reads the queue");
					const builders = [...this.queue].map(([builder, count]) => ({
						builder,
						count,
						oldestSubmittedAt: this.now - 60,
					}));
					return { builders: builders.filter(({ count }) => count > 0), outsideAgeWindow: 0 };
				},
			},
			cloud: async () => this.#cloudOf(run),
		});
	}

	#cloudOf(run: Run): Cloud {
		return {
			apiCalls: () => ({}),
			fleet: {
				read: async (query) => {
					await this.#turn(run, `reads ${query.region}`);
					const { skew, unread, seesInstances } = run.fate;
					const facts = region(query.region, {
						clockOffset: -skew,
						instances: this.#instances.filter((one) => one.region === query.region),
						terminated: this.#terminated.filter((one) => one.region === query.region),
					});
					if (!unread.includes(query.region)) return facts;
					throw new FleetError("InternalError", "m", seesInstances ? { machines: facts } : {});
				},
			},
			launcher: {
				launch: async (request, _deadline, confirmLock) => {
					try {
						await confirmLock();
					} catch (error) {
						if (!(error instanceof PortError)) throw error;
						return refusal(request, "lock-lost", []);
					}
					return this.#launch(run, request);
				},
				finishNaming: async () => [],
				adopt: async ({ instanceId, name }) => {
					await this.#turn(run, `names ${instanceId}`);
					this.#name(instanceId, name);
					return [];
				},
				rehearse: async () => {
					throw new Error("no dry run");
				},
			},
		};
	}

	async #launch(run: Run, request: LaunchRequest): Promise<Outcome> {
		const { fates } = run.fate;
		const fate = fates[run.launches % fates.length];
		if (fate === undefined) throw new Error("a run needs a fate");
		run.launches += 1;
		const launched = Array.from({ length: Math.round(request.count * fate.share) }, () => this.#create(request));
		run.launched.push(...launched);
		await this.#turn(run, `gets the answer to ${request.count} in ${request.placement.availabilityZone}`);
		if (fate.isAnswerLost) {
			return { ...refusal(request, "unknown", []), ...possibly(request.count) };
		}
		const named = [];
		for (const [index, { instanceId }] of launched.entries()) {
			const name = fate.isNamingRefused ? null : (request.names?.[index] ?? null);
			await this.#turn(run, `names ${instanceId}`);
			if (name !== null) this.#name(instanceId, name);
			named.push({ instanceId, name, virtualizationType: "hvm", rootDeviceType: "ebs" });
		}
		const namingFailures = fate.isNamingRefused ? [{ code: "InternalError", message: "m" }] : [];
		if (launched.length === request.count) return { launched: named, refusal: null, namingFailures };
		return { ...refusal(request, fate.kind, named), namingFailures };
	}

	#create({ pool, placement }: LaunchRequest): Instance {
		this.#created += 1;
		const created = instance({
			instanceId: `i-${String(this.#created).padStart(17, "0")}`,
			region: placement.region,
			availabilityZone: placement.availabilityZone,
			instanceType: placement.instanceType,
			imageId: placement.imageId,
			mozType: pool.mozType,
			lifecycle: placement.lifecycle,
			state: "pending",
			launchedAt: this.now,
		});
		this.#instances = [...this.#instances, created];
		return created;
	}

	#name(instanceId: string | null, name: string): void {
		this.#instances = this.#instances.map((one) => (one.instanceId === instanceId ? { ...one, name } : one));
	}

	/** Instances that run before the first run. */
	add(count: number, lifecycle: Lifecycle, where: Region, mozType: string): void {
		const zone = `${where}a`;
		for (let index = 0; index < count; index += 1) {
			this.#created += 1;
			this.#instances = [
				...this.#instances,
				instance({
					instanceId: `i-${String(this.#created).padStart(17, "0")}`,
					...{ mozType, lifecycle, region: where, availabilityZone: zone, launchedAt: this.now - 9000 },
					name: `${mozType}-${String(900 + this.#created)}`,
				}),
			];
		}
	}
}

function refusal(request: LaunchRequest, kind: RefusalKind, launched: Outcome["launched"]): Outcome {
	const { instanceType } = request.placement;
	const why: Refusal = { kind, code: kind, message: `refused: ${instanceType}`, suggestedZones: [] };
	return { launched, refusal: why, namingFailures: [] };
}

function possibly(possiblyLaunched: number): Pick<Outcome, "refusal"> {
	return {
		refusal: { kind: "unknown", code: "unread-answer", message: "m", suggestedZones: [], possiblyLaunched },
	};
}
