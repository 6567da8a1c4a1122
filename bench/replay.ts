/**
 * Replays of a generated history with the example configuration.
 * Usage of one measurement, in a process of its own: node bench/replay.ts <builds> <settings>
 */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { loadConfig } from "../src/config/load.ts";
import type { History } from "../src/core/model/history.ts";
import { between, draw } from "../src/simulate/random.ts";
import { Replay } from "../src/simulate/replay.ts";
import { workloadOf } from "../src/simulate/workload.ts";
import type { Row } from "./table.ts";

/** Settings are simulated with three seeds for 10,000 builds, and with one for 200,000. */
const CASES = [
	{ builds: 10_000, settings: 30, seconds: 3, megabytes: 400 },
	{ builds: 200_000, settings: Number.POSITIVE_INFINITY, seconds: 60, megabytes: 400 },
];
const DAYS = 28;
const START = 1_800_000_000;

/** One row per size, each measured in a process of its own. */
export async function measureReplay(): Promise<readonly Row[]> {
	return CASES.map(({ builds, settings, seconds, megabytes }) => {
		const line = [fileURLToPath(import.meta.url), String(builds), String(settings)];
		const { stdout } = spawnSync(process.execPath, line, { encoding: "utf8" });
		const [simulated = "", took = "", used = ""] = stdout.trim().split(" ");
		return {
			what: `replay ${DAYS} days of ${builds} builds, ${simulated} simulations`,
			measured: `${took} s, ${used} MB`,
			bound: `≤ ${seconds} s, ≤ ${megabytes} MB`,
			kept: Number(took) <= seconds && Number(used) <= megabytes && simulated !== "",
		};
	});
}

/** Requests of three instance types, most of them by day. */
function generate(builds: number): History {
	const requests = Array.from({ length: builds }, (_, id) => {
		const random = (stream: number) => draw(stream, 0, id) / 2 ** 32;
		const hour = Math.min(23.9, Math.max(0, 14 + (random(1) + random(2) + random(3) - 1.5) * 8));
		const submittedAt = START + between(0, DAYS - 1, draw(4, 0, id)) * 86_400 + Math.floor(hour * 3_600);
		const startedAt = submittedAt + between(0, 600, draw(5, 0, id));
		const finishedAt = startedAt + 300 + Math.floor(random(6) * random(7) * 7_200);
		const builds = [{ startedAt, finishedAt, worker: null }];
		return { id, builder: `builder-${id % 30}`, submittedAt, claimedAt: startedAt, completeAt: finishedAt, builds };
	});
	return { from: START, until: START + DAYS * 86_400, readAt: START + DAYS * 86_400, requests };
}

/** Prints the number of simulations, seconds, and megabytes. */
function measure(builds: number, settings: number): void {
	const config = loadConfig("configs/watch_pending.json", {
		workspace: resolve(import.meta.dirname, ".."),
		regions: null,
	});
	const types = Object.keys(config.policy.types);
	const poolOf = (builder: string) => ({
		mozType: types[Number(builder.split("-")[1]) % types.length] ?? "",
		slaveset: null,
	});
	const rules = { ...config, allocated: new Set<string>(), maxLaunches: 200, maxHourlyCost: null };
	const workload = workloadOf(generate(builds), poolOf);
	const start = performance.now();
	const replay = new Replay({
		...{ workload, rules, boot: { shortest: 180, longest: 480 } },
		...{ idleStop: 600, watchInterval: 15 },
	});
	// Every timing and scope is among the first of each dozen.
	const chosen = replay.settings.filter((_, index) => settings > replay.settings.length || index % 12 < 5);
	const results = chosen.map((setting) => replay.simulate(setting));
	const { assumptions } = replay.report(results);
	const seconds = (performance.now() - start) / 1000;
	const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
	console.log(`${results.length * assumptions.seeds} ${seconds.toFixed(2)} ${megabytes}`);
}

if (import.meta.main) {
	const [, , builds, settings] = process.argv;
	measure(Number(builds), Number(settings));
}
