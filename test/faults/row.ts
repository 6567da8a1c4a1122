/** One row of the fault matrix: a service, a fault of it, and how it gets into a run of the action. */
import type { Site } from "../harness/site.ts";

/** What a row adds to a run. */
export interface Setup {
	readonly inputs?: Readonly<Record<string, string>>;
	readonly environment?: Readonly<Record<string, string>>;
	/** Resolves when the run has met the fault and, if the fault makes it wait, waits. */
	readonly met?: Promise<void>;
	/** Called after the run. */
	readonly close?: () => unknown;
}

export interface Row {
	/** Heading of the row's table. */
	readonly subject: string;
	readonly fault: string;
	/** Seconds by which the fault delays a run at most. */
	readonly delay: number;
	/** The run needs a process of its own, which the fault could block. */
	readonly needsProcess?: boolean;
	/** @param folder the runner's temporary folder */
	readonly prepare: (site: Site, folder: string) => Setup | Promise<Setup>;
}
