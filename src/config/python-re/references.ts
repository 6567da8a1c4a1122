/** References to what a group has matched: `\1` and `(?P=name)`. */
import { quote } from "../document/text.ts";
import { NO_GROUPS, type Piece } from "./pieces.ts";
import { PatternError, type PatternScanner } from "./scanner.ts";
import type { Context, Translation } from "./translation.ts";

/** Number of the group with this name; null if none has been opened yet. */
export function groupNumber(translation: Translation, name: string): number | null {
	const index = translation.groups.findIndex((group) => group.name === name);
	return index === -1 ? null : index + 1;
}

/** Reads the name of a group, and `end` after it. */
export function readGroupName(scanner: PatternScanner, end: string, start: number): string {
	let name = "";
	for (;;) {
		const next = scanner.next("unclosed group name", start);
		if (next === end) break;
		name += next;
	}
	if (!/^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(name)) {
		throw new PatternError(`invalid group name ${quote(name)}`, start);
	}
	return name;
}

export function reference(translation: Translation, number: number, start: number, context: Context): Piece {
	const group = translation.groups[number - 1];
	if (group === undefined) {
		throw new PatternError(`there is no earlier group ${number}`, start);
	}
	if (group.width === null) {
		throw new PatternError(`group ${number} can't be referenced inside itself`, start);
	}
	if (context.lookbehind !== null && number >= context.lookbehind) {
		throw new PatternError("a group in a lookbehind can't be referenced inside that lookbehind", start);
	}
	// For a group that took no part, Python's reference fails, and JavaScript's matches nothing.
	if (!context.set.has(number)) {
		throw new PatternError(
			`a reference to group ${number} is not supported here, because the group may not have matched`,
			start,
		);
	}
	// The text is known only when the pattern runs, so JavaScript compares it. Only ſ and the like differ from Python.
	const js = context.flags.ignoreCase ? `(?i:\\k<g${number}>)` : `\\k<g${number}>`;
	return { js, tree: { kind: "inexact", body: group.tree }, ...group.width, sets: NO_GROUPS, kind: "other" };
}
