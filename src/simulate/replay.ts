/** Replays a workload: simulates each setting, and compares the current ones with what really happened. */

import type { Policy } from "../core/model/policy.ts";
import { isoTime } from "../core/report/duration.ts";
import type {
	ReplayComparison,
	ReplayedSetting,
	ReplayReport,
	ReplaySetting,
	ReplayWaits,
} from "../core/report/replay-report.ts";
import { adviceOn, advisedOf } from "./advice.ts";
import { differs, distance } from "./comparison.ts";
import { front } from "./front.ts";
import { gridOf } from "./grid.ts";
import { type LaunchPlan, type LaunchRules, planLaunches } from "./launching.ts";
import { type Group, groupsOf, outcomeOf, realWaitsOf, wholeOf } from "./outcome.ts";
import { between, draw } from "./random.ts";
import { simulate } from "./simulation.ts";
import { ticksOf } from "./timing.ts";
import type { Workload } from "./workload.ts";

export interface ReplayInput {
	readonly workload: Workload;
	readonly rules: LaunchRules;
	/** Seconds from a machine's launch until it takes requests, each whole number with the same probability. */
	readonly boot: { readonly shortest: number; readonly longest: number };
	/** Seconds without work after which a machine stops. */
	readonly idleStop: number;
	/** Seconds between a watch's looks at the database. */
	readonly watchInterval: number;
}

/** Requests above which one simulation of each setting is enough, because so many machines average out their luck. */
const MANY_REQUESTS = 50_000;
const SEEDS = 3;
/** Seconds for which a launch counts against `max-launches` while watching. */
const WATCH_WINDOW = 3_600;

/** What came of one setting. */
export type SettingResult = ReplaySetting & Pick<ReplayedSetting, "total" | "types">;

export class Replay {
	readonly settings: readonly ReplaySetting[];
	readonly #input: ReplayInput;
	readonly #plan: LaunchPlan;
	readonly #seeds: number;
	readonly #whole: Group;
	readonly #types: ReadonlyMap<string, Group>;
	/** One per seed. Memory is shared by all settings, since the garbage collector is slow to notice large arrays. */
	readonly #waits: readonly Float64Array[];
	readonly #scratch: Float64Array;

	constructor(input: ReplayInput) {
		const { workload, rules } = input;
		const requests = workload.submittedAt.length;
		this.#input = input;
		this.settings = requests === 0 ? [] : gridOf(rules.policy);
		this.#seeds = requests > MANY_REQUESTS ? 1 : SEEDS;
		this.#waits = Array.from({ length: this.#seeds }, () => new Float64Array(requests));
		this.#scratch = new Float64Array(this.#seeds * requests);
		this.#whole = wholeOf(workload);
		this.#types = groupsOf(workload);
		this.#plan = planLaunches(
			workload.pools.map((pool, index) => ({ pool, requests: workload.byPool[index]?.length ?? 0 })),
			rules,
		);
	}

	/** Simulates one setting with each seed. */
	simulate(setting: ReplaySetting): SettingResult {
		const runs = this.#waits.map((waits, seed) => this.#run(setting, seed, waits));
		return {
			...setting,
			total: outcomeOf(this.#whole, runs, this.#scratch),
			types: [...this.#types].map(([mozType, group]) => ({ mozType, ...outcomeOf(group, runs, this.#scratch) })),
		};
	}

	/** @param results one for each of the settings, in their order */
	report(results: readonly SettingResult[]): ReplayReport {
		const { workload, boot, idleStop, rules } = this.#input;
		const { leftOut, from, until } = workload;
		const current = this.#currentOf(results, rules.policy);
		const validation = current === null ? null : this.#validate(current);
		const advised = current === null ? null : advisedOf(results, current, boot.longest);
		const unbeaten = front(results);
		return {
			version: 1,
			mode: "replay",
			from: isoTime(workload.submittedAt[0] ?? from),
			until: isoTime(until),
			requests: { replayed: workload.submittedAt.length, ...leftOut },
			assumptions: {
				...{ shortestBoot: boot.shortest, longestBoot: boot.longest, idleStop, seeds: this.#seeds },
				...{ maxLaunches: rules.maxLaunches, maxHourlyCost: rules.maxHourlyCost },
			},
			validation,
			settings: results.map((result) => ({
				...result,
				isCurrent: result === current,
				isUnbeaten: unbeaten.has(result),
				isAdvised: result === advised,
			})),
			advice: adviceOn(current, advised, validation?.total.differs ?? false),
			caveats: CAVEATS,
		};
	}

	#run({ timing, ...heuristics }: ReplaySetting, seed: number, waits: Float64Array) {
		const { workload, rules, boot, idleStop, watchInterval } = this.#input;
		return simulate({
			...{ workload, plan: this.#plan, idleStop, seed, waits },
			heuristics: { ...rules.policy.heuristics, ...heuristics },
			window: rules.policy.pending,
			nextTick: ticksOf(timing, { seed, from: workload.from, watchInterval }),
			launchesCountFor: timing === "watch" ? WATCH_WINDOW : 0,
			bootTime: (pool, launch) => between(boot.shortest, boot.longest, draw(seed, pool, launch)),
		});
	}

	/** Of the settings with the configuration's values, the one whose timing fits the real waits best. */
	#currentOf(results: readonly SettingResult[], { heuristics }: Policy): SettingResult | null {
		const real = realWaitsOf(this.#whole, this.#input.workload);
		const own = results.filter(
			({ freshInstanceDelay, oldDivisor, scope }) =>
				freshInstanceDelay === heuristics.freshInstanceDelay &&
				oldDivisor === heuristics.oldDivisor &&
				scope === heuristics.scope,
		);
		const byFit = own.toSorted((a, b) => distance(a.total, real) - distance(b.total, real));
		return byFit[0] ?? null;
	}

	#validate(current: SettingResult): ReplayReport["validation"] {
		const compare = (group: Group, { p50, p95, p99, longest }: ReplayWaits): ReplayComparison => {
			const simulated = { p50, p95, p99, longest };
			const real = realWaitsOf(group, this.#input.workload);
			const requests = group.requests.length;
			return { requests, real, simulated, differs: differs(simulated, real) };
		};
		const types = current.types.flatMap(({ mozType, ...outcome }) => {
			const group = this.#types.get(mozType);
			return group === undefined ? [] : [{ mozType, ...compare(group, outcome) }];
		});
		return { total: compare(this.#whole, current.total), types };
	}
}

const CAVEATS = [
	"The history has the waits of the settings that were in force, which may have changed since.",
	"A request that was merged into another or canceled before its build started is left out, so the real demand was higher.",
	"Boot times and the idle stop are given (--boot and --idle-stop, or replay-boot and replay-idle-stop), not read from the history.",
	"EC2 grants every launch within the limits; spot interruptions, missing capacity, and market prices are not simulated.",
	"Builds on machines that this action did not launch are included.",
];
