/**
 * Measures speed and size, and prints a table. Exits with 1 if a bound is exceeded.
 * Usage: node scripts/bench.ts
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openCloud } from "../src/adapters/ec2/open.ts";
import { timeLimit } from "../src/adapters/time-limit.ts";
import { loadConfig } from "../src/config/load.ts";
import { countDemand } from "../src/core/demand/demand.ts";
import { mapBuilders } from "../src/tick/map-builders.ts";
import type { Log } from "../src/tick/ports.ts";
import { tick } from "../src/tick/tick.ts";
import { policy as makePolicy, spotRule, typeConfig } from "../test/core/facts.ts";
import { Ec2Endpoint } from "../test/ec2-endpoint/endpoint.ts";
import { createWorld, threeZoneRegions } from "../test/ec2-endpoint/world.ts";
import { ACTION, runAction } from "../test/harness/action.ts";
import { NEVER } from "../test/harness/ending.ts";
import { ensureServers } from "../test/harness/ensure-servers.ts";
import { allocatorRounds } from "./bench-allocator.ts";
import { ANSWERS, measurePools } from "./bench-pools.ts";
import { createPendingRows, DATABASES } from "./bench-rows.ts";
import { measureScale } from "./bench-scale.ts";
import { renderLargeSummary } from "./bench-summary.ts";
import { growthOfLongWatch, replayDay } from "./bench-watch.ts";

interface Row {
	readonly what: string;
	readonly measured: string;
	readonly bound: string;
	readonly kept: boolean;
}
const rows: Row[] = [];
const quiet = () => undefined;
const log: Log = {
	debug: quiet,
	info: quiet,
	notice: quiet,
	warning: quiet,
	error: quiet,
	group: async (_title, body) => body(),
};

size();
renderSummary();
launchManyPools();
load();
ensureServers();
for (const database of DATABASES) await decide(database);
await askAllocator();
await launchOverSlowNetwork();
await replayWatch();
rows.push(...(await measureScale()));

const widths = [0, 1, 2].map((column) =>
	Math.max(...rows.map((row) => [row.what, row.measured, row.bound][column]?.length ?? 0)),
);
for (const { what, measured, bound, kept } of rows) {
	const cells = [what, measured, bound].map((cell, column) => cell.padEnd(widths[column] ?? 0));
	console.log(`${cells.join("  ")}  ${kept ? "ok" : "EXCEEDED"}`);
}
process.exitCode = rows.every(({ kept }) => kept) ? 0 : 1;

/** From request to launch call on a generated day, by when the ticks run; and what a long watch keeps in memory. */
async function replayWatch(): Promise<void> {
	const replays = await replayDay();
	const exact = replays[1];
	for (const { name, p50, p95, machines } of replays) {
		const isWatch = name === "a watch";
		rows.push({
			what: `request to launch call, ${name}`,
			measured: `p50 ${p50} s, p95 ${p95} s, ${machines} machines`,
			bound: isWatch ? "≤ a tick every 5 min" : "",
			kept: !isWatch || (exact !== undefined && p50 <= exact.p50 && p95 <= exact.p95),
		});
	}
	const { bytes, ticks } = await growthOfLongWatch(1_200);
	rows.push({
		what: `watch: heap growth from tick 200 to tick ${ticks}`,
		measured: `${(bytes / 1e6).toFixed(1)} MB`,
		bound: "≤ 10 MB",
		kept: bytes <= 10e6,
	});
}

function size(): void {
	const folder = resolve(ACTION, "..");
	const bytes = readdirSync(folder)
		.filter((file) => file.endsWith(".js"))
		.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
	rows.push({
		what: "dist/ JavaScript",
		measured: `${(bytes / 1e6).toFixed(2)} MB`,
		bound: "≤ 2.2 MB",
		kept: bytes <= 2.2e6,
	});
}

function renderSummary(): void {
	const { seconds, bytes } = renderLargeSummary();
	rows.push({
		what: "job summary of 2,000 pools, 20 regions, 50,000 unmatched builders, 2,000 launches",
		measured: `${(seconds * 1000).toFixed(0)} ms of processor time, ${(bytes / 1024).toFixed(0)} KiB`,
		bound: "≤ 1,000 ms, ≤ 1,024 KiB",
		kept: seconds <= 1 && bytes <= 1024 * 1024,
	});
}

