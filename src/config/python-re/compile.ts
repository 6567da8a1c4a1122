/**
 * Regular expressions in the syntax of Python's `re`, as JavaScript's. One file per level of the grammar:
 * alternatives → repeats → atoms → groups, character classes, escapes, and references.
 *
 * The meaning is that of `re.match` on a `str` in Python 3.11 and later; what that rejects is rejected here. `\w`,
 * `\d`, `\s` and `\b` follow Unicode, as they do for a `str`: builder names are mostly ASCII, for which both agree, and
 * for other names a pattern must keep its meaning. `(?a)` asks for ASCII.
 *
 * Python itself is the reference: the tests compare with a table that scripts/python-re.ts has it write.
 */

import { errorMessage } from "../../errors.ts";
import { cut } from "../document/text.ts";
import { alternatives } from "./alternatives.ts";
import type { Piece } from "./pieces.ts";
import { PatternError } from "./scanner.ts";
import { START, Translation } from "./translation.ts";
import type { Tree } from "./tree.ts";

/**
 * Compiles a pattern. The expression is sticky: with `lastIndex` 0 it matches only at the start of a name.
 * @throws PatternError if Python rejects the pattern, or JavaScript has no equivalent
 */
export function compilePattern(source: string): RegExp {
	const { js } = translate(source);
	try {
		// Not `v`: with it, V8 applies `(?i:…)` to every class that follows the group.
		const regex = new RegExp(js, "uy");
		// V8 compiles an expression only when it is used, and may then find it too large. The first character of this one
		// fails, so that no part of the pattern can run away.
		if (js.length > MANY_CHARACTERS) new RegExp(`x(?:${js})`, "uy").test("");
		return regex;
	} catch (error) {
		throw new PatternError(reasonOf(error), 0);
	}
}

/** Fewer than those of the shortest expressions that V8 finds too large. Compiling all for nothing would cost too much. */
const MANY_CHARACTERS = 10_000;

/** V8's reason, without the translated expression before it, which nobody has written. */
function reasonOf(error: unknown): string {
	const message = errorMessage(error);
	return cut(message.slice(message.lastIndexOf(": ") + 2));
}

/**
 * What a pattern matches. Positions of an error are those of {@link compilePattern}.
 * @throws PatternError
 */
export function treeOf(source: string): Tree {
	return translate(source).tree;
}

function translate(source: string): Piece {
	const translation = new Translation(source);
	const whole = alternatives(translation, START);
	// Alternatives end at a parenthesis, or with the pattern.
	if (translation.scanner.peek() === ")") {
		throw translation.scanner.error('unmatched ")"');
	}
	return whole;
}
