/** What the levels of the grammar share while they translate one pattern. */
import { type Flags, NO_FLAGS } from "./flags.ts";
import { NO_GROUPS, type Piece } from "./pieces.ts";
import { PatternError, PatternScanner } from "./scanner.ts";
import { NOTHING, type Tree } from "./tree.ts";

/** What applies at one point of the pattern. */
export interface Context {
	readonly flags: Flags;
	/** Groups that have certainly taken part when this point is reached. */
	readonly set: ReadonlySet<number>;
	/** Number of the first group inside the outermost lookbehind; null outside of any. */
	readonly lookbehind: number | null;
	/** Whether flags for the whole pattern are allowed here. */
	readonly outermost: boolean;
}

/** The context at the start of a pattern. */
export const START: Context = { flags: NO_FLAGS, set: NO_GROUPS, lookbehind: null, outermost: true };

export interface Group {
	readonly name: string | null;
	/** Width once the group is closed; null while it is open. */
	width: { readonly min: number; readonly max: number } | null;
	/** What the group matches, once it is closed. */
	tree: Tree;
}

/** V8 compiles nested groups by recursion, and so does this translator. */
const MAX_DEPTH = 200;
/** What is known of each group is kept for each place after it. */
const MAX_GROUPS = 1000;

export class Translation {
	readonly scanner: PatternScanner;
	/** In the order of their numbers; group 1 comes first. */
	readonly groups: Group[] = [];
	/** Flags set for the whole pattern so far. */
	flags: Flags = NO_FLAGS;
	/** Whether the whole pattern asks for `u`, and whether for `a`: each excludes the other. */
	unicodeRequested = false;
	asciiRequested = false;
	#depth = 0;
	#atomics = 0;

	constructor(source: string) {
		this.scanner = new PatternScanner(source);
	}

	/** Opens the next capturing group, whose `(` was read at `start`. */
	openGroup(name: string | null, start: number): { readonly group: Group; readonly number: number } {
		if (this.groups.length >= MAX_GROUPS) {
			throw new PatternError(`more than ${MAX_GROUPS} groups; write (?:…) for those that nothing refers to`, start);
		}
		const group: Group = { name, width: null, tree: NOTHING };
		return { group, number: this.groups.push(group) };
	}

	/** Runs `translate` one group deeper. */
	nested<T>(start: number, translate: () => T): T {
		if (++this.#depth > MAX_DEPTH) {
			throw new PatternError(`groups are nested more than ${MAX_DEPTH} levels deep`, start);
		}
		const result = translate();
		this.#depth--;
		return result;
	}

	/** `(?>…)`: JavaScript never backtracks into a lookahead, so what one has matched is then consumed as a whole. */
	atomic(piece: Piece, start: number, context: Context): Piece {
		if (context.lookbehind !== null) {
			throw new PatternError("atomic groups and possessive repeats in a lookbehind are not supported", start);
		}
		const name = `a${this.#atomics++}`;
		return {
			...piece,
			js: `(?=(?<${name}>${piece.js}))\\k<${name}>`,
			tree: { kind: "inexact", body: piece.tree },
			kind: "other",
		};
	}
}