/** Ten times as many pools must not take more than ten times as long. */
function launchManyPools(): void {
	for (const what of Object.keys(ANSWERS)) {
		const small = measurePools(1_000, what);
		const large = measurePools(10_000, what);
		rows.push({
			what: `pools: plan and launch 10,000, EC2 gives ${what}`,
			measured: `${large.toFixed(1)} s of processor time, ${(large / small).toFixed(1)} × that of 1,000 pools`,
			bound: "≤ 10 ×",
			kept: large <= 10 * small,
		});
	}
}

/** Time to fail on a missing input and to load the run, compared with an empty script: medians of 15 runs. */
function load(): void {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-bench-"));
	const empty = join(folder, "empty.mjs");
	writeFileSync(empty, "");
	const median = (script: string) => {
		const times = Array.from({ length: 15 }, () => {
			const start = performance.now();
			spawnSync(process.execPath, [script], { env: {} });
			return performance.now() - start;
		});
		return times.toSorted((a, b) => a - b)[7] ?? 0;
	};
	const base = median(empty);
	for (const [what, script, most] of [
		["load and fail on a missing input", ACTION, 3],
		["load the run", resolve(ACTION, "../run.js"), 8],
	] as const) {
		const time = median(script);
		rows.push({
			what,
			measured: `${time.toFixed(0)} ms, ${(time / base).toFixed(1)} × an empty script (${base.toFixed(0)} ms)`,
			bound: `≤ ${most} ×`,
			kept: time <= most * base,
		});
	}
	rmSync(folder, { recursive: true, force: true });
}

/** A million pending rows of 2,000 builders, and 55 patterns: medians of 5 runs after a warm-up. */
async function decide(database: string): Promise<void> {
	// PostgreSQL's bare count uses several cores and skips the claims, which a correct count must look up.
	const bound = database === "PostgreSQL" ? 3.5 : 1.5;
	const { bare, source, url, end } = await createPendingRows(database, { builders: 2_000, rows: 1_000_000 });
	const workspace = mkdtempSync(join(tmpdir(), "aws-watch-pending-bench-"));
	try {
		const patterns = Array.from({ length: 55 }, (_, index) => [`^builder-\\S*-${index}$`, "bld"]);
		const place = {
			ami: "ami-0",
			subnet_ids: ["subnet-us-east-1a"],
			security_group_ids: ["sg-0"],
			instance_type: "c6i.xlarge",
		};
		const main = { region_priorities: { "us-east-1": 1 }, buildermap: Object.fromEntries(patterns) };
		writeFileSync(join(workspace, "watch.json"), JSON.stringify(main));
		writeFileSync(join(workspace, "bld"), JSON.stringify({ "us-east-1": place }));
		const { policy } = loadConfig("watch.json", { workspace, regions: null });
		const ours = async () => {
			const pending = (await source.read(policy.pending)).builders;
			countDemand(
				mapBuilders({ pending, patterns: policy.builderMap, timeLimit, clock: { elapsed: () => performance.now() } })
					.builders,
			);
		};
		const bareTime = await median(bare);
		const time = await median(ours);
		rows.push({
			what: `${database}: read and decide 1,000,000 pending rows of 2,000 builders`,
			measured: `${time.toFixed(0)} ms, ${(time / bareTime).toFixed(2)} × the bare GROUP BY (${bareTime.toFixed(0)} ms)`,
			bound: `≤ ${bound} ×`,
			kept: time <= bound * bareTime,
		});
		const memory = await memoryOfAction(workspace, url);
		rows.push({
			what: `${database}: memory of the action in a dry run of the same`,
			measured: `${memory.toFixed(0)} MB resident (peak)`,
			bound: "≤ 150 MB",
			kept: memory <= 150,
		});
	} finally {
		rmSync(workspace, { recursive: true, force: true });
		await end();
	}

	async function median(run: () => Promise<unknown>): Promise<number> {
		await run();
		const times: number[] = [];
		for (let index = 0; index < 5; index += 1) {
			const start = performance.now();
			await run();
			times.push(performance.now() - start);
		}
		return times.toSorted((a, b) => a - b)[2] ?? 0;
	}
}

