/** Character classes: `[a-z]`, `[^\s]`. */
import { quote } from "../document/text.ts";
import { classLiteral } from "./characters.ts";
import { characterEscape, classEscape, octal, readEscapeLetter } from "./escapes.ts";
import type { Flags } from "./flags.ts";
import { PatternError, type PatternScanner } from "./scanner.ts";

const UNCLOSED = 'unclosed "["';

/** The class whose `[` was read at `start`, as JavaScript. */
export function characterClass(scanner: PatternScanner, start: number, flags: Flags): string {
	const negated = scanner.take("^");
	let members = "";
	// A "]" that comes first is a member.
	for (let first = true; first || scanner.peek() !== "]"; first = false) {
		members += memberOrRange(scanner, start, flags);
	}
	scanner.next(UNCLOSED, start);
	return `[${negated ? "^" : ""}${members}]`;
}

function memberOrRange(scanner: PatternScanner, classStart: number, flags: Flags): string {
	const start = scanner.offset;
	const low = member(scanner, classStart, flags);
	if (!scanner.take("-")) return low.js;
	// A "-" that comes last is a member.
	if (scanner.peek() === "]") return low.js + classLiteral(0x2d);
	const high = member(scanner, classStart, flags);
	if (low.code === null || high.code === null || low.code > high.code) {
		throw new PatternError(`invalid character range ${quote(scanner.since(start))}`, start);
	}
	return `${low.js}-${high.js}`;
}

/** One member of a class; `code` is null if the member is itself a class such as `\d`. */
interface Member {
	readonly js: string;
	readonly code: number | null;
}

function member(scanner: PatternScanner, classStart: number, flags: Flags): Member {
	const start = scanner.offset;
	const character = scanner.next(UNCLOSED, classStart);
	if (character !== "\\") return characterMember(character.codePointAt(0) ?? 0);
	const letter = readEscapeLetter(scanner, start);
	const named = classEscape(letter, flags);
	if (named !== null) return { js: named, code: null };
	// Inside a class, \b is a backspace.
	if (letter === "b") return characterMember(8);
	if (/^[1-7]$/.test(letter)) return characterMember(octal(letter + scanner.octalDigits(), start));
	return characterMember(characterEscape(scanner, letter, start));
}

function characterMember(code: number): Member {
	return { js: classLiteral(code), code };
}
