/** The result of mode `check` → job summary. */
import { shorten } from "../core/report/visible.ts";
import { type Changes, changesSection } from "./changes.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { count, number } from "./format.ts";
import { limitedTable } from "./markdown-table.ts";

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
	/** What is invalid if there are errors. */
	readonly subject: string;
	readonly errors: readonly Problem[];
	readonly warnings: readonly Problem[];
	/** Empty if the configuration can't be read. */
	readonly types: readonly TypeMaximum[];
	/** Null: none are known. */
	readonly builders: CheckedBuilders | null;
	/** Null: there is no other version to compare with. */
	readonly changes: Changes | null;
	/** URL of the folder that files are relative to; null: there is none to link to. */
	readonly filesUrl: string | null;
}

/** What the patterns decide for builders that are known. */
export interface CheckedBuilders {
	/** The file that names them, as the person wrote it. */
	readonly file: string;
	/** By instance type; null: no pattern matches. Those on which a pattern timed out are left out. */
	readonly names: ReadonlyMap<string | null, readonly string[]>;
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
	const { config, subject, errors, warnings, types, builders, changes, filesUrl } = result;
	const verdict =
		errors.length === 0 ? "✅ Configuration OK" : `❌ Invalid ${subject}: ${count(errors.length, "error")}`;
	const note = warnings.length === 0 ? "" : `, ${count(warnings.length, "warning")}`;
	return [
		`## ${verdict}${note}`,
		`Checked ${escapeMarkdown(config)} and the files of its instance types. Neither the database nor AWS was contacted.`,
		// The log has as many errors as this page, but all warnings.
		...section("Errors", errors, filesUrl, "."),
		...section("Warnings", warnings, filesUrl, ": see the log of this step."),
		...changesSection(changes),
		...buildersSection(builders),
		...maxima(types),
	].join("\n\n");
}

/** @param end of the line that counts the problems that are not listed */
function section(title: string, problems: readonly Problem[], filesUrl: string | null, end: string): readonly string[] {
	if (problems.length === 0) return [];
	const rows = problems
		.slice(0, MOST_PROBLEMS)
		.map((problem) => [locationOf(problem, filesUrl), escapeMessage(problem.message)]);
	const rest = problems.length - rows.length;
	return [
		`### ${title}`,
		...limitedTable(["Location", "Problem"], rows, MOST_PROBLEMS),
		...(rest === 0 ? [] : [`${number(rest)} more${end}`]),
	];
}

function locationOf({ file, line }: Problem, filesUrl: string | null): string {
	const text = escapeMarkdown([file, line].filter((part) => part !== null).join(":"));
	// The commit has no file outside the workspace.
	const isOutside = file !== null && /^(?:\/|\.\.\/)/.test(file);
	if (file === null || filesUrl === null || isOutside) return text;
	// Parentheses would end the link.
	const path = file.split("/").map(encodeURIComponent).join("/").replaceAll("(", "%28").replaceAll(")", "%29");
	return `[${text}](${filesUrl}/${path}${line === null ? "" : `?plain=1#L${line}`})`;
}

/** Builders that are listed. */
const MOST_BUILDERS = 200;

function buildersSection(builders: CheckedBuilders | null): readonly string[] {
	if (builders === null) return [];
	const { file, names } = builders;
	const unmatched = names.get(null) ?? [];
	const rows = [...names].flatMap(([mozType, some]) =>
		mozType === null ? [] : [[escapeMarkdown(mozType), String(some.length)]],
	);
	return [
		`### Builders in ${escapeMarkdown(file)}`,
		...limitedTable(["Instance type", "Builders"], rows, MOST_TYPES, "more instance types."),
		unmatched.length === 0
			? "Every builder is matched."
			: `No pattern matches ${unmatched.length} ${unmatched.length === 1 ? "builder" : "builders"}, for which nothing is launched:`,
		...limitedTable(
			["Unmatched builder"],
			unmatched.map((name) => [escapeMarkdown(name)]),
			MOST_BUILDERS,
		),
	];
}

/** Unmatched builders as lines of plain text. */
export function builderLines(builders: CheckedBuilders | null): readonly string[] {
	if (builders === null) return [];
	const unmatched = builders.names.get(null) ?? [];
	const all = [...builders.names.values()].reduce((sum, some) => sum + some.length, 0);
	const rest = unmatched.length - MOST_BUILDERS;
	return [
		`No pattern matches ${unmatched.length} of the ${all} builders in ${builders.file}${unmatched.length === 0 ? "." : ":"}`,
		...unmatched.slice(0, MOST_BUILDERS).map((name) => `  "${shorten(name)}"`),
		...(rest <= 0 ? [] : [`  and ${rest} more`]),
	];
}

/** Instance types that are listed. */
const MOST_TYPES = 200;

function maxima(types: readonly TypeMaximum[]): readonly string[] {
	if (types.length === 0) return [];
	const rows = types.map(({ mozType, spot, onDemand, hourlyCost }) => [
		escapeMarkdown(mozType),
		machines(spot),
		machines(onDemand),
		hourlyCost === null ? "unknown" : hourlyCost.toFixed(2),
	]);
	return [
		"### Maximum machines and cost",
		...limitedTable(["Instance type", "Spot", "On-demand", "USD per hour"], rows, MOST_TYPES, "more instance types."),
		"The cost is the highest bid or `on_demand_price` times the number of machines, up to `max_hourly_cost`. It is unknown if an on-demand price is missing from `on_demand_price`.",
	];
}

/** `150 (us-east-1 100, us-west-2 100)`: the regions' own limits can add up to more than the global one. */
function machines({ regions, most }: Machines): string {
	const used = regions.filter(({ limit }) => limit > 0);
	if (most === 0) return "none";
	return `${most} (${used.map(({ region, limit }) => `${escapeMarkdown(region)} ${limit}`).join(", ")})`;
}
