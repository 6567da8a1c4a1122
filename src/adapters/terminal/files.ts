/** The files that a run at a terminal writes its results to. */
import { appendFileSync, writeFileSync } from "node:fs";
import { errorMessage } from "../../errors.ts";
import type { Log, Published, PublishedReplay } from "../../tick/ports.ts";
import { refusePipe } from "../pipe.ts";

/** Paths; null: not asked for. */
export interface ResultFiles {
	readonly reportFile: string | null;
	/** For Markdown. */
	readonly summaryFile: string | null;
}

/**
 * Creates a file that doesn't exist, so that one that can't be written is found before anything is launched.
 * @param file null: not asked for
 * @throws Error that names the file, also if it is a named pipe
 */
export function createFile(file: string | null): void {
	if (file === null) return;
	refusePipe(file);
	appendFileSync(file, "");
}

/** Writes each file, whether or not the other could be written. */
export function writeFiles(
	{ report, summary }: Published | PublishedReplay,
	{ reportFile, summaryFile }: ResultFiles,
	log: Log,
): void {
	if (reportFile !== null) write("report", reportFile, JSON.stringify(report, null, "\t"), log);
	if (summaryFile !== null) writeSummary(summary, summaryFile, log);
}

/** @param summary Markdown */
export function writeSummary(summary: string, file: string, log: Log): void {
	write("summary", file, summary, log);
}

function write(what: string, file: string, text: string, log: Log): void {
	try {
		refusePipe(file);
		writeFileSync(file, `${text}\n`);
	} catch (error) {
		log.warning(`The ${what} could not be written: ${errorMessage(error)}. Check the disk and the permissions.`);
	}
}
