/** The result of mode `check` → job summary. */
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { count, number } from "./format.ts";
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
	/** Number of all errors if `errors` has only the first of them. */
	readonly errorCount?: number;
	readonly warnings: readonly Problem[];
	/** Empty if the configuration can't be read. */
	readonly types: readonly TypeMaximum[];
	/** URL of the folder that files are relative to; null: there is none to link to. */
	readonly filesUrl: string | null;
}

/** Machines of one lifecycle. */
interface Machines {
	readonly regions: readonly { readonly region: string; readonly limit: number }[];
	readonly most: number;
}

/** What an instance type may run and cost at most. */
interface TypeMaximum {
	readonly mozType: string;
	readonly spot: Machines;
	readonly onDemand: Machines;
	/** USD per hour; null: a price is unknown. */
	readonly hourlyCost: number | null;
}

/** Problems of a kind that are listed. GitHub drops a summary of more than 1 MiB. */
const MOST_PROBLEMS = 100;

/** The verdict, then every error and warning with its file and line, as GitHub-flavored Markdown. */
export function summarizeCheck(result: CheckResult): string {
	const { config, errors, errorCount = errors.length, warnings, types, filesUrl } = result;
	const verdict = errorCount === 0 ? "✅ Configuration OK" : `❌ Invalid configuration: ${count(errorCount, "error")}`;
	const note = warnings.length === 0 ? "" : `, ${count(warnings.length, "warning")}`;
	return [
		`## ${verdict}${note}`,
		`Checked ${escapeMarkdown(config)} and the files of its instance types. Neither the database nor AWS was contacted.`,
		...section("Errors", errors, errorCount, filesUrl),
		...section("Warnings", warnings, warnings.length, filesUrl),
		...maxima(types),
	].join("\n\n");
}

/** @param total number of all problems */
function section(
	title: string,
	problems: readonly Problem[],
	total: number,
	filesUrl: string | null,
): readonly string[] {
	if (problems.length === 0) return [];
	// Not a table: on a phone, the locations would leave no room for the problems.
	const lines = problems
		.slice(0, MOST_PROBLEMS)
		.map((problem) => `- **${locationOf(problem, filesUrl)}**: ${escapeMessage(problem.message)}`);
	const rest = total - lines.length;
	return [
		`### ${title}`,
		lines.join("\n"),
		...(rest === 0 ? [] : [`${number(rest)} more${problems.length === total ? ": see the log of this step" : ""}.`]),
	];
}

function locationOf({ file, line }: Problem, filesUrl: string | null): string {
	const text = escapeMarkdown([file, line].filter((part) => part !== null).join(":"));
	if (file === null || filesUrl === null) return text;
	// Parentheses would end the link.
	const path = file.split("/").map(encodeURIComponent).join("/").replaceAll("(", "%28").replaceAll(")", "%29");
	return `[${text}](${filesUrl}/${path}${line === null ? "" : `?plain=1#L${line}`})`;
}

/** Instance types that are listed. */
const MOST_TYPES = 200;

function maxima(types: readonly TypeMaximum[]): readonly string[] {
	if (types.length === 0) return [];
	const rows = types
		.slice(0, MOST_TYPES)
		.map(({ mozType, spot, onDemand, hourlyCost }) => [
			escapeMarkdown(mozType),
			machines(spot),
			machines(onDemand),
			hourlyCost === null ? "unknown" : hourlyCost.toFixed(2),
		]);
	const { head, rows: lines } = table(["Instance type", "Spot", "On-demand", "USD per hour"], rows);
	const rest = types.length - rows.length;
	return [
		"### Maximum machines and cost",
		[head, ...lines].join("\n"),
		...(rest === 0 ? [] : [`${rest} more instance types.`]),
		"The cost is the highest bid or `on_demand_price` times the number of machines, up to `max_hourly_cost`. It is unknown if an on-demand price is missing from `on_demand_price`.",
	];
}

/** `150 (us-east-1 100, us-west-2 100)`: the regions' own limits can add up to more than the global one. */
function machines({ regions, most }: Machines): string {
	const used = regions.filter(({ limit }) => limit > 0);
	if (most === 0) return "none";
	return `${most} (${used.map(({ region, limit }) => `${escapeMarkdown(region)} ${limit}`).join(", ")})`;
}
