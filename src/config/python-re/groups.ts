/** Groups: everything between parentheses. */
import { quote } from "../document/text.ts";
// The grammar is recursive: a group holds alternatives, which hold groups.
import { alternatives } from "./alternatives.ts";
import { changeFlags, excludesUnicode, readFlagChange, withFlags } from "./flags.ts";
import { NO_GROUPS, type Piece } from "./pieces.ts";
import { groupNumber, readGroupName, reference } from "./references.ts";
import { PatternError } from "./scanner.ts";
import type { Context, Translation } from "./translation.ts";
import { look } from "./tree.ts";

/** The group whose `(` was read at `start`; null for comments and flags. */
export function group(translation: Translation, start: number, context: Context): Piece | null {
	return translation.nested(start, () =>
		translation.scanner.take("?") ? extension(translation, start, context) : capture(translation, null, start, context),
	);
}

/** A group that starts with `(?`. */
function extension(translation: Translation, start: number, context: Context): Piece | null {
	const { scanner } = translation;
	const kind = scanner.next("unexpected end of pattern in a group");
	switch (kind) {
		case ":": {
			const inner = inside(translation, start, context);
			return { ...inner, js: `(?:${inner.js})` };
		}
		case "P":
			return named(translation, start, context);
		case "#":
			while (scanner.next("unclosed comment", start) !== ")");
			return null;
		case "=":
		case "!":
			return lookaround(kind, inside(translation, start, context));
		case "<":
			return lookbehind(translation, start, context);
		case ">":
			return translation.atomic(inside(translation, start, context), start, context);
		case "(":
			throw new PatternError("conditional groups, (?(…)…), are not supported", start);
		default:
			if (!/^[-A-Za-z]$/.test(kind)) {
				throw new PatternError(`unknown group type ${quote(`(?${kind}`)}`, start);
			}
			scanner.offset--;
			return flagGroup(translation, start, context);
	}
}

/** The content of a group, with its closing parenthesis. */
function inside(translation: Translation, start: number, context: Context): Piece {
	const inner = alternatives(translation, { ...context, outermost: false });
	if (!translation.scanner.take(")")) {
		throw new PatternError('unclosed "("', start);
	}
	return inner;
}

function capture(translation: Translation, name: string | null, start: number, context: Context): Piece {
	const opened = translation.openGroup(name, start);
	const inner = inside(translation, start, context);
	opened.group.width = { min: inner.min, max: inner.max };
	opened.group.tree = inner.tree;
	return { ...inner, js: `(?<g${opened.number}>${inner.js})`, sets: new Set([...inner.sets, opened.number]) };
}

/** `(?P<name>…)` and `(?P=name)`. */
function named(translation: Translation, start: number, context: Context): Piece {
	const kind = translation.scanner.next("unexpected end of pattern in a group");
	if (kind === "<") {
		const name = readGroupName(translation.scanner, ">", start);
		if (groupNumber(translation, name) !== null) {
			throw new PatternError(`duplicate group name ${quote(name)}`, start);
		}
		return capture(translation, name, start, context);
	}
	if (kind === "=") {
		const name = readGroupName(translation.scanner, ")", start);
		const number = groupNumber(translation, name);
		if (number === null) {
			throw new PatternError(`no earlier group is named ${quote(name)}`, start);
		}
		return reference(translation, number, start, context);
	}
	throw new PatternError(`unknown group type ${quote(`(?P${kind}`)}`, start);
}

function lookbehind(translation: Translation, start: number, context: Context): Piece {
	const kind = translation.scanner.next("unexpected end of pattern in a group");
	if (kind !== "=" && kind !== "!") {
		throw new PatternError(`unknown group type ${quote(`(?<${kind}`)}; write a named group as (?P<name>…)`, start);
	}
	const first = context.lookbehind ?? translation.groups.length + 1;
	const inner = inside(translation, start, { ...context, lookbehind: first });
	if (inner.min !== inner.max) {
		throw new PatternError("a lookbehind must match a fixed number of characters", start);
	}
	return lookaround(`<${kind}`, inner);
}

/** An assertion about what follows or precedes. Python can repeat one; JavaScript cannot, hence the outer group. */
function lookaround(kind: "=" | "!" | "<=" | "<!", inner: Piece): Piece {
	const sets = kind.endsWith("=") ? inner.sets : NO_GROUPS;
	return { js: `(?:(?${kind}${inner.js}))`, tree: look(inner.tree, kind), min: 0, max: 0, sets, kind: "other" };
}

/** `(?i)` and `(?i-s:…)`. */
function flagGroup(translation: Translation, start: number, context: Context): Piece | null {
	const change = readFlagChange(translation.scanner, start);
	if (change.scope === "pattern") {
		setPatternFlags(translation, change.on, start, context);
		return null;
	}
	const flags = changeFlags(context.flags, change, start);
	const inner = inside(translation, start, { ...context, flags });
	return { ...inner, js: `(?:${inner.js})` };
}

function setPatternFlags(translation: Translation, on: string, start: number, context: Context): void {
	if (!context.outermost) {
		throw new PatternError("flags for the whole pattern must be at its start", start);
	}
	translation.unicodeRequested ||= on.includes("u");
	translation.asciiRequested ||= on.includes("a");
	if (translation.unicodeRequested && translation.asciiRequested) throw excludesUnicode(start);
	translation.flags = withFlags(translation.flags, on, true);
}