/** Peak resident memory, in MB, of the packaged action in its own process. */
async function memoryOfAction(workspace: string, url: string): Promise<number> {
	await using endpoint = await Ec2Endpoint.start(createWorld({ regions: threeZoneRegions(["us-east-1"]) }));
	const memoryFile = join(workspace, "memory");
	const writeMemory = `import fs from "node:fs"; process.on("exit", () => fs.writeFileSync(${JSON.stringify(memoryFile)}, String(process.resourceUsage().maxRSS)));`;
	const { exitCode, log: output } = await runAction({
		workspace,
		inputs: { config: "watch.json", "database-url": url, mode: "dry-run", "fail-on": "never" },
		environment: {
			...endpoint.environment,
			NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(writeMemory)}`,
		},
	});
	if (exitCode !== 0) throw new Error(`The action failed:\n${output}`);
	return (Number(readFileSync(memoryFile, "utf8")) * 1024) / 1e6;
}

/** Eight builders share a round trip; one more request lists everything that is allocated. */
async function askAllocator(): Promise<void> {
	const builders = 79;
	const rounds = await allocatorRounds(builders);
	const bound = Math.ceil((builders + 1) / 8);
	rows.push({
		what: `read ${builders} builders from an allocator`,
		measured: `${rounds} sequential round trips`,
		bound: `≤ ${bound}`,
		kept: rounds <= bound,
	});
}

/** 100 ms on every EC2 answer, 4 regions, 10 types, 200 instances. */
async function launchOverSlowNetwork(): Promise<void> {
	const regions = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"];
	const mozTypes = Array.from({ length: 10 }, (_, index) => `type-${index}`);
	const world = createWorld({ regions: threeZoneRegions(regions) });
	await using endpoint = await Ec2Endpoint.start(world, { latency: 100 });
	Object.assign(process.env, endpoint.environment);
	// Each type has a limit in one region only, so that all four are used, each within EC2's burst of five launches.
	const limits = Object.fromEntries(
		regions.map((region, index) => [
			region,
			Object.fromEntries(mozTypes.filter((_, type) => type % regions.length === index).map((mozType) => [mozType, 20])),
		]),
	);
	const policy = makePolicy({
		builderMap: mozTypes.map((mozType, index) => ({
			source: mozType,
			line: index + 1,
			regex: new RegExp(mozType, "uy"),
			mozType,
		})),
		regionPriorities: Object.fromEntries(regions.map((region) => [region, 1])),
		spotRules: Object.fromEntries(mozTypes.map((mozType) => [mozType, [spotRule()]])),
		spotLimits: { global: {}, regions: limits },
		types: Object.fromEntries(mozTypes.map((mozType) => [mozType, typeConfig(mozType, regions, `${mozType}-%03d`)])),
	});
	const clock = { now: () => world.now(), elapsed: () => performance.now() };
	const cloud = openCloud({
		policy,
		run: { id: "bench", step: "", url: null },
		clock,
		ending: NEVER,
		proxies: null,
		certificates: null,
	});
	const start = performance.now();
	const report = await tick(
		{ policy, regions, mode: "launch", latestAmiPercentage: 100, maxLaunches: 200, maxHourlyCost: null, timeout: 240 },
		{
			pending: {
				read: async () => ({
					builders: mozTypes.map((builder) => ({ builder, count: 20, oldestSubmittedAt: world.now() })),
					outsideAgeWindow: 0,
				}),
			},
			allocations: null,
			workers: null,
			lock: null,
			previousRun: null,
			cloud: async () => cloud,
			timeLimit,
			ending: NEVER,
			log,
			clock,
		},
	);
	const time = performance.now() - start;
	cloud.close();
	const rounds = endpoint.journal.rounds();
	const calls = endpoint.journal.calls("RunInstances").length;
	const placements = new Set(report.launches.map((launch) => `${launch.mozType} ${launch.subnetId}`)).size;
	rows.push(
		{
			what: `launch ${report.launches.length} of 10 types in 4 regions, 100 ms per answer`,
			measured: `${rounds} sequential round trips, ${time.toFixed(0)} ms`,
			bound: "≤ 5",
			kept: rounds <= 5 && report.launches.length === 200,
		},
		{
			what: "RunInstances calls for them",
			measured: `${calls} for ${placements} placements`,
			bound: "one per placement",
			kept: calls === placements,
		},
	);
}
