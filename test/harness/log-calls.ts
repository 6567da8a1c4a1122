/** Calls of the log of GitHub's runner, and what they write to the standard output. */
import { ActionsLog } from "../../src/adapters/github/log.ts";
import { Redactor } from "../../src/core/report/redaction.ts";
import type { Diagnostic } from "../../src/errors.ts";
import type { RunOutcome } from "../../src/tick/ports.ts";
import { outcomeInProcess } from "./in-process.ts";
import type { ProcessOutcome } from "./process.ts";

export type LogCall =
	| readonly ["debug" | "info" | "notice" | "warning" | "error", string]
	| readonly ["annotate", "notice" | "warning" | "error", Diagnostic]
	| readonly ["group" | "failing group", string]
	| readonly ["end", RunOutcome];

export function outcomeOfCalls(calls: readonly LogCall[], secrets: readonly string[]): Promise<ProcessOutcome> {
	return outcomeInProcess(async () => {
		const log = new ActionsLog(new Redactor(secrets));
		for (const call of calls) await make(log, call);
	});
}

async function make(log: ActionsLog, call: LogCall): Promise<void> {
	switch (call[0]) {
		case "annotate":
			return log.annotate(call[1], call[2]);
		case "group":
			return log.group(call[1], async () => log.info("inside"));
		case "failing group":
			return log
				.group(call[1], async () => {
					throw new Error("failed");
				})
				.catch(() => {});
		case "end":
			return log.end(call[1]);
		default:
			return log[call[0]](call[1]);
	}
}
