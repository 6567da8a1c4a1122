/** The outer levels of the grammar: alternatives, and the sequences that they consist of. */
import { atom } from "./atoms.ts";
import { either, NO_GROUPS, type Piece, sequenceOf } from "./pieces.ts";
import { readRepeat, repeat } from "./repeats.ts";
import type { PatternScanner } from "./scanner.ts";
import type { Context, Translation } from "./translation.ts";

/** `a|b|c`, up to the end of the group or of the pattern. */
export function alternatives(translation: Translation, context: Context): Piece {
	let whole = sequence(translation, context);
	while (translation.scanner.take("|")) {
		const flags = context.outermost ? translation.flags : context.flags;
		whole = either(whole, sequence(translation, { ...context, flags, outermost: false }));
	}
	return whole;
}

function sequence(translation: Translation, context: Context): Piece {
	const { scanner } = translation;
	const pieces: Piece[] = [];
	const set = new Set(context.set);
	let flags = context.flags;
	while (!isAtEnd(scanner)) {
		if (flags.verbose && skipVerbose(scanner)) continue;
		const start = scanner.offset;
		const bounds = readRepeat(scanner);
		if (bounds !== null) {
			const last = pieces.pop();
			pieces.push(repeat(translation, last, bounds, start, context));
			for (const group of last?.sets ?? NO_GROUPS) set.delete(group);
		} else {
			const outermost = context.outermost && pieces.length === 0;
			const piece = atom(translation, { ...context, flags, set, outermost });
			if (piece !== null) pieces.push(piece);
			else if (context.outermost) flags = translation.flags;
		}
		for (const group of pieces.at(-1)?.sets ?? NO_GROUPS) set.add(group);
	}
	return sequenceOf(pieces);
}

function isAtEnd(scanner: PatternScanner): boolean {
	const next = scanner.peek();
	return next === undefined || next === "|" || next === ")";
}

/** Skips white space or a comment of verbose mode; false if neither stands here. */
function skipVerbose(scanner: PatternScanner): boolean {
	const next = scanner.peek() ?? "";
	if (/^[ \t\n\r\v\f]$/.test(next)) {
		scanner.offset++;
		return true;
	}
	if (next !== "#") return false;
	while (scanner.peek() !== undefined && scanner.next() !== "\n");
	return true;
}
