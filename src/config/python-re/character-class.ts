/** Character classes: `[a-z]`, `[^\s]`. */
import { quote } from "../document/text.ts";
import { classLiteral } from "./characters.ts";
import { characterEscape, classEscape, octal, readEscapeLetter } from "./escapes.ts";
import type { Flags } from "./flags.ts";
import { otherCases } from "./ignore-case.ts";
import { type Piece, single } from "./pieces.ts";
import { PatternError, type PatternScanner } from "./scanner.ts";

const UNCLOSED = 'unclosed "["';

/** What one member adds to a class: characters, and characters all others than which it adds. */
interface Addition {
	readonly members: string;
	readonly allBut: string;
}

/** The class whose `[` was read at `start`. */
export function characterClass(scanner: PatternScanner, start: number, flags: Flags): Piece {
	const negated = scanner.take("^");
	const additions: Addition[] = [];
	// A "]" that comes first is a member.
	while (additions.length === 0 || scanner.peek() !== "]") additions.push(memberOrRange(scanner, start, flags));
	scanner.next(UNCLOSED, start);
	const members = additions.map((addition) => addition.members).join("");
	const [allBut] = additions.flatMap((addition) => (addition.allBut === "" ? [] : [addition.allBut]));
	if (allBut === undefined) return single(`[${negated ? "^" : ""}${members}]`);
	// A class can't contain the complement of another.
	return single(`(?:(?${negated ? "!" : "="}[${members}]|[^${allBut}])[^])`);
}

function memberOrRange(scanner: PatternScanner, classStart: number, flags: Flags): Addition {
	const start = scanner.offset;
	const low = member(scanner, classStart, flags);
	if (!scanner.take("-")) return typeof low === "number" ? rangeOf(low, low, flags) : low;
	// A "-" that comes last is a member of its own.
	if (scanner.peek() === "]") {
		scanner.offset--;
		return typeof low === "number" ? rangeOf(low, low, flags) : low;
	}
	const high = member(scanner, classStart, flags);
	if (typeof low !== "number" || typeof high !== "number" || low > high) {
		throw new PatternError(`invalid character range ${quote(scanner.since(start))}`, start);
	}
	return rangeOf(low, high, flags);
}

function rangeOf(low: number, high: number, flags: Flags): Addition {
	const others = flags.ignoreCase ? otherCases(low, high, flags.ascii) : [];
	const range = low === high ? classLiteral(low) : `${classLiteral(low)}-${classLiteral(high)}`;
	return { members: [range, ...others.map(classLiteral)].join(""), allBut: "" };
}

/** The code of a character, or what a class such as `\d` adds. */
type Member = number | Addition;

function member(scanner: PatternScanner, classStart: number, flags: Flags): Member {
	const start = scanner.offset;
	const character = scanner.next(UNCLOSED, classStart);
	if (character !== "\\") return character.codePointAt(0) ?? 0;
	const letter = readEscapeLetter(scanner, start);
	const named = classEscape(letter, flags);
	if (named !== null) {
		return named.isNegated ? { members: "", allBut: named.members } : { members: named.members, allBut: "" };
	}
	// Inside a class, \b is a backspace.
	if (letter === "b") return 8;
	if (/^[1-7]$/.test(letter)) return octal(letter + scanner.octalDigits(), start);
	return characterEscape(scanner, letter, start);
}
