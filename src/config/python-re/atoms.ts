/** Atoms: the smallest parts of a pattern that a repeat can follow. */
import { characterClass } from "./character-class.ts";
import { literal } from "./characters.ts";
import { escapeSequence } from "./escapes.ts";
import { group } from "./groups.ts";
import { type Piece, position, single } from "./pieces.ts";
import type { Context, Translation } from "./translation.ts";

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
			return position(flags.multiline ? "(?<![^\\n])" : "^");
		case "$":
			return position(flags.multiline ? "(?![^\\n])" : "(?=\\n?$)");
		default:
			return single(literal(character.codePointAt(0) ?? 0, flags));
	}
}
