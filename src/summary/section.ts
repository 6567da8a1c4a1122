/** Sections of the summary, and how they are cut to fit. */
import { count, number } from "./format.ts";

/** Least important first: the order in which sections are cut. */
const IMPORTANCE = [
	"run",
	"builders",
	"exclusions",
	"unmatched",
	"spot-pools",
	"launches",
	"refusals",
	"accounting",
	"first-builds",
	"served",
	"chart",
	"deaths",
	"failures",
	"why",
	"table",
	"shortage",
	"figures",
] as const;

export interface Section {
	readonly importance: (typeof IMPORTANCE)[number];
	/** What its rows are, in the plural, for the note on what was cut. */
	readonly name: string;
	/** Before the rows: a heading, the header of a table. */
	readonly head: string;
	/** Cut from the end if they do not all fit. */
	readonly rows: readonly string[];
	/** After the rows. */
	readonly tail: string;
}

/** Bytes reserved for the notes on what was cut. */
export const NOTES = 4_096;

/** A folded section. `title` is HTML. */
export function fold(
	title: string,
	{ head, tail = "", ...section }: Omit<Section, "tail"> & { readonly tail?: string },
): Section {
	const end = "</details>";
	return {
		...section,
		// An empty line ends the HTML block, so that Markdown follows.
		head: `<details>\n<summary>${title}</summary>\n${head === "" ? "" : `\n${head}`}`,
		tail: tail === "" ? end : `${tail}\n\n${end}`,
	};
}

/**
 * The sections in order, cut to a size: the least important first, each from its end.
 * @param most bytes of UTF-8
 * @returns the parts of the page, and a description of each cut
 */
export function cutToSize(
	sections: readonly Section[],
	most: number,
): { readonly parts: readonly string[]; readonly cuts: readonly string[] } {
	const cutTo = new Map<Section, number>();
	const render = (section: Section) => renderSection(section, cutTo.get(section) ?? null);
	// Plus the empty line that follows each.
	let over = sections.reduce((sum, section) => sum + bytes(render(section)) + 2, NOTES - most);
	const cuts: string[] = [];
	for (const section of sections.toSorted(
		(a, b) => IMPORTANCE.indexOf(a.importance) - IMPORTANCE.indexOf(b.importance),
	)) {
		if (over <= 0) break;
		const { name, head, rows, tail } = section;
		let left = rows.length;
		for (; left > 0 && over > 0; left -= 1) over -= bytes(rows[left - 1] ?? "") + 1;
		if (left === 0) over -= bytes(head) + bytes(tail) + 4;
		cutTo.set(section, left);
		cuts.push(left === 0 ? name : `${number(rows.length - left)} of ${number(rows.length)} ${name}`);
	}
	return { parts: sections.map(render).filter((part) => part !== ""), cuts };
}

/** @param cutTo number of rows to keep; 0 removes the section, null keeps all of it */
function renderSection({ head, rows, tail }: Section, cutTo: number | null): string {
	if (cutTo === 0) return "";
	const shown = [...(head === "" ? [] : [head]), ...rows.slice(0, cutTo ?? rows.length)].join("\n");
	const more = cutTo === null ? "" : `${count(rows.length - cutTo, "more line")} in the JSON report.`;
	return [shown, more, tail].filter((part) => part !== "").join("\n\n");
}

function bytes(text: string): number {
	return Buffer.byteLength(text);
}
