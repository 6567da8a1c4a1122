/** Parts of the page, and how they are made to fit. */
import { count, number } from "./words.ts";

/** Which part is cut first where not all fit: the first of these. */
const WORTH = [
	"run",
	"builders",
	"exclusions",
	"unmatched",
	"launches",
	"refusals",
	"accounting",
	"served",
	"chart",
	"failures",
	"why",
	"table",
	"figures",
] as const;

export interface Section {
	readonly worth: (typeof WORTH)[number];
	/** What its rows are, in the plural. */
	readonly name: string;
	/** What stands before the rows: a heading, the titles of a table. */
	readonly head: string;
	/** Where not all fit, they are cut from the end. */
	readonly rows: readonly string[];
	/** What stands after them. */
	readonly tail: string;
}

/** Room for the notes of what was cut. */
export const NOTES = 4_096;

/** A section that is folded until one opens it. `title` is taken for HTML. */
export function fold(
	title: string,
	{ head, tail = "", ...section }: Omit<Section, "tail"> & { readonly tail?: string },
): Section {
	const end = "</details>";
	return {
		...section,
		// An empty line ends the HTML, and Markdown goes on.
		head: `<details>\n<summary>${title}</summary>\n${head === "" ? "" : `\n${head}`}`,
		tail: tail === "" ? end : `${tail}\n\n${end}`,
	};
}

/**
 * The sections in their order, cut to a size: those of least worth first, each from its end.
 * @param most bytes of UTF-8
 * @returns the page's parts, and what was cut, in words
 */
export function cutToSize(
	sections: readonly Section[],
	most: number,
): { readonly parts: readonly string[]; readonly cuts: readonly string[] } {
	const cutTo = new Map<Section, number>();
	const render = (section: Section) => renderSection(section, cutTo.get(section) ?? null);
	// An empty line follows each.
	let over = sections.reduce((sum, section) => sum + bytes(render(section)) + 2, NOTES - most);
	const cuts: string[] = [];
	for (const section of sections.toSorted((a, b) => WORTH.indexOf(a.worth) - WORTH.indexOf(b.worth))) {
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

/** @param cutTo rows that are left, 0: nothing is; null: the section is not cut */
function renderSection({ head, rows, tail }: Section, cutTo: number | null): string {
	if (cutTo === 0) return "";
	const shown = [head, ...rows.slice(0, cutTo ?? rows.length)].join("\n");
	const more = cutTo === null ? "" : `And ${count(rows.length - cutTo, "line")} more in the JSON report.`;
	return [shown, more, tail].filter((part) => part !== "").join("\n\n");
}

function bytes(text: string): number {
	return Buffer.byteLength(text);
}
