/** What a run leaves behind: the report file, the outputs, the job summary. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as core from "@actions/core";
import { isCounted } from "../../core/report/fail-on.ts";
import type { Report } from "../../core/report/report.ts";
import type { Log, Published } from "../../tick/ports.ts";

/** Writes report, outputs and summary. @param summaryFile undefined outside a workflow */
export function publish(
	{ report, summary }: Published,
	to: {
		readonly temporaryFolder: string;
		readonly summaryFile: string | undefined;
		readonly log: Log;
	},
): void {
	to.log.info(`The JSON report is ${writeReport(report, to.temporaryFolder)}`);
	if (isCounted(report)) setCounts(report);
	writeSummary(summary, to.summaryFile);
}

/** Writes the report under the temporary folder and sets the output `report`. Returns its path. */
function writeReport(report: Report, temporaryFolder: string): string {
	const path = join(temporaryFolder, "aws-watch-pending-report.json");
	mkdirSync(temporaryFolder, { recursive: true });
	writeFileSync(path, `${JSON.stringify(report, null, "\t")}\n`);
	core.setOutput("report", path);
	return path;
}

/** Sets the outputs that count. Not to be called where the database could not be read: nothing is known then. */
function setCounts(report: Report): void {
	const sum = (key: "needed" | "launched" | "shortfall") => report.pools.reduce((total, pool) => total + pool[key], 0);
	core.setOutput("pending", report.pending.total);
	core.setOutput("matched", report.pending.matched);
	core.setOutput("unmatched", report.pending.unmatched);
	core.setOutput("needed", sum("needed"));
	core.setOutput("launched", sum("launched"));
	core.setOutput("shortfall", sum("shortfall"));
	core.setOutput("launches", report.launches);
}

/** Adds Markdown to the job summary; outside a workflow there is none. */
function writeSummary(markdown: string, file: string | undefined): void {
	if (file !== undefined && file !== "") appendFileSync(file, `${markdown}\n`);
}
