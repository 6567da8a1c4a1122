/** Repeats: `*`, `+`, `?` and `{m,n}`, each greedy, lazy (`?`) or possessive (`+`). */
import { NO_GROUPS, type Piece } from "./pieces.ts";
import { PatternError, type PatternScanner } from "./scanner.ts";
import type { Context, Translation } from "./translation.ts";

export interface Bounds {
	readonly min: number;
	/** Infinity if there is no upper bound. */
	readonly max: number;
}

/** CPython's MAXREPEAT. */
const LARGEST_REPEAT = 4294967295;

const SHORT_FORMS: ReadonlyMap<string | undefined, Bounds> = new Map([
	["*", { min: 0, max: Number.POSITIVE_INFINITY }],
	["+", { min: 1, max: Number.POSITIVE_INFINITY }],
	["?", { min: 0, max: 1 }],
]);

/** Reads the bounds of a repeat; null if none starts here. */
export function readRepeat(scanner: PatternScanner): Bounds | null {
	const short = SHORT_FORMS.get(scanner.peek());
	if (short !== undefined) {
		scanner.offset++;
		return short;
	}
	const start = scanner.offset;
	const bounds = readBraces(scanner);
	// A brace that is no repeat is a literal, so it must be read again.
	if (bounds === null) scanner.offset = start;
	return bounds;
}

function readBraces(scanner: PatternScanner): Bounds | null {
	const start = scanner.offset;
	if (!scanner.take("{") || scanner.peek() === "}") return null;
	const low = scanner.digits();
	const high = scanner.take(",") ? scanner.digits() : low;
	if (!scanner.take("}")) return null;
	const min = low === "" ? 0 : Number(low);
	const max = high === "" ? Number.POSITIVE_INFINITY : Number(high);
	if (min >= LARGEST_REPEAT || (high !== "" && max >= LARGEST_REPEAT)) {
		throw new PatternError("the repeat count is too large", start);
	}
	if (max < min) {
		throw new PatternError("the minimum of this repeat exceeds its maximum", start);
	}
	return { min, max };
}

/** `piece` repeated; takes the `?` or `+` that makes the repeat lazy or possessive. */
export function repeat(
	translation: Translation,
	piece: Piece | undefined,
	{ min, max }: Bounds,
	start: number,
	context: Context,
): Piece {
	if (piece === undefined || piece.kind === "position") {
		throw new PatternError("nothing to repeat", start);
	}
	if (piece.kind === "repeat") {
		throw new PatternError("a repeat can't be repeated; put the inner one in (?:…)", start);
	}
	const repeated: Piece = {
		js: `(?:${piece.js}){${min},${Number.isFinite(max) ? max : ""}}`,
		tree: { kind: "repeat", body: piece.tree, min, max },
		min: times(piece.min, min),
		max: times(piece.max, max),
		sets: min > 0 ? piece.sets : NO_GROUPS,
		kind: "repeat",
	};
	if (translation.scanner.take("?")) return { ...repeated, js: `${repeated.js}?` };
	if (translation.scanner.take("+")) return { ...translation.atomic(repeated, start, context), kind: "repeat" };
	return repeated;
}

/** A product in which nothing, repeated without end, is still nothing. */
function times(width: number, count: number): number {
	return width === 0 || count === 0 ? 0 : width * count;
}
