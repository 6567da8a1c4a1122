/** Reading pending requests and counting the demand: against the database's own count, and against the original. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { timeLimit } from "../src/adapters/time-limit.ts";
import { loadConfig } from "../src/config/load.ts";
import { countDemand } from "../src/core/demand/demand.ts";
import type { Policy } from "../src/core/model/policy.ts";
import { mapBuilders } from "../src/tick/map-builders.ts";
import type { PendingSource } from "../src/tick/ports.ts";
import { Ec2Endpoint } from "../test/ec2-endpoint/endpoint.ts";
import { createWorld, threeZoneRegions } from "../test/ec2-endpoint/world.ts";
import { runAction } from "../test/harness/action.ts";
import { ensureServers } from "../test/harness/ensure-servers.ts";
import { createPendingRows, DATABASES } from "./pending-rows.ts";
import { median, type Row } from "./table.ts";

const BUILDERS = 2_000;
const RUNS = 5;
/** Times the bare count, which skips the claims that a correct count must look up. PostgreSQL's also uses several cores. */
const MOST: Readonly<Record<string, number>> = { PostgreSQL: 3.5, SQLite: 1.75 };
/** Rows that the original gets: a million would take it minutes. */
const ORIGINAL_ROWS = 100_000;
export const MAIN = "watch.json";

export async function measureDeciding(): Promise<readonly Row[]> {
	ensureServers();
	const rows: Row[] = [];
	for (const database of DATABASES) rows.push(...(await decide(database)));
	return [...rows, await compareWithOriginal()];
}

/** A configuration with this many patterns. Each builder of the pending rows matches one of the first 55. */
export function configure(workspace: string, patterns: number): Policy {
	const place = {
		ami: "ami-0",
		subnet_ids: ["subnet-us-east-1a"],
		security_group_ids: ["sg-0"],
		instance_type: "c6i.xlarge",
	};
	const main = { region_priorities: { "us-east-1": 1 }, buildermap: builderMap(patterns) };
	writeFileSync(join(workspace, MAIN), JSON.stringify(main));
	writeFileSync(join(workspace, "bld"), JSON.stringify({ "us-east-1": place }));
	return loadConfig(MAIN, { workspace, regions: null }).policy;
}

function builderMap(patterns: number): Readonly<Record<string, string>> {
	return Object.fromEntries(Array.from({ length: patterns }, (_, index) => [`^builder-\\S*-${index}$`, "bld"]));
}

/** Reads, maps, and counts. @returns the number of requests that have an instance type */
export async function countMapped(source: PendingSource, policy: Policy): Promise<number> {
	const pending = (await source.read(policy.pending)).builders;
	const clock = { elapsed: () => performance.now() };
	const { builders } = mapBuilders({ pending, patterns: policy.builderMap, timeLimit, clock });
	return countDemand(builders).reduce((sum, one) => sum + one.pending, 0);
}

/** A temporary folder that is removed after `body`. */
export async function inWorkspace<T>(body: (workspace: string) => Promise<T>): Promise<T> {
	const workspace = mkdtempSync(join(tmpdir(), "aws-watch-pending-bench-"));
	try {
		return await body(workspace);
	} finally {
		rmSync(workspace, { recursive: true });
	}
}

/** A million pending rows, and 55 patterns. */
async function decide(database: string): Promise<readonly Row[]> {
	const most = MOST[database] ?? 1.5;
	const { bare, source, url, end } = await createPendingRows(database, { builders: BUILDERS, rows: 1_000_000 });
	try {
		return await inWorkspace(async (workspace) => {
			const policy = configure(workspace, 55);
			const bareTime = await medianTime(bare);
			const time = await medianTime(() => countMapped(source, policy));
			const memory = await memoryOfAction(workspace, url);
			return [
				{
					what: `${database}: read and map 1,000,000 pending rows of 2,000 builders`,
					measured: `${time.toFixed(0)} ms, ${(time / bareTime).toFixed(2)} × the bare GROUP BY (${bareTime.toFixed(0)} ms)`,
					bound: `≤ ${most} ×`,
					kept: time <= most * bareTime,
				},
				{
					what: `${database}: peak memory of a dry run of the action for them`,
					measured: `${memory.toFixed(0)} MB resident`,
					bound: "≤ 150 MB",
					kept: memory <= 150,
				},
			];
		});
	} finally {
		await end();
	}
}

/** Milliseconds; the median of some runs after a warm-up. */
async function medianTime(run: () => Promise<unknown>): Promise<number> {
	await run();
	const times: number[] = [];
	for (let index = 0; index < RUNS; index += 1) {
		const start = performance.now();
		await run();
		times.push(performance.now() - start);
	}
	return median(times);
}

/** Peak resident memory, in MB, of the packaged action in its own process. */
async function memoryOfAction(workspace: string, url: string): Promise<number> {
	await using endpoint = await Ec2Endpoint.start(createWorld({ regions: threeZoneRegions(["us-east-1"]) }));
	const memoryFile = join(workspace, "memory");
	const writeMemory = `import fs from "node:fs"; process.on("exit", () => fs.writeFileSync(${JSON.stringify(memoryFile)}, String(process.resourceUsage().maxRSS)));`;
	const { exitCode, log: output } = await runAction({
		workspace,
		inputs: { config: MAIN, "database-url": url, mode: "dry-run", "fail-on": "never" },
		environment: {
			...endpoint.environment,
			NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(writeMemory)}`,
		},
	});
	if (exitCode !== 0) throw new Error(`The action failed:\n${output}`);
	return (Number(readFileSync(memoryFile, "utf8")) * 1024) / 1e6;
}

const originalAnswer = z.object({ seconds: z.number(), requests: z.number() });

/** The same database and patterns for both. */
async function compareWithOriginal(): Promise<Row> {
	const what = `SQLite: the original's loop in Python over ${ORIGINAL_ROWS.toLocaleString("en-US")} rows, and ours`;
	if (spawnSync("python3", ["--version"]).status !== 0) {
		return { what, measured: "not measured: python3 was not found", bound: "", kept: true };
	}
	const { source, url, end } = await createPendingRows("SQLite", { builders: BUILDERS, rows: ORIGINAL_ROWS }, "0.8.4");
	try {
		return await inWorkspace(async (workspace) => {
			const policy = configure(workspace, 55);
			const mapFile = join(workspace, "buildermap.json");
			writeFileSync(mapFile, JSON.stringify(builderMap(55)));
			const script = join(import.meta.dirname, "original.py");
			const answers = Array.from({ length: 3 }, () => {
				const args = [script, url.replace("sqlite:///", ""), mapFile];
				const { stdout, stderr } = spawnSync("python3", args, { encoding: "utf8" });
				if (stdout === "") throw new Error(`original.py failed:\n${stderr}`);
				return originalAnswer.parse(JSON.parse(stdout));
			});
			const mapped = await countMapped(source, policy);
			if (answers.some(({ requests }) => requests !== mapped)) throw new Error("both must map the same requests");
			const theirs = 1000 * median(answers.map(({ seconds }) => seconds));
			const ours = await medianTime(() => countMapped(source, policy));
			return {
				what,
				measured: `${theirs.toFixed(0)} ms and ${ours.toFixed(0)} ms: ours takes ${(ours / theirs).toFixed(3)} × as long`,
				bound: "≤ 0.1 ×",
				kept: ours <= theirs / 10,
			};
		});
	} finally {
		await end();
	}
}
