/** Reads calls to a log as JSON from standard input and makes them, so that a test sees the real standard output. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { ActionsLog } from "../../src/adapters/github/log.ts";
import { Redactor } from "../../src/core/report/redaction.ts";

const diagnosticSchema = z.object({
	file: z.string().nullable(),
	line: z.number().nullable(),
	column: z.number().nullable(),
	message: z.string(),
});
const callsSchema = z.array(
	z.union([
		z.tuple([z.enum(["debug", "info", "notice", "warning", "error"]), z.string()]),
		z.tuple([z.literal("annotate"), z.enum(["notice", "warning", "error"]), diagnosticSchema]),
		z.tuple([z.enum(["group", "failing group"]), z.string()]),
		z.tuple([
			z.literal("end"),
			z.union([
				z.object({ kind: z.literal("succeeded") }),
				z.object({ kind: z.literal("failed"), message: z.string() }),
			]),
		]),
	]),
);
export type LogCall = z.infer<typeof callsSchema>[number];

const inputSchema = z.object({ secrets: z.array(z.string()), calls: callsSchema });

if (import.meta.main) {
	const { secrets, calls } = inputSchema.parse(JSON.parse(readFileSync(0, "utf8")));
	const log = new ActionsLog(new Redactor(secrets));
	for (const call of calls) await make(log, call);
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
