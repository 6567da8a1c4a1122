/** The size of `dist/`, and how long it takes to load, against an empty script. */
import { spawnSync } from "node:child_process";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { ACTION } from "../test/harness/action.ts";
import { inWorkspace } from "./deciding.ts";
import { median, type Row } from "./table.ts";

const RUNS = 15;

export async function measureStarting(): Promise<readonly Row[]> {
	return [size(), ...(await inWorkspace(load))];
}

function size(): Row {
	const folder = resolve(ACTION, "..");
	const bytes = readdirSync(folder)
		.filter((file) => file.endsWith(".js"))
		.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
	return {
		what: "dist/ JavaScript",
		measured: `${(bytes / 1e6).toFixed(2)} MB`,
		bound: "≤ 2.2 MB",
		kept: bytes <= 2.2e6,
	};
}

async function load(workspace: string): Promise<readonly Row[]> {
	const empty = join(workspace, "empty.mjs");
	writeFileSync(empty, "");
	const base = medianOf(empty);
	return (
		[
			["start the action and fail on a missing input", ACTION, 3],
			["load the run", resolve(ACTION, "../run.js"), 8],
		] as const
	).map(([what, script, most]) => {
		const time = medianOf(script);
		return {
			what,
			measured: `${time.toFixed(0)} ms, ${(time / base).toFixed(1)} × an empty script (${base.toFixed(0)} ms)`,
			bound: `≤ ${most} ×`,
			kept: time <= most * base,
		};
	});
}

/** Milliseconds of a script in a process of its own. */
function medianOf(script: string): number {
	const times = Array.from({ length: RUNS }, () => {
		const start = performance.now();
		spawnSync(process.execPath, [script], { env: {} });
		return performance.now() - start;
	});
	return median(times);
}
