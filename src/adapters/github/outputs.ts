/** Publishes a run on GitHub: job summary, outputs, and report file. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as core from "@actions/core";
import { isCounted } from "../../core/report/fail-on.ts";
import type { ReplayReport } from "../../core/report/replay-report.ts";
import type { Report } from "../../core/report/report.ts";
import { errorMessage } from "../../errors.ts";
import type { Log, Published, PublishedReplay } from "../../tick/ports.ts";
import { refusePipe } from "../pipe.ts";

/**
 * Maximum length of the output `launches`. GitHub limits the outputs of a job to 1 MB, and counts two bytes a character.
 * The rest is for the other outputs.
 */
const MAX_LAUNCHES = 450_000;

/** Where a run's results go. */
interface Destination {
	readonly temporaryFolder: string;
	/** Undefined outside a workflow. */
	readonly summaryFile: string | undefined;
	/** The file to which outputs are written; undefined outside a workflow. */
	readonly outputFile: string | undefined;
	readonly log: Log;
}

/** Writes each part, whether or not the others could be written. */
export function publish({ report, summary }: Published, to: Destination): void {
	const { log } = to;
	publishSummary(summary, to.summaryFile, log);
	if (isCounted(report)) attempt("The outputs could not be set", log, () => setCounts(report, log, outputsTo(to)));
	publishReport(report, to);
}

/** Writes the summary and the report of a replay. The outputs of a tick are not set. */
export function publishReplay({ report, summary }: PublishedReplay, to: Destination): void {
	publishSummary(summary, to.summaryFile, to.log);
	publishReport(report, to);
}

function outputsTo({ outputFile }: Destination): SetOutput {
	return (name, value) => {
		if (outputFile !== undefined) refusePipe(outputFile);
		core.setOutput(name, value);
	};
}

type SetOutput = (name: string, value: string | number) => void;

function publishReport(report: Report | ReplayReport, to: Destination): void {
	const { temporaryFolder, log } = to;
	const path = reportPath(temporaryFolder);
	attempt(`The report could not be written to ${path}`, log, () => {
		writeReport(report, temporaryFolder);
		outputsTo(to)("report", path);
		log.info(`JSON report: ${path}`);
	});
}

/**
 * Appends Markdown to the job summary.
 * @param file undefined outside a workflow
 */
export function publishSummary(markdown: string, file: string | undefined, log: Log): void {
	attempt(`The job summary could not be written to ${file}`, log, () => {
		if (file === undefined || file === "") return;
		refusePipe(file);
		appendFileSync(file, `${markdown}\n`);
	});
}

/** Warns before anything is launched if the report's folder can't be written. */
export function warnUnlessWritable(temporaryFolder: string, log: Log): void {
	const probe = `${reportPath(temporaryFolder)}.probe`;
	const what = `The report can't be written to ${temporaryFolder}; the run continues without it`;
	attempt(what, log, () => {
		mkdirSync(temporaryFolder, { recursive: true });
		// With content: a full disk still creates empty files.
		writeFileSync(probe, "{}\n");
		rmSync(probe);
	});
}

function attempt(what: string, log: Log, write: () => void): void {
	try {
		write();
	} catch (error) {
		log.warning(`${what}: ${errorMessage(error)}. Check the disk and the permissions of the runner's folders.`);
	}
}

function reportPath(temporaryFolder: string): string {
	return join(temporaryFolder, "aws-watch-pending-report.json");
}

function writeReport(report: Report | ReplayReport, temporaryFolder: string): void {
	mkdirSync(temporaryFolder, { recursive: true });
	refusePipe(reportPath(temporaryFolder));
	writeFileSync(reportPath(temporaryFolder), `${JSON.stringify(report, null, "\t")}\n`);
}

/** Sets the count outputs; requires `isCounted`. */
function setCounts(report: Report, log: Log, setOutput: SetOutput): void {
	const sum = (key: "needed" | "launched" | "shortfall") => report.pools.reduce((total, pool) => total + pool[key], 0);
	setOutput("pending", report.pending.total);
	setOutput("matched", report.pending.matched);
	setOutput("unmatched", report.pending.unmatched);
	setOutput("needed", sum("needed"));
	// Of the whole run if it watched; the other counts are those of its last tick.
	setOutput("launched", report.ticks === null ? sum("launched") : report.launches.length);
	setOutput("shortfall", sum("shortfall"));
	setOutput("launches", firstLaunches(report.launches, log));
}

/** As many launches as GitHub accepts in an output, as JSON. */
function firstLaunches(launches: Report["launches"], log: Log): string {
	const texts: string[] = [];
	let length = "[]".length;
	for (const launch of launches) {
		const text = JSON.stringify(launch);
		length += text.length + ",".length;
		if (length > MAX_LAUNCHES) break;
		texts.push(text);
	}
	if (texts.length < launches.length) {
		log.warning(
			`The output "launches" has only the first ${texts.length} of ${launches.length} launches, since GitHub limits outputs to 1 MB. The JSON report has all of them.`,
		);
	}
	return `[${texts.join(",")}]`;
}
