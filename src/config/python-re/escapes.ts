/** Escapes outside of character classes, and those that classes share with them. */
import { ASCII, literal, SIMPLE_ESCAPES, UNICODE } from "./characters.ts";
import type { Flags } from "./flags.ts";
import { type Piece, position, single } from "./pieces.ts";
import { reference } from "./references.ts";
import { PatternError, type PatternScanner } from "./scanner.ts";
import type { Context, Translation } from "./translation.ts";
import { END_OF_TEXT, START_OF_TEXT, wordBoundary } from "./tree.ts";

/** The escape whose backslash was read at `start`. */
export function escapeSequence(translation: Translation, start: number, context: Context): Piece {
	const { flags } = context;
	const word = `[${(flags.ascii ? ASCII : UNICODE).word}]`;
	const letter = readEscapeLetter(translation.scanner, start);
	switch (letter) {
		case "A":
			return position("^", START_OF_TEXT);
		case "Z":
			return position("$", END_OF_TEXT);
		case "b":
			return position(`(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`, wordBoundary(word, true));
		case "B":
			// Before Python 3.14, an empty name has no \B.
			return position(`(?:(?<=${word})(?=${word})|(?<!${word})(?!${word})(?!^$))`, wordBoundary(word, false));
		default:
			break;
	}
	const named = classEscape(letter, flags);
	if (named !== null) return single(`[${named.isNegated ? "^" : ""}${named.members}]`);
	if (/^[1-9]$/.test(letter)) return numberEscape(translation, letter, start, context);
	return single(literal(characterEscape(translation.scanner, letter, start), flags));
}

/** The character after a backslash. */
export function readEscapeLetter(scanner: PatternScanner, start: number): string {
	return scanner.next("the pattern ends with a backslash", start);
}

/** `\1` to `\99` are groups; three octal digits are a character. */
function numberEscape(translation: Translation, first: string, start: number, context: Context): Piece {
	const { scanner } = translation;
	if (!/^[0-9]$/.test(scanner.peek() ?? "")) return reference(translation, Number(first), start, context);
	const digits = first + scanner.next();
	if (/^[0-7]{2}$/.test(digits) && /^[0-7]$/.test(scanner.peek() ?? "")) {
		return single(literal(octal(digits + scanner.next(), start), context.flags));
	}
	return reference(translation, Number(digits), start, context);
}

/** The code that octal digits stand for. */
export function octal(digits: string, start: number): number {
	const code = Number.parseInt(digits, 8);
	if (code > 0o377) {
		throw new PatternError(`the octal escape \\${digits} exceeds \\377`, start);
	}
	return code;
}

/** The characters of `\d`, `\W` and the like. */
export interface NamedClass {
	readonly members: string;
	/** Whether the class has all characters but these. */
	readonly isNegated: boolean;
}

/** The class that a letter names; null if it names none. */
export function classEscape(letter: string, flags: Flags): NamedClass | null {
	const { word, digit, notDigit, space, notSpace } = flags.ascii ? ASCII : UNICODE;
	const classes: Readonly<Record<string, string>> = { d: digit, D: notDigit, s: space, S: notSpace, w: word, W: word };
	const members = Object.hasOwn(classes, letter) ? classes[letter] : undefined;
	// Unicode has no property for all that is neither letter nor number.
	return members === undefined ? null : { members, isNegated: letter === "W" };
}

/** Code of an escape that stands for one character, inside and outside of classes. */
export function characterEscape(scanner: PatternScanner, letter: string, start: number): number {
	const simple = SIMPLE_ESCAPES.get(letter);
	if (simple !== undefined) return simple;
	switch (letter) {
		case "0":
			return Number.parseInt(`0${scanner.octalDigits()}`, 8);
		case "x":
			return scanner.hex(2, letter, start);
		case "u":
			return scanner.hex(4, letter, start);
		case "U": {
			const code = scanner.hex(8, letter, start);
			if (code > 0x10ffff) {
				throw new PatternError("this escape exceeds \\U0010ffff, the last Unicode character", start);
			}
			return code;
		}
		case "N":
			throw new PatternError("named characters, \\N{…}, are not supported", start);
		default:
			if (/^[A-Za-z0-9]$/.test(letter)) {
				throw new PatternError(`unknown escape \\${letter}`, start);
			}
			return letter.codePointAt(0) ?? 0;
	}
}
