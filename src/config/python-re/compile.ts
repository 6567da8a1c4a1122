/**
 * Regular expressions in the syntax of Python's `re`, as JavaScript's.
 *
 * The meaning is that of `re.match` on a `str` in Python 3.11 and later, and what that refuses is refused here. `\w`,
 * `\d`, `\s` and `\b` are Unicode's, as they are for a `str`: builder names are mostly ASCII, where both agree, and for
 * the others a pattern must not change its meaning. `(?a)` asks for ASCII.
 */

import { errorMessage } from "../../errors.ts";
import { cut } from "../document/text.ts";
import { ASCII, classLiteral, literal, SIMPLE_ESCAPES, UNICODE } from "./characters.ts";
import { PatternError, PatternScanner } from "./scanner.ts";

/** Compiles a pattern. The expression is sticky: with `lastIndex` 0 it matches at the start of a name only. */
export function compilePattern(source: string): RegExp {
	const translated = new Translator(source).translate();
	try {
		// `v` is `u` with nested classes, which `[\W\d]` needs: a Unicode `\W` is itself a class.
		return new RegExp(translated, "vy");
	} catch (error) {
		throw new PatternError(cut(errorMessage(error)), 0);
	}
}

interface Flags {
	readonly ascii: boolean;
	readonly ignoreCase: boolean;
	readonly dotAll: boolean;
	readonly multiline: boolean;
	readonly verbose: boolean;
}

const FLAG_NAMES: ReadonlyMap<string, keyof Flags> = new Map([
	["a", "ascii"],
	["i", "ignoreCase"],
	["s", "dotAll"],
	["m", "multiline"],
	["x", "verbose"],
]);

/** A translated piece. */
interface Piece {
	readonly js: string;
	/** Fewest and most characters that it matches: a lookbehind must match a fixed number. */
	readonly min: number;
	readonly max: number;
	/** Groups that have taken part whenever the piece has matched. */
	readonly sets: ReadonlySet<number>;
	readonly kind: "position" | "repeat" | "other";
}

interface Group {
	readonly name: string | null;
	/** Width once the group is closed; null while it is open. */
	width: { readonly min: number; readonly max: number } | null;
}

interface Context {
	readonly flags: Flags;
	/** Groups that have certainly taken part when this point is reached. */
	readonly set: ReadonlySet<number>;
	/** The number that the first group inside the outermost lookbehind has; null outside of any. */
	readonly lookbehind: number | null;
	/** Whether flags for the whole pattern may stand here. */
	readonly outermost: boolean;
}

const NO_GROUPS: ReadonlySet<number> = new Set();
const EMPTY: Piece = { js: "", min: 0, max: 0, sets: NO_GROUPS, kind: "other" };
/** The interpreter of the pattern, like this one, goes one call deeper for every group. */
const DEEPEST = 200;
const LARGEST_REPEAT = 4294967295;

class Translator {
	readonly #in: PatternScanner;
	readonly #groups: Group[] = [];
	#flags: Flags = { ascii: false, ignoreCase: false, dotAll: false, multiline: false, verbose: false };
	#unicodeAsked = false;
	#depth = 0;
	#atomics = 0;

	constructor(source: string) {
		this.#in = new PatternScanner(source);
	}

	translate(): string {
		const whole = this.#alternatives({ flags: this.#flags, set: NO_GROUPS, lookbehind: null, outermost: true });
		if (this.#in.peek() === ")") {
			throw this.#in.error("this parenthesis closes nothing");
		}
		return this.#flags.ignoreCase ? `(?i:${whole.js})` : whole.js;
	}

