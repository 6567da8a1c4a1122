/** What differs from another version of the configuration → section of the check's summary, and lines of the log. */
import { shorten } from "../core/report/visible.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { limitedTable } from "./markdown-table.ts";

/** Builders or names that the versions map to different instance types; null: to none. */
interface Move {
	readonly from: string | null;
	readonly to: string | null;
	/** Null: the builders are not known. */
	readonly count: number | null;
	/** One of the names. */
	readonly example: string;
}

interface ChangedSetting {
	readonly setting: string;
	/** Null: the setting was not there. */
	readonly before: string | null;
	/** Null: the setting is not there. */
	readonly now: string | null;
}

interface Comparison {
	readonly kind: "compared";
	/** The other version's file, as the person wrote it. */
	readonly file: string;
	readonly moves: readonly Move[];
	/** Whether some names or patterns could not be compared. */
	readonly isPartial: boolean;
	/** Instance types. */
	readonly added: readonly string[];
	readonly removed: readonly string[];
	readonly settings: readonly ChangedSetting[];
}

export type Changes =
	| Comparison
	/** The reason is a sentence. */
	| { readonly kind: "incomparable"; readonly file: string; readonly reason: string };

/** Rows of a table, and lines of a kind in the log. */
const MOST = 100;

export function changesSection(changes: Changes | null): readonly string[] {
	if (changes === null) return [];
	const title = `### Changes since ${escapeMarkdown(changes.file)}`;
	if (changes.kind === "incomparable") return [title, `Not compared. ${escapeMessage(changes.reason)}`];
	const { moves, added, removed, settings } = changes;
	const types = [
		...added.map((type) => [escapeMarkdown(type), "added"]),
		...removed.map((type) => [escapeMarkdown(type), "removed"]),
	];
	return [
		title,
		moveSentences(changes)
			.map((sentence) => escapeMessage(sentence))
			.join(" "),
		...limitedTable(["Builders", "From", "To", "For example"], moves.map(moveRow), MOST),
		...limitedTable(["Instance type", "Change"], types, MOST),
		...limitedTable(
			["Setting", "Before", "Now"],
			settings.map(({ setting, before, now }) => [escapeMessage(setting), valueCell(before), valueCell(now)]),
			MOST,
		),
	];
}

function moveRow({ count, from, to, example }: Move): readonly string[] {
	return [count === null ? "unknown" : String(count), typeCell(from), typeCell(to), escapeMarkdown(example)];
}

function typeCell(mozType: string | null): string {
	return mozType === null ? "*unmatched*" : escapeMarkdown(mozType);
}

function valueCell(value: string | null): string {
	return value === null ? "*none*" : escapeMarkdown(value);
}

/** The same as lines of plain text. */
export function changeLines(changes: Changes | null): readonly string[] {
	if (changes === null) return [];
	if (changes.kind === "incomparable") return [`Not compared with ${changes.file}. ${changes.reason}`];
	const { file, moves, added, removed, settings } = changes;
	return [
		`Changes since ${file}: ${moveSentences(changes).join(" ")}`,
		...limited(moves.map(moveLine)),
		...(added.length === 0 ? [] : [`Instance types added: ${added.join(", ")}.`]),
		...(removed.length === 0 ? [] : [`Instance types removed: ${removed.join(", ")}.`]),
		...limited(settings.map(({ setting, before, now }) => `${setting}: ${before ?? "none"} → ${now ?? "none"}`)),
	];
}

function limited(lines: readonly string[]): readonly string[] {
	const rest = lines.length - MOST;
	return rest <= 0 ? lines : [...lines.slice(0, MOST), `${rest} more.`];
}

function moveLine({ count, from, to, example }: Move): string {
	const builders = count === null ? "" : `${count} × `;
	return `${builders}${from ?? "unmatched"} → ${to ?? "unmatched"}, for example "${shorten(example)}"`;
}

/** Pairs of types that a sentence names. */
const MOST_PAIRS = 5;

/** `12 builders move from a to b, 3 become unmatched.` */
function moveSentences({ moves, isPartial }: Comparison): readonly string[] {
	const between = moves.filter(({ from, to }) => from !== null && to !== null);
	const verbs: readonly (readonly [some: readonly Move[], plural: string, singular: string])[] = [
		...between.slice(0, MOST_PAIRS).map((move) => {
			const where = `from ${move.from} to ${move.to}`;
			return [[move], `move ${where}`, `moves ${where}`] as const;
		}),
		[between.slice(MOST_PAIRS), "move between other instance types", "moves between other instance types"],
		[moves.filter(({ to }) => to === null), "become unmatched", "becomes unmatched"],
		[moves.filter(({ from }) => from === null), "are no longer unmatched", "is no longer unmatched"],
	];
	const parts = verbs
		.filter(([some]) => some.length > 0)
		.map(([some, plural, singular], index) => {
			const amount = amountOf(some);
			const verb = amount === "1" ? singular : plural;
			return index === 0 ? `${amount} ${nounOf(amount)} ${verb}` : `${amount} ${verb}`;
		});
	const sentence = parts.length === 0 ? "No builder moves to another instance type" : parts.join(", ");
	return [
		`${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`,
		...(isPartial ? ["Some patterns are too complex to be compared, so more may move."] : []),
	];
}

/** A name that automata find need not be that of a builder. */
function nounOf(amount: string): string {
	if (amount === "some") return "names";
	return amount === "1" ? "builder" : "builders";
}

function amountOf(moves: readonly Move[]): string {
	const counts = moves.flatMap(({ count }) => count ?? []);
	return counts.length < moves.length ? "some" : String(counts.reduce((sum, count) => sum + count, 0));
}
