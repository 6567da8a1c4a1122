/**
 * Writes the tables of docs/tuning.md: replays of the shipped history with the example configuration.
 * Usage: node scripts/tuning.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readHistory } from "../src/adapters/buildbot/history.ts";
import { SqliteStore } from "../src/adapters/buildbot/sqlite.ts";
import { loadConfig } from "../src/config/load.ts";
import { matchesAtStart } from "../src/core/demand/mapping.ts";
import { waitInWords } from "../src/core/report/duration.ts";
import type { ReplayedSetting, ReplayReport } from "../src/core/report/replay-report.ts";
import type { DurationRange } from "../src/inputs/kinds.ts";
import { Replay } from "../src/simulate/replay.ts";
import { type Workload, workloadOf } from "../src/simulate/workload.ts";
import { between } from "./readme.ts";

const root = resolve(import.meta.dirname, "..");
const { policy, regions } = loadConfig("configs/watch_pending.json", { workspace: root, regions: null });
const BOOT = { shortest: 180, longest: 480 };
const IDLE_STOP = 600;

/** The shipped history, mapped by the example configuration. */
export async function shippedWorkload(): Promise<Workload> {
	const history = await readHistory(new SqliteStore(join(root, "docs/examples/history.sqlite"), 5_000), 28);
	return workloadOf(history, (builder) => {
		const pattern = policy.builderMap.find((one) => matchesAtStart(one, builder));
		return pattern === undefined ? null : { mozType: pattern.mozType, slaveset: null };
	});
}

/** What the command `replay` does with the shipped history and the default of `--max-launches`. */
function replayOf(workload: Workload, boot: DurationRange = BOOT, idleStop = IDLE_STOP): Replay {
	const rules = { policy, regions, allocated: new Set<string>(), maxLaunches: 200, maxHourlyCost: null };
	return new Replay({ workload, rules, boot, idleStop, watchInterval: 15 });
}

/** docs/tuning.md with its tables updated. */
export function tuningWithTables(document: string, workload: Workload): string {
	const replay = replayOf(workload);
	const report = replay.report(replay.settings.map((setting) => replay.simulate(setting)));
	const current = currentOf(report);
	const like = (differing: keyof ReplayedSetting & ("freshInstanceDelay" | "oldDivisor" | "timing")) =>
		report.settings.filter((one) =>
			(["freshInstanceDelay", "oldDivisor", "scope", "timing"] as const).every(
				(key) => key === differing || one[key] === current[key],
			),
		);
	const outcomes = ["p50", "p95", "p99", "machine-hours", "launched", "never used"];
	const delays = like("freshInstanceDelay").map((one) => [String(one.freshInstanceDelay), ...cellsOf(one)]);
	const timings = like("timing").map((one) => [one.timing, ...cellsOf(one)]);
	const levers = [
		{ boot: BOOT, idleStop: IDLE_STOP, options: "(the defaults)" },
		{ boot: { shortest: 60, longest: 180 }, idleStop: IDLE_STOP, options: "`--boot 1m-3m`" },
		{ boot: { shortest: 480, longest: 900 }, idleStop: IDLE_STOP, options: "`--boot 8m-15m`" },
		{ boot: BOOT, idleStop: 300, options: "`--idle-stop 5m`" },
		{ boot: BOOT, idleStop: 1_800, options: "`--idle-stop 30m`" },
	].map(({ boot, idleStop, options }) => [options, ...cellsOf(replayOf(workload, boot, idleStop).simulate(current))]);
	const withDelays = between(document, "delays", rows(["`fresh_instance_delay`", ...outcomes], delays));
	const withTimings = between(withDelays, "timings", rows(["ticks", ...outcomes], timings));
	const withLevers = between(withTimings, "levers", rows(["options", ...outcomes], levers));
	return between(withLevers, "advice", [`> ${report.advice}`]);
}

function currentOf({ settings }: ReplayReport): ReplayedSetting {
	const current = settings.find(({ isCurrent }) => isCurrent);
	if (current === undefined) throw new Error("The history has nothing to replay.");
	return current;
}

function cellsOf({ total }: Pick<ReplayedSetting, "total">): readonly string[] {
	const wait = (seconds: number | null) => (seconds === null ? "never" : waitInWords(seconds));
	const { p50, p95, p99, machineHours, launched, neverUsed } = total;
	return [wait(p50), wait(p95), wait(p99), machineHours.toFixed(1), String(launched), String(neverUsed)];
}

function rows(header: readonly string[], cells: readonly (readonly string[])[]): readonly string[] {
	return [header, header.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`);
}

if (import.meta.main) {
	const path = join(root, "docs/tuning.md");
	writeFileSync(path, tuningWithTables(readFileSync(path, "utf8"), await shippedWorkload()));
}
