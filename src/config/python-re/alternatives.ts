/** The outer levels of the grammar: alternatives, and the sequences that they consist of. */
import { atom } from "./atoms.ts";
import { NO_GROUPS, oneOf, type Piece, sequenceOf } from "./pieces.ts";
import { readRepeat, repeat } from "./repeats.ts";
import type { PatternScanner } from "./scanner.ts";
import type { Context, Translation } from "./translation.ts";

/** `a|b|c`, up to the end of the group or of the pattern. */
export function alternatives(translation: Translation, context: Context): Piece {
	const pieces: [Piece, ...Piece[]] = [sequence(translation, context)];
	while (translation.scanner.take("|")) {
		const flags = context.outermost ? translation.flags : context.flags;
		pieces.push(sequence(translation, { ...context, flags, outermost: false }));
	}
	return oneOf(pieces);
}

/** The pieces of a sequence so far, and the groups that have taken part in a match of them. */
class Pieces {
	readonly all: Piece[] = [];
	readonly #set: Set<number>;

	constructor(set: ReadonlySet<number>) {
		this.#set = new Set(set);
	}

	get set(): ReadonlySet<number> {
		return this.#set;
	}

	push(piece: Piece): void {
		this.all.push(piece);
		for (const group of piece.sets) this.#set.add(group);
	}

	/** Removes the last piece, to which a repeat applies. */
	pop(): Piece | undefined {
		const piece = this.all.pop();
		for (const group of piece?.sets ?? NO_GROUPS) this.#set.delete(group);
		return piece;
	}
}

function sequence(translation: Translation, context: Context): Piece {
	const { scanner } = translation;
	const pieces = new Pieces(context.set);
	while (!isAtEnd(scanner)) {
		const flags = context.outermost ? translation.flags : context.flags;
		if (flags.verbose && skipVerbose(scanner)) continue;
		const start = scanner.offset;
		const bounds = readRepeat(scanner);
		const outermost = context.outermost && pieces.all.length === 0;
		const piece =
			bounds === null
				? atom(translation, { ...context, flags, set: pieces.set, outermost })
				: repeat(translation, pieces.pop(), bounds, start, context);
		if (piece !== null) pieces.push(piece);
	}
	return sequenceOf(pieces.all);
}

function isAtEnd(scanner: PatternScanner): boolean {
	const next = scanner.peek();
	return next === undefined || next === "|" || next === ")";
}

/** Skips white space or a comment of verbose mode; false if there is neither. */
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
