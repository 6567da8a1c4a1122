/** Flags: `(?i)` for the whole pattern, `(?i:…)` and `(?i-s:…)` for a part of it. */
import { PatternError, type PatternScanner } from "./scanner.ts";

export interface Flags {
	readonly ascii: boolean;
	readonly ignoreCase: boolean;
	readonly dotAll: boolean;
	readonly multiline: boolean;
	readonly verbose: boolean;
}

export const NO_FLAGS: Flags = { ascii: false, ignoreCase: false, dotAll: false, multiline: false, verbose: false };

const FLAG_NAMES: ReadonlyMap<string, keyof Flags> = new Map([
	["a", "ascii"],
	["i", "ignoreCase"],
	["s", "dotAll"],
	["m", "multiline"],
	["x", "verbose"],
]);

/** Letters to turn on and off, for the whole pattern or for a group that follows. */
export interface FlagChange {
	readonly on: string;
	readonly off: string;
	readonly scope: "pattern" | "group";
}

/** Reads flags up to and including `:` or `)`. */
export function readFlagChange(scanner: PatternScanner, start: number): FlagChange {
	const on = readLetters(scanner, start);
	const off = scanner.take("-") ? readLetters(scanner, start) : null;
	if (off === "") {
		throw new PatternError('missing flag after "-"', start);
	}
	const end = scanner.next("unexpected end of pattern in a group");
	if (end !== ":" && (end !== ")" || off !== null)) {
		throw new PatternError('flags must be followed by ":" or ")"', start);
	}
	if (off !== null && /[au]/.test(off)) {
		throw new PatternError("the flags a and u can't be turned off", start);
	}
	if ([...on].some((letter) => off?.includes(letter))) {
		throw new PatternError("a flag is turned both on and off", start);
	}
	return { on, off: off ?? "", scope: end === ":" ? "group" : "pattern" };
}

/** The flags after a change for a group. */
export function changeFlags(flags: Flags, { on, off }: FlagChange, start: number): Flags {
	if (on.includes("a") && on.includes("u")) {
		throw excludesUnicode(start);
	}
	return withFlags(withFlags(flags, on, true), off, false);
}

/** `a` and `u` in one pattern, or in one group. */
export function excludesUnicode(start: number): PatternError {
	return new PatternError("the flags a and u can't be combined", start);
}

export function withFlags(flags: Flags, letters: string, value: boolean): Flags {
	let changed = flags;
	for (const letter of letters) {
		const name = FLAG_NAMES.get(letter);
		// `u` is the default, and matters only inside a part of the pattern that is ASCII.
		changed = name === undefined ? { ...changed, ascii: false } : { ...changed, [name]: value };
	}
	return changed;
}

function readLetters(scanner: PatternScanner, start: number): string {
	let letters = "";
	for (let next = scanner.peek(); next !== undefined && /^[A-Za-z]$/.test(next); next = scanner.peek()) {
		if (next === "L") {
			throw new PatternError("the flag L is for bytes, and builder names are text", start);
		}
		if (next !== "u" && !FLAG_NAMES.has(next)) {
			throw new PatternError(`unknown flag "${next}"`, start);
		}
		letters += next;
		scanner.offset++;
	}
	return letters;
}
