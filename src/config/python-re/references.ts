/** References to what a group has matched: `\1` and `(?P=name)`. */
import { cut } from "../document/text.ts";
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
		const next = scanner.next("the group name is not closed", start);
		if (next === end) break;
		name += next;
	}
	if (!/^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(name)) {
		throw new PatternError(`"${cut(name)}" cannot be the name of a group`, start);
	}
	return name;
}

export function reference(translation: Translation, number: number, start: number, context: Context): Piece {
	const group = translation.groups[number - 1];
	if (group === undefined) {
		throw new PatternError(`there is no group ${number} before this`, start);
	}
	if (group.width === null) {
		throw new PatternError(`group ${number} is still open here`, start);
	}
	if (context.lookbehind !== null && number >= context.lookbehind) {
		throw new PatternError("a group of a lookbehind cannot be referred to inside of it", start);
	}
	// For a group that took no part, Python's reference fails, and JavaScript's matches nothing.
	if (!context.set.has(number)) {
		throw new PatternError(`referring to group ${number}, which may not have taken part, is not supported`, start);
	}
	return { js: `\\k<g${number}>`, ...group.width, sets: NO_GROUPS, kind: "other" };
}
