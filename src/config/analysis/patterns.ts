/** Rules about the patterns of `buildermap`: which can never be reached, overlap, or take too long. */
import type { BuilderPattern } from "../../core/model/policy.ts";
import type { Attack } from "../automata/backtracking.ts";
import type { Work } from "../automata/work.ts";
import type { Document } from "../document/document.ts";
import { list, quote } from "../document/text.ts";
import type { Findings } from "./analysis.ts";
import { Examination, type Examined, Searches } from "./examined.ts";

/** Steps of all searches for overlaps, and of all for patterns that are never used. */
const STEPS = 8_000_000;
/** Steps of the search for one overlap: first few, so that each pair gets some, then more for those that need them. */
const STEPS_PER_PAIR = [4_000, 300_000];
const MOST_STEPS_PER_PATTERN = 300_000;

/** @param patterns those that compile, in file order */
export function analyzePatterns(patterns: readonly BuilderPattern[], document: Document): Findings {
	const analysis = new Analysis(patterns);
	const at = (pattern: BuilderPattern, messages: readonly string[]) =>
		messages.map((message) => document.at(["buildermap", pattern.source], message));
	const unused = patterns.map((_, index) => analysis.unused(index));
	return {
		errors: patterns.flatMap((pattern, index) => at(pattern, unused[index]?.errors ?? [])),
		warnings: [
			...patterns.flatMap((pattern, index) => at(pattern, unused[index]?.warnings ?? [])),
			...patterns.flatMap((pattern, index) => at(pattern, analysis.overlaps(index))),
			...patterns.flatMap((pattern, index) => at(pattern, analysis.slow(index))),
		],
	};
}

/** Whether two patterns match the same name, and which. */
type Overlap =
	| { readonly kind: "name"; readonly other: Examined; readonly name: string }
	| { readonly kind: "none" | "unknown"; readonly other: Examined };

interface Messages {
	readonly errors: readonly string[];
	readonly warnings: readonly string[];
}

const FINE: Messages = { errors: [], warnings: [] };

class Analysis {
	readonly #examination: Examination;
	/** By pattern: its overlaps with earlier ones. */
	readonly #overlaps: readonly (readonly Overlap[])[];
	/** Of all searches for the use of one pattern. */
	readonly #stepsPerPattern: number;

	constructor(patterns: readonly BuilderPattern[]) {
		this.#examination = new Examination(patterns);
		this.#stepsPerPattern = Math.min(MOST_STEPS_PER_PATTERN, Math.floor(STEPS / Math.max(1, patterns.length)));
		this.#overlaps = this.#compareAll();
	}

	#compareAll(): readonly (readonly Overlap[])[] {
		const { patterns } = this.#examination;
		const searches = new Searches(STEPS);
		let overlaps = patterns.map((_, index): readonly Overlap[] =>
			patterns.slice(0, index).map((other) => ({ kind: "unknown", other })),
		);
		for (const most of STEPS_PER_PAIR) {
			overlaps = overlaps.map((some, index) =>
				some.map((known) => {
					const one = patterns[index];
					if (known.kind !== "unknown" || one === undefined) return known;
					return searches.run(most, (work) => this.#overlap(one, known.other, work));
				}),
			);
		}
		return overlaps;
	}

