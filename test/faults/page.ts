/** docs/faults.md: what the rows of the fault matrix did. */
import type { RowResult } from "./run-row.ts";

const HEAD = `# Faults

What the action does if something it calls or writes fails. A test runs it once for each row, with four pending requests that map to one instance type in two regions, and compares this page with what happened. In no row does a secret reach the log, the outputs, the summary, or the report, also if a server repeats it.

- **launched**: instances reported as launched. "+ 4 unknown" are those whose launch got no answer: they count as launched under every limit, and the next run finds them if they exist.
- **reported**: failures as \`stage region code\`, refusals of launches, placements that are excluded, reasons why a request has no machine, and the beginnings of other messages in the log. [Operations](operations.md) explains each code. The run's summary shows the same.
- **exit**: the exit status with \`fail-on: error\`.
- **delay**: the maximum number of seconds that the fault adds to a run. Whatever happens, a run ends within \`timeout\` + 30 seconds.

Reads of EC2 fail in one of the two regions, launches and names in both. "refused" means for an action of AWS that its first call is cut off, and that nothing listens from then on. A connection that is reset is reset after EC2 has acted.

The page is written by \`UPDATE_FAULTS=1 npx vitest run --project servers test/faults\`.
`;

export function pageOf(results: readonly RowResult[]): string {
	const sections = [...Map.groupBy(results, ({ row }) => row.subject)].map(([subject, some]) =>
		[
			`## ${subject}`,
			"",
			"| fault | launched | reported | exit | delay |",
			"|---|---|---|---|---|",
			...some.map(lineOf),
		].join("\n"),
	);
	return `${[HEAD, ...sections].join("\n\n").replace("\n\n\n", "\n\n")}\n`;
}

function lineOf(result: RowResult): string {
	const { row, exitCode } = result;
	return `| ${row.fault} | ${launchedIn(result)} | ${reportedIn(result)} | ${exitCode} | ${row.delay} s |`;
}

function launchedIn({ report, machines }: RowResult): string {
	if (report === null) return String(machines);
	const unknown = report.pools.reduce((sum, { possiblyLaunched }) => sum + possiblyLaunched, 0);
	return `${report.launches.length}${unknown === 0 ? "" : ` + ${unknown} unknown`}`;
}

function reportedIn({ report, log }: RowResult): string {
	const { failures = [], refusals = [], exclusions = [], pools = [] } = report ?? {};
	const reasons = [...(report?.pending.reasons ?? []), ...pools.flatMap((pool) => pool.reasons)];
	const codes = [
		...failures.map(({ stage, region, code }) => [stage, region, code].filter((part) => part !== null).join(" ")),
		...refusals.map(({ code }) => `refusal ${code}`),
		...exclusions.map(({ code }) => `exclusion ${code}`),
		...reasons.map(({ code }) => code).filter((code) => code !== "launched"),
	].map((code) => `\`${code}\``);
	const explained = [...failures, ...exclusions].map(({ message }) => message);
	const warnings = annotations("warning", log).filter((text) => !explained.some((message) => text.includes(message)));
	// Without a report, only the log has them.
	const errors = report === null ? annotations("error", log).filter((text) => !text.startsWith("Invalid ")) : [];
	const messages = [...errors.map(firstSentence), ...warnings.map(beforeDetails)].map((text) => `"${text} …"`);
	return [...new Set([...codes, ...messages])].toSorted().join(", ") || "nothing";
}

function annotations(level: "error" | "warning", log: string): readonly string[] {
	return [...log.matchAll(new RegExp(`^::${level}(?: [^:]*)?::(.*)$`, "gm"))].map(([, text = ""]) => text);
}

function firstSentence(message: string): string {
	return message.split(". ", 1).join();
}

/** A message up to what differs between runs, such as paths. */
function beforeDetails(message: string): string {
	return message.split(/ to \/| to https?:| at |: /, 1).join();
}
