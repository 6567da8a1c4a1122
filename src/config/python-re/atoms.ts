/** Atoms: the smallest parts of a pattern that a repeat can follow. */
import { characterClass } from "./character-class.ts";
import { literal } from "./characters.ts";
import { escapeSequence } from "./escapes.ts";
import { group } from "./groups.ts";
import { type Piece, position, single } from "./pieces.ts";
import type { Context, Translation } from "./translation.ts";
import { END, END_OF_LINE, START_OF_LINE, START_OF_TEXT } from "./tree.ts";

/** The atom that starts here; null for comments and flags, which a repeat passes over. */
export function atom(translation: Translation, context: Context): Piece | null {
	const { flags } = context;
	const start = translation.scanner.offset;
	const character = translation.scanner.next();
	switch (character) {
		case "(":
			return group(translation, start, context);
		case "[":
			return characterClass(translation.scanner, start, flags);
		case "\\":
			return escapeSequence(translation, start, context);
		case ".":
			return single(flags.dotAll ? "[^]" : "[^\\n]");
		case "^":
			return flags.multiline ? position("(?<![^\\n])", START_OF_LINE) : position("^", START_OF_TEXT);
		case "$":
			return flags.multiline ? position("(?![^\\n])", END_OF_LINE) : position("(?=\\n?$)", END);
		default:
			return single(literal(character.codePointAt(0) ?? 0, flags));
	}
}