	#overlap(one: Examined, other: Examined, work: Work): Overlap {
		const found = this.#examination.search([one, other], [], work);
		if (found.kind !== "name") return { kind: found.kind, other };
		const isCertain = this.#matches(one, found.name) && this.#matches(other, found.name);
		return isCertain ? { kind: "name", other, name: found.name } : { kind: "unknown", other };
	}

	#matches(one: Examined, name: string): boolean {
		return this.#examination.matches(one, name);
	}

	/** What shows that a pattern is never used, or may not be. */
	unused(index: number): Messages {
		const one = this.#examination.patterns[index];
		if (one === undefined) return FINE;
		const earlier = (this.#overlaps[index] ?? []).flatMap(({ kind, other }) => (kind === "none" ? [] : [other]));
		let tried = 0;
		// Nearly always, one of these settles it without a search.
		for (const name of this.#examination.samples(one)) {
			if (!earlier.some((other) => this.#matches(other, name))) return FINE;
			tried += 1;
		}
		const searches = new Searches(this.#stepsPerPattern);
		if (this.#prove(one, [], searches) === "unused") {
			return { ...FINE, errors: [`the pattern ${quote(one.pattern.source)} matches no name; correct or remove it`] };
		}
		// A single pattern is usually the cause, and compared much faster than all together.
		const alone = earlier.find((other) => this.#prove(one, [other], searches, earlier.length) === "unused");
		const proven = alone === undefined ? this.#prove(one, earlier, searches) : "unused";
		if (proven === "used") return FINE;
		if (proven === "unknown") return undecided(one, earlier, tried);
		const by = alone === undefined ? earlier.filter(({ automaton }) => automaton?.isExact === true) : [alone];
		const message = `the pattern ${quote(one.pattern.source)} is never used, because ${linesOf(by)} ${by.length === 1 ? "matches" : "match"} every name that it matches; move it up, or remove it`;
		return { ...FINE, errors: [message] };
	}

	/** @param parts searches that share half of the steps */
	#prove(one: Examined, earlier: readonly Examined[], searches: Searches, parts = 1): "used" | "unused" | "unknown" {
		// A name that an inexact pattern seems to match proves nothing.
		const exact = earlier.filter(({ automaton }) => automaton?.isExact === true);
		const most = parts === 1 ? this.#stepsPerPattern : Math.floor(this.#stepsPerPattern / 2 / parts);
		const found = searches.run(most, (work) => this.#examination.search([one], exact, work));
		if (found.kind === "none") return "unused";
		if (found.kind === "unknown") return "unknown";
		const isUsed = this.#matches(one, found.name) && !earlier.some((other) => this.#matches(other, found.name));
		return isUsed ? "used" : "unknown";
	}

	/** Earlier patterns that map names of this one to another type. */
	overlaps(index: number): readonly string[] {
		const one = this.#examination.patterns[index];
		if (one === undefined) return [];
		const others = (this.#overlaps[index] ?? []).filter(({ other }) => other.pattern.mozType !== one.pattern.mozType);
		const [first, ...rest] = others.filter((overlap) => overlap.kind === "name");
		const unknown = others.filter(({ kind }) => kind === "unknown").map(({ other }) => other);
		const also = rest.length === 0 ? "" : `; it also overlaps with ${linesOf(rest.map(({ other }) => other))}`;
		return [
			...(first === undefined
				? []
				: [
						`the pattern ${quote(one.pattern.source)} of "${one.pattern.mozType}" overlaps with line ${first.other.pattern.line}: both match ${quote(first.name)}, which goes to "${first.other.pattern.mozType}" because that line comes first${also}`,
					]),
			...(unknown.length === 0
				? []
				: [
						`the pattern ${quote(one.pattern.source)} could not be compared with ${linesOf(unknown)}, because they are too complex together; simplify them`,
					]),
		];
	}

	/** A name on which the pattern takes too long. */
	slow(index: number): readonly string[] {
		const { pattern, attack } = this.#examination.patterns[index] ?? {};
		if (pattern === undefined || attack == null) return [];
		const message = `the pattern ${quote(pattern.source)} can take too long (catastrophic backtracking), for example on the name ${shown(attack)}; simplify its repeats`;
		return [message];
	}
}

/** The messages on a pattern of which neither a sample nor a search shows that it is used. */
function undecided(one: Examined, earlier: readonly Examined[], tried: number): Messages {
	const result =
		tried === 0
			? "is too complex to find out whether it is ever used"
			: `is probably never used: it is too complex to be certain, but ${linesOf(earlier)} ${earlier.length === 1 ? "matches" : "match"} ${tried === 1 ? "the only name" : `all of the ${tried} names`} that it was tried with`;
	return { ...FINE, warnings: [`the pattern ${quote(one.pattern.source)} ${result}; simplify it`] };
}

/** Lines that a message names before it counts the rest. */
const MOST_LINES = 5;

function linesOf(patterns: readonly Examined[]): string {
	const all = patterns.map(({ pattern }) => String(pattern.line));
	const lines = all.length <= MOST_LINES ? all : [...all.slice(0, MOST_LINES), `${all.length - MOST_LINES} more`];
	return `line${lines.length === 1 ? "" : "s"} ${list(lines)}`;
}

function shown({ prefix, pump, times, suffix }: Attack): string {
	const parts = [prefix === "" ? "" : quote(prefix), `${times} × ${quote(pump)}`, suffix === "" ? "" : quote(suffix)];
	return parts.filter((part) => part !== "").join(" + ");
}
