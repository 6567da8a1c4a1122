/** Runs one row. */
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Report } from "../../src/core/report/report.ts";
import type { ActionResult } from "../harness/action.ts";
import { PATIENCE } from "../harness/patience.ts";
import { Site } from "../harness/site.ts";
import { SECRETS } from "./protocols.ts";
import type { Row } from "./row.ts";

const BUILDER = "Linux x86-64 mozilla-central build";
export const NEEDED = 4;

export interface RowResult extends Omit<ActionResult, "report"> {
	readonly row: Row;
	/** Null: none was written. */
	readonly report: Report | null;
	/** Machines that run in all accounts after the run. */
	readonly machines: number;
	/** From the start of the run to its end. */
	readonly seconds: number;
}

/**
 * @param packaged whether the packaged action runs it, or its sources in this process
 * @param onMet called once the run has met its fault and, if the fault makes it wait, waits
 */
export async function runRow(row: Row, packaged: boolean, onMet: () => void): Promise<RowResult> {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-faults-"));
	const site = await Site.start();
	try {
		site.database.submit(BUILDER, NEEDED, site.world.now() - 600);
		const setup = await row.prepare(site, folder);
		void setup.met?.then(onMet);
		const inputs = { "github-token": SECRETS.githubToken, ...setup.inputs };
		const environment = {
			AWS_SECRET_ACCESS_KEY: SECRETS.awsKey,
			AWS_SESSION_TOKEN: SECRETS.awsToken,
			RUNNER_TEMP: folder,
			...setup.environment,
		};
		let watchdog: NodeJS.Timeout | undefined;
		const onStart = (kill: () => void) => {
			watchdog = setTimeout(kill, (row.delay + PATIENCE) * 1000);
		};
		const start = performance.now();
		const run = packaged ? site.run(inputs, { environment, onStart }) : site.tick(inputs, { environment });
		const result = await run.finally(() => {
			clearTimeout(watchdog);
			return setup.close?.();
		});
		const seconds = (performance.now() - start) / 1000;
		const machines = site.endpoint.sessions.worlds().reduce((sum, world) => sum + world.live().length, 0);
		return { ...result, row, report: reportIn(folder), machines, seconds };
	} finally {
		await site[Symbol.asyncDispose]();
		rmSync(folder, { recursive: true });
	}
}

function reportIn(folder: string): Report | null {
	const path = join(folder, "aws-watch-pending-report.json");
	if (!existsSync(path) || !lstatSync(path).isFile()) return null;
	return JSON.parse(readFileSync(path, "utf8"));
}