	#alternatives(context: Context): Piece {
		let whole = this.#sequence(context);
		while (this.#in.take("|")) {
			const flags = context.outermost ? this.#flags : context.flags;
			const next = this.#sequence({ ...context, flags, outermost: false });
			whole = {
				js: `${whole.js}|${next.js}`,
				min: Math.min(whole.min, next.min),
				max: Math.max(whole.max, next.max),
				sets: new Set([...whole.sets].filter((group) => next.sets.has(group))),
				kind: "other",
			};
		}
		return whole;
	}

	#sequence(context: Context): Piece {
		const pieces: Piece[] = [];
		const set = new Set(context.set);
		let flags = context.flags;
		for (let next = this.#in.peek(); next !== undefined && next !== "|" && next !== ")"; next = this.#in.peek()) {
			if (flags.verbose && this.#skipVerbose()) {
				continue;
			}
			const start = this.#in.offset;
			const bounds = this.#repeatBounds();
			if (bounds !== null) {
				const last = pieces.pop();
				const repeated = this.#repeat(last, bounds, start, context);
				pieces.push(repeated);
				for (const group of last?.sets ?? NO_GROUPS) {
					if (!repeated.sets.has(group)) {
						set.delete(group);
					}
				}
				continue;
			}
			const here: Context = { ...context, flags, set, outermost: context.outermost && pieces.length === 0 };
			const piece = this.#atom(here);
			if (piece === null) {
				if (context.outermost) {
					flags = this.#flags;
				}
				continue;
			}
			pieces.push(piece);
			for (const group of piece.sets) {
				set.add(group);
			}
		}
		return {
			js: pieces.map((piece) => piece.js).join(""),
			min: pieces.reduce((sum, piece) => sum + piece.min, 0),
			max: pieces.reduce((sum, piece) => sum + piece.max, 0),
			sets: new Set(pieces.flatMap((piece) => [...piece.sets])),
			kind: "other",
		};
	}

	/** Takes a blank or a comment of verbose mode; false where neither stands here. */
	#skipVerbose(): boolean {
		const next = this.#in.peek() ?? "";
		if (/^[ \t\n\r\v\f]$/.test(next)) {
			this.#in.offset++;
			return true;
		}
		if (next !== "#") {
			return false;
		}
		while (this.#in.peek() !== undefined && this.#in.next() !== "\n") {
			// The comment goes on.
		}
		return true;
	}

	/** Takes `*`, `+`, `?` or a `{m,n}`; null where none stands here, as a brace that is no quantifier is a literal. */
	#repeatBounds(): { min: number; max: number } | null {
		switch (this.#in.peek()) {
			case "*":
				this.#in.offset++;
				return { min: 0, max: Number.POSITIVE_INFINITY };
			case "+":
				this.#in.offset++;
				return { min: 1, max: Number.POSITIVE_INFINITY };
			case "?":
				this.#in.offset++;
				return { min: 0, max: 1 };
			case "{":
				break;
			default:
				return null;
		}
		const start = this.#in.offset;
		this.#in.offset++;
		if (this.#in.peek() === "}") {
			this.#in.offset = start;
			return null;
		}
		const low = this.#in.digits();
		const high = this.#in.take(",") ? this.#in.digits() : low;
		if (!this.#in.take("}")) {
			this.#in.offset = start;
			return null;
		}
		const min = low === "" ? 0 : Number(low);
		const max = high === "" ? Number.POSITIVE_INFINITY : Number(high);
		if (min >= LARGEST_REPEAT || (high !== "" && max >= LARGEST_REPEAT)) {
			throw new PatternError("the repeat count is too large", start);
		}
		if (max < min) {
			throw new PatternError("the least count of this repeat is greater than the most", start);
		}
		return { min, max };
	}

	#repeat(piece: Piece | undefined, bounds: { min: number; max: number }, start: number, context: Context): Piece {
		if (piece === undefined || piece.kind === "position") {
			throw new PatternError("there is nothing to repeat", start);
		}
		if (piece.kind === "repeat") {
			throw new PatternError("a repeat cannot be repeated; put the inner one in (?:…)", start);
		}
		const { min, max } = bounds;
		const count = `{${min},${Number.isFinite(max) ? max : ""}}`;
		const repeated: Piece = {
			js: `(?:${piece.js})${count}`,
			min: times(piece.min, min),
			max: times(piece.max, max),
			sets: min > 0 ? piece.sets : NO_GROUPS,
			kind: "repeat",
		};
		if (this.#in.take("?")) {
			return { ...repeated, js: `${repeated.js}?` };
		}
		if (this.#in.take("+")) {
			return { ...this.#atomic(repeated, start, context), kind: "repeat" };
		}
		return repeated;
	}

	/** `(?>…)`: a lookahead never goes back into what it matched, so its text is taken as one. */
	#atomic(piece: Piece, start: number, context: Context): Piece {
		if (context.lookbehind !== null) {
			throw new PatternError("atomic groups and possessive repeats in a lookbehind are not supported", start);
		}
		const name = `a${this.#atomics++}`;
		return { ...piece, js: `(?=(?<${name}>${piece.js}))\\k<${name}>`, kind: "other" };
	}

	/** One atom; null for what matches nothing and stands for nothing: comments and flags. */
	#atom(context: Context): Piece | null {
		const { flags } = context;
		const start = this.#in.offset;
		const character = this.#in.next();
		switch (character) {
			case "(":
				return this.#group(start, context);
			case "[":
				return single(this.#characterClass(start, flags));
			case "\\":
				return this.#escape(start, context);
			case ".":
				return single(flags.dotAll ? "[^]" : "[^\\n]");
			case "^":
				return position(flags.multiline ? "(?<![^\\n])" : "^");
			case "$":
				return position(flags.multiline ? "(?![^\\n])" : "(?=\\n?$)");
			default:
				return single(literal(character.codePointAt(0) ?? 0));
		}
	}

	#group(start: number, context: Context): Piece | null {
		if (++this.#depth > DEEPEST) {
			throw new PatternError(`groups are nested more than ${DEEPEST} deep`, start);
		}
		const piece = this.#in.take("?") ? this.#extension(start, context) : this.#capture(null, start, context);
		this.#depth--;
		return piece;
	}

	#extension(start: number, context: Context): Piece | null {
		const kind = this.#in.next("the group ends too early");
		switch (kind) {
			case ":": {
				const inner = this.#inside(start, context);
				return { ...inner, js: `(?:${inner.js})` };
			}
			case "P":
				return this.#named(start, context);
			case "#":
				while (this.#in.next("this comment is not closed", start) !== ")") {
					// The comment goes on.
				}
				return null;
			case "=": {
				const inner = this.#inside(start, context);
				return { js: `(?:(?=${inner.js}))`, min: 0, max: 0, sets: inner.sets, kind: "other" };
			}
			case "!": {
				const inner = this.#inside(start, context);
				return { js: `(?:(?!${inner.js}))`, min: 0, max: 0, sets: NO_GROUPS, kind: "other" };
			}
			case "<":
				return this.#lookbehind(start, context);
			case ">":
				return this.#atomic(this.#inside(start, context), start, context);
			case "(":
				throw new PatternError("conditional groups, (?(…)…), are not supported", start);
			default:
				if (/^[-A-Za-z]$/.test(kind)) {
					this.#in.offset--;
					return this.#flagGroup(start, context);
				}
				throw new PatternError(`(?${kind} begins no group that Python knows`, start);
		}
	}

	#inside(start: number, context: Context): Piece {
		const inner = this.#alternatives({ ...context, outermost: false });
		if (!this.#in.take(")")) {
			throw new PatternError("this parenthesis is not closed", start);
		}
		return inner;
	}

	#capture(name: string | null, start: number, context: Context): Piece {
		const group: Group = { name, width: null };
		const number = this.#groups.push(group);
		const inner = this.#inside(start, context);
		group.width = { min: inner.min, max: inner.max };
		return { ...inner, js: `(?<g${number}>${inner.js})`, sets: new Set([...inner.sets, number]) };
	}

	#named(start: number, context: Context): Piece {
		const kind = this.#in.next("the group ends too early");
		if (kind === "<") {
			const name = this.#name(">", start);
			const earlier = this.#groups.findIndex((group) => group.name === name);
			if (earlier !== -1) {
				throw new PatternError(`the group name ${cut(name)} is used twice`, start);
			}
			return this.#capture(name, start, context);
		}
		if (kind === "=") {
			const name = this.#name(")", start);
			const index = this.#groups.findIndex((group) => group.name === name);
			if (index === -1) {
				throw new PatternError(`no group before this is named ${cut(name)}`, start);
			}
			return this.#reference(index + 1, start, context);
		}
		throw new PatternError(`(?P${kind} begins no group that Python knows`, start);
	}

	#name(end: string, start: number): string {
		let name = "";
		for (;;) {
			const next = this.#in.next("the group name is not closed", start);
			if (next === end) {
				break;
			}
			name += next;
		}
		if (!/^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(name)) {
			throw new PatternError(`"${cut(name)}" cannot be the name of a group`, start);
		}
		return name;
	}

	#lookbehind(start: number, context: Context): Piece {
		const kind = this.#in.next("the group ends too early");
		if (kind !== "=" && kind !== "!") {
			throw new PatternError(`(?<${kind} begins no group that Python knows; a named group is (?P<name>…)`, start);
		}
		const inner = this.#inside(start, { ...context, lookbehind: context.lookbehind ?? this.#groups.length + 1 });
		if (inner.min !== inner.max) {
			throw new PatternError("a lookbehind must match a fixed number of characters", start);
		}
		const positive = kind === "=";
		return {
			js: `(?:(?<${kind}${inner.js}))`,
			min: 0,
			max: 0,
			sets: positive ? inner.sets : NO_GROUPS,
			kind: "other",
		};
	}

	/** `(?i)` for the whole pattern, `(?i:…)` and `(?i-s:…)` for a part. */
	#flagGroup(start: number, context: Context): Piece | null {
		const on = this.#flagLetters(start);
		let off = "";
		if (this.#in.take("-")) {
			off = this.#flagLetters(start);
			if (off === "") {
				throw new PatternError("a flag is missing after the minus sign", start);
			}
		}
		const end = this.#in.next("the group ends too early");
		if (end !== ":" && !(end === ")" && off === "" && on !== "")) {
			throw new PatternError("flags must end with a colon or a parenthesis", start);
		}
		if (/[au]/.test(off)) {
			throw new PatternError("the flags a and u cannot be turned off", start);
		}
		if ([...on].some((letter) => off.includes(letter))) {
			throw new PatternError("a flag is both turned on and off", start);
		}
		if (end === ")") {
			if (!context.outermost) {
				throw new PatternError("flags for the whole pattern must stand at its start", start);
			}
			this.#unicodeAsked ||= on.includes("u");
			this.#flags = withFlags(this.#flags, on, true);
			if (this.#unicodeAsked && this.#flags.ascii) {
				throw new PatternError("the flags a and u exclude each other", start);
			}
			return null;
		}
		if (on.includes("a") && on.includes("u")) {
			throw new PatternError("the flags a and u exclude each other", start);
		}
		const flags = withFlags(withFlags(context.flags, on, true), off, false);
		const inner = this.#inside(start, { ...context, flags });
		const opened = flags.ignoreCase === context.flags.ignoreCase ? "(?:" : flags.ignoreCase ? "(?i:" : "(?-i:";
		return { ...inner, js: `${opened}${inner.js})` };
	}

	#flagLetters(start: number): string {
		let letters = "";
		for (let next = this.#in.peek(); next !== undefined && /^[A-Za-z]$/.test(next); next = this.#in.peek()) {
			if (next === "L") {
				throw new PatternError("the flag L is for bytes, and names are text", start);
			}
			if (next !== "u" && !FLAG_NAMES.has(next)) {
				throw new PatternError(`Python has no flag ${next}`, start);
			}
			letters += next;
			this.#in.offset++;
		}
		return letters;
	}

	#reference(number: number, start: number, context: Context): Piece {
		const group = this.#groups[number - 1];
		if (group === undefined) {
			throw new PatternError(`there is no group ${number} before this`, start);
		}
		if (group.width === null) {
			throw new PatternError(`group ${number} is still open here`, start);
		}
		if (context.lookbehind !== null && number >= context.lookbehind) {
			throw new PatternError("a group of a lookbehind cannot be referred to inside of it", start);
		}
		// For a group that took no part, Python's reference fails where JavaScript's matches nothing.
		if (!context.set.has(number)) {
			throw new PatternError(`referring to group ${number}, which may not have taken part, is not supported`, start);
		}
		return { js: `\\k<g${number}>`, ...group.width, sets: NO_GROUPS, kind: "other" };
	}

	#escape(start: number, context: Context): Piece {
		const classes = context.flags.ascii ? ASCII : UNICODE;
		const letter = this.#in.next("the pattern ends with a lone backslash", start);
		switch (letter) {
			case "A":
				return position("^");
			case "Z":
				return position("$");
			case "b":
				return position(`(?:(?<=${classes.word})(?!${classes.word})|(?<!${classes.word})(?=${classes.word}))`);
			case "B":
				return position(`(?:(?<=${classes.word})(?=${classes.word})|(?<!${classes.word})(?!${classes.word}))`);
			default:
				break;
		}
		const named = this.#classEscape(letter, context.flags);
		if (named !== null) {
			return single(named);
		}
		if (/^[1-9]$/.test(letter)) {
			return this.#numberEscape(letter, start, context);
		}
		return single(literal(this.#characterEscape(letter, start)));
	}

	/** `\1` to `\99` are groups; three octal digits are a character. */
	#numberEscape(first: string, start: number, context: Context): Piece {
		let digits = first;
		if (/^[0-9]$/.test(this.#in.peek() ?? "")) {
			digits += this.#in.next();
			if (/^[0-7]{2}$/.test(digits) && /^[0-7]$/.test(this.#in.peek() ?? "")) {
				return single(literal(this.#octal(digits + this.#in.next(), start)));
			}
		}
		return this.#reference(Number(digits), start, context);
	}

	#octal(digits: string, start: number): number {
		const code = Number.parseInt(digits, 8);
		if (code > 0o377) {
			throw new PatternError(`the octal escape \\${digits} is beyond \\377`, start);
		}
		return code;
	}

	/** `\d`, `\W` and the like. */
	#classEscape(letter: string, flags: Flags): string | null {
		const classes = flags.ascii ? ASCII : UNICODE;
		switch (letter) {
			case "d":
				return classes.digit;
			case "D":
				return classes.notDigit;
			case "s":
				return classes.space;
			case "S":
				return classes.notSpace;
			case "w":
				return classes.word;
			case "W":
				return classes.notWord;
			default:
				return null;
		}
	}

	/** Escapes that stand for one character, inside and outside of classes. */
	#characterEscape(letter: string, start: number): number {
		const simple = SIMPLE_ESCAPES.get(letter);
		if (simple !== undefined) {
			return simple;
		}
		switch (letter) {
			case "0":
				return Number.parseInt(`0${this.#in.octalDigits()}`, 8);
			case "x":
				return this.#in.hex(2, letter, start);
			case "u":
				return this.#in.hex(4, letter, start);
			case "U": {
				const code = this.#in.hex(8, letter, start);
				if (code > 0x10ffff) {
					throw new PatternError("this escape is beyond the last character of Unicode", start);
				}
				return code;
			}
			case "N":
				throw new PatternError("characters by their Unicode name, \\N{…}, are not supported", start);
			default:
				if (/^[A-Za-z0-9]$/.test(letter)) {
					throw new PatternError(`Python has no escape \\${letter} here`, start);
				}
				return letter.codePointAt(0) ?? 0;
		}
	}

	#characterClass(start: number, flags: Flags): string {
		const unclosed = "this character class is not closed";
		const negated = this.#in.take("^");
		let members = "";
		for (let first = true; first || this.#in.peek() !== "]"; first = false) {
			const memberStart = this.#in.offset;
			const low = this.#classMember(start, flags);
			if (this.#in.peek() !== "-") {
				members += typeof low === "string" ? low : classLiteral(low);
				continue;
			}
			this.#in.offset++;
			if (this.#in.peek() === "]") {
				members += `${typeof low === "string" ? low : classLiteral(low)}${classLiteral(0x2d)}`;
				break;
			}
			const high = this.#classMember(start, flags);
			if (typeof low === "string" || typeof high === "string" || low > high) {
				const shown = this.#in.since(memberStart);
				throw new PatternError(`${cut(shown)} is not a range of characters`, memberStart);
			}
			members += `${classLiteral(low)}-${classLiteral(high)}`;
		}
		this.#in.next(unclosed, start);
		return `[${negated ? "^" : ""}${members}]`;
	}

	/** One member of a class: the code of a character, or a class of its own as JavaScript. */
	#classMember(classStart: number, flags: Flags): number | string {
		const start = this.#in.offset;
		const character = this.#in.next("this character class is not closed", classStart);
		if (character !== "\\") {
			return character.codePointAt(0) ?? 0;
		}
		const letter = this.#in.next("the pattern ends with a lone backslash", start);
		const named = this.#classEscape(letter, flags);
		if (named !== null) {
			return named;
		}
		if (letter === "b") {
			return 8;
		}
		if (/^[1-7]$/.test(letter)) {
			return this.#octal(letter + this.#in.octalDigits(), start);
		}
		return this.#characterEscape(letter, start);
	}
}

function withFlags(flags: Flags, letters: string, value: boolean): Flags {
	let changed = flags;
	for (const letter of letters) {
		const name = FLAG_NAMES.get(letter);
		// `u` says what is so anyway, but for a part of a pattern that is ASCII otherwise.
		changed = name === undefined ? { ...changed, ascii: false } : { ...changed, [name]: value };
	}
	return changed;
}

/** A product in which nothing, repeated without end, is still nothing. */
function times(width: number, count: number): number {
	return width === 0 || count === 0 ? 0 : width * count;
}

function single(js: string): Piece {
	return { ...EMPTY, js, min: 1, max: 1 };
}

function position(js: string): Piece {
	return { ...EMPTY, js, kind: "position" };
}
