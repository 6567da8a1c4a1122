/** Translated pieces of a pattern, and how they are joined. */
import { NOTHING, type Tree } from "./tree.ts";

export interface Piece {
	readonly js: string;
	/** What it matches. */
	readonly tree: Tree;
	/** Fewest and most characters that it matches: a lookbehind must match a fixed number. */
	readonly min: number;
	readonly max: number;
	/** Groups that have taken part whenever the piece has matched. */
	readonly sets: ReadonlySet<number>;
	readonly kind: "position" | "repeat" | "other";
}

export const NO_GROUPS: ReadonlySet<number> = new Set();

/** A piece that matches exactly one character. */
export function single(js: string): Piece {
	return { js, tree: { kind: "character", js }, min: 1, max: 1, sets: NO_GROUPS, kind: "other" };
}

/** An assertion such as `^` or `\b`, which cannot be repeated. */
export function position(js: string, tree: Tree): Piece {
	return { js, tree, min: 0, max: 0, sets: NO_GROUPS, kind: "position" };
}

/** Pieces one after another. */
export function sequenceOf(pieces: readonly Piece[]): Piece {
	return {
		js: pieces.map((piece) => piece.js).join(""),
		tree: pieces.length === 0 ? NOTHING : { kind: "sequence", parts: pieces.map(({ tree }) => tree) },
		min: pieces.reduce((sum, piece) => sum + piece.min, 0),
		max: pieces.reduce((sum, piece) => sum + piece.max, 0),
		sets: new Set(pieces.flatMap((piece) => [...piece.sets])),
		kind: "other",
	};
}

/** One of the pieces, so that none of their groups is certain to take part. */
export function oneOf(pieces: readonly [Piece, ...Piece[]]): Piece {
	const [first, ...others] = pieces;
	if (others.length === 0) return first;
	return {
		js: pieces.map((piece) => piece.js).join("|"),
		tree: { kind: "either", parts: pieces.map(({ tree }) => tree) },
		min: pieces.reduce((least, { min }) => Math.min(least, min), first.min),
		max: pieces.reduce((most, { max }) => Math.max(most, max), first.max),
		sets: NO_GROUPS,
		kind: "other",
	};
}
