/** The result of mode `check` → job summary. */
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { table } from "./markdown-table.ts";

/** A problem in a person's file; without a line if it has none. */
interface Problem {
	readonly file: string | null;
	/** 1-based. */
	readonly line: number | null;
	readonly message: string;
}

export interface CheckResult {
	/** The configuration file, as the person wrote it. */
	readonly config: string;
	readonly errors: readonly Problem[];
	readonly warnings: readonly Problem[];
}

/** Problems of a kind that are listed. GitHub drops a summary of more than 1 MiB. */
const MOST_PROBLEMS = 100;

/** The verdict, then every error and warning with its file and line, as GitHub-flavored Markdown. */
export function summarizeCheck({ config, errors, warnings }: CheckResult): string {
	const verdict = errors.length === 0 ? "✅ Configuration OK" : `❌ Invalid configuration: ${countOf(errors, "error")}`;
	const note = warnings.length === 0 ? "" : `, ${countOf(warnings, "warning")}`;
	return [
		`## ${verdict}${note}`,
		`Checked ${escapeMarkdown(config)} and the files of its instance types. Neither the database nor AWS was contacted.`,
		...section("Errors", errors),
		...section("Warnings", warnings),
	].join("\n\n");
}

function section(title: string, problems: readonly Problem[]): readonly string[] {
	if (problems.length === 0) return [];
	const rows = problems
		.slice(0, MOST_PROBLEMS)
		.map(({ file, line, message }) => [
			escapeMarkdown([file, line].filter((part) => part !== null).join(":")),
			escapeMessage(message),
		]);
	const { head, rows: lines } = table(["Location", "Problem"], rows);
	const rest = problems.length - rows.length;
	return [
		`### ${title}`,
		[head, ...lines].join("\n"),
		...(rest === 0 ? [] : [`${rest} more: see the log of this step.`]),
	];
}

function countOf({ length }: readonly Problem[], what: string): string {
	return `${length} ${what}${length === 1 ? "" : "s"}`;
}
