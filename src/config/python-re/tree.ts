/** What a pattern matches, without how: the form in which patterns are compared with each other. */

export type Tree =
	/** One character; `js` is its class as a JavaScript expression with flag `u`. */
	| { readonly kind: "character"; readonly js: string }
	| { readonly kind: "sequence"; readonly parts: readonly Tree[] }
	| { readonly kind: "either"; readonly parts: readonly Tree[] }
	| { readonly kind: "repeat"; readonly body: Tree; readonly min: number; readonly max: number }
	| { readonly kind: "look"; readonly body: Tree; readonly behind: boolean; readonly negated: boolean }
	/** No finite automaton matches exactly this. It matches some of what `body` matches. */
	| { readonly kind: "inexact"; readonly body: Tree };

const ANY: Tree = { kind: "character", js: "[^]" };
const NOT_NEWLINE: Tree = { kind: "character", js: "[^\\n]" };
const NEWLINE: Tree = { kind: "character", js: "\\n" };

export const NOTHING: Tree = { kind: "sequence", parts: [] };
export const START_OF_TEXT = look(ANY, "<!");
export const START_OF_LINE = look(NOT_NEWLINE, "<!");
export const END_OF_TEXT = look(ANY, "!");
export const END_OF_LINE = look(NOT_NEWLINE, "!");
/** Python's `$`: before a newline that ends the text, too. */
export const END = look(
	{ kind: "sequence", parts: [{ kind: "repeat", body: NEWLINE, min: 0, max: 1 }, END_OF_TEXT] },
	"=",
);

/** An assertion about what follows or precedes. */
export function look(body: Tree, kind: "=" | "!" | "<=" | "<!"): Tree {
	return { kind: "look", body, behind: kind.startsWith("<"), negated: kind.endsWith("!") };
}

/** `\b` or `\B`, for the class of the characters of words. */
export function wordBoundary(js: string, isBoundary: boolean): Tree {
	const word: Tree = { kind: "character", js };
	const sides = (before: "<=" | "<!", after: "=" | "!"): Tree[] => [look(word, before), look(word, after)];
	if (isBoundary) {
		const parts = [sides("<=", "!"), sides("<!", "=")].map((both): Tree => ({ kind: "sequence", parts: both }));
		return { kind: "either", parts };
	}
	const notEmpty = look({ kind: "sequence", parts: [START_OF_TEXT, END_OF_TEXT] }, "!");
	const outside: Tree = { kind: "sequence", parts: [...sides("<!", "!"), notEmpty] };
	return { kind: "either", parts: [{ kind: "sequence", parts: sides("<=", "=") }, outside] };
}
