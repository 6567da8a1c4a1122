/** Publishes a run on GitHub: report file, outputs, and job summary. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as core from "@actions/core";
import { isCounted } from "../../core/report/fail-on.ts";
import type { Report } from "../../core/report/report.ts";
import type { Log, Published } from "../../tick/ports.ts";

export function publish(
	{ report, summary }: Published,
	to: {
		readonly temporaryFolder: string;
		/** Undefined outside a workflow. */
		readonly summaryFile: string | undefined;
		readonly log: Log;
	},
): void {
	to.log.info(`JSON report: ${writeReport(report, to.temporaryFolder)}`);
	if (isCounted(report)) setCounts(report);
	writeSummary(summary, to.summaryFile);
}

/** Writes the report to the temporary folder, sets the output `report`, and returns the path. */
function writeReport(report: Report, temporaryFolder: string): string {
	const path = join(temporaryFolder, "aws-watch-pending-report.json");
	mkdirSync(temporaryFolder, { recursive: true });
	writeFileSync(path, `${JSON.stringify(report, null, "\t")}\n`);
	core.setOutput("report", path);
	return path;
}

/** Sets the count outputs; requires `isCounted`. */
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

function writeSummary(markdown: string, file: string | undefined): void {
	if (file !== undefined && file !== "") appendFileSync(file, `${markdown}\n`);
}
