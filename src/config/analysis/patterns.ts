/** Rules about the patterns of `buildermap`: which can never be reached, overlap, or take too long. */
import type { BuilderPattern } from "../../core/model/policy.ts";
import { Alphabet } from "../automata/alphabet.ts";
import { Automaton } from "../automata/automaton.ts";
import { type Attack, findAttack } from "../automata/backtracking.ts";
import { type Machine, machineOf, TooLargeError } from "../automata/machine.ts";
import { Budget, sampleNames, shortestName } from "../automata/search.ts";
import { list, quote } from "../document/text.ts";
import { treeOf } from "../python-re/compile.ts";
import type { Findings, Subject } from "./analysis.ts";

/** Steps of all searches for overlaps, of all for patterns that are never used, and of each search. */
const STEPS = 3_000_000;
const STEPS_PER_SEARCH = 300_000;
/** States of an automaton that sample names go through. */
const SAMPLED_STATES = 400;

export function analyzePatterns({ policy, document }: Subject): Findings {
	const analysis = new Analysis(policy.builderMap);
	const at = (pattern: BuilderPattern, messages: readonly string[]) =>
		messages.map((message) => document.at(["buildermap", pattern.source], message));
	const reached = policy.builderMap.map((pattern, index) => ({ pattern, ...analysis.unreachable(index) }));
	return {
		errors: reached.flatMap(({ pattern, errors }) => at(pattern, errors)),
		warnings: [
			...reached.flatMap(({ pattern, warnings }) => at(pattern, warnings)),
			...policy.builderMap.flatMap((pattern, index) => at(pattern, analysis.overlaps(index))),
			...policy.builderMap.flatMap((pattern, index) => at(pattern, analysis.slow(index))),
		],
	};
}

interface Examined {
	readonly pattern: BuilderPattern;
	/** Null: the pattern is too large. */
	readonly machine: Machine | null;
	readonly automaton: Automaton | null;
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
	readonly #patterns: readonly Examined[];
	readonly #alphabet: Alphabet;
	readonly #overlapBudget = new Budget(STEPS, STEPS_PER_SEARCH);
	readonly #proofBudget = new Budget(STEPS, STEPS_PER_SEARCH);
	/** By pattern: its overlaps with earlier ones. */
	readonly #overlaps: readonly (readonly Overlap[])[];

	constructor(patterns: readonly BuilderPattern[]) {
		const machines = patterns.map(({ source }) => machineIfSmall(source));
		this.#alphabet = new Alphabet(machines.flatMap((machine) => machine?.classes ?? []));
		this.#patterns = patterns.map((pattern, index) => {
			const machine = machines[index] ?? null;
			return { pattern, machine, automaton: machine === null ? null : new Automaton(machine, this.#alphabet) };
		});
		this.#overlaps = this.#patterns.map((one, index) =>
			this.#patterns.slice(0, index).map((other) => this.#overlap(one, other)),
		);
	}

	#overlap(one: Examined, other: Examined): Overlap {
		if (one.automaton === null || other.automaton === null) return { kind: "unknown", other };
		const found = shortestName(
			{ all: [one.automaton, other.automaton], none: [] },
			this.#alphabet,
			this.#overlapBudget,
		);
		if (found.kind !== "name") return { kind: found.kind, other };
		const isCertain = matches(one, found.name) && matches(other, found.name);
		return isCertain ? { kind: "name", other, name: found.name } : { kind: "unknown", other };
	}

	/** Whether earlier patterns match every name that this one matches. */
	unreachable(index: number): Messages {
		const one = this.#patterns[index];
		if (one === undefined) return FINE;
		const earlier = (this.#overlaps[index] ?? []).flatMap(({ kind, other }) => (kind === "none" ? [] : [other]));
		const names = this.#samples(one);
		// Nearly always, one of these settles it without a search.
		if (names.some((name) => !earlier.some((other) => matches(other, name)))) return FINE;
		if (earlier.length === 0 && this.#prove(one, []) === "unreachable") {
			return { ...FINE, errors: [`the pattern ${quote(one.pattern.source)} matches no name; correct or remove it`] };
		}
		// A single pattern is usually the cause, and compared much faster than all together.
		const alone = earlier.find((other) => this.#prove(one, [other]) === "unreachable");
		const proven = alone === undefined ? this.#prove(one, earlier) : "unreachable";
		if (proven === "reached") return FINE;
		if (proven === "unknown") return undecided(one, earlier, names);
		const by = alone === undefined ? earlier.filter(({ automaton }) => automaton?.isExact === true) : [alone];
		const message = `the pattern ${quote(one.pattern.source)} is never used, because ${linesOf(by)} ${by.length === 1 ? "matches" : "match"} every name that it matches; move it up, or remove it`;
		return { ...FINE, errors: [message] };
	}

	#prove(one: Examined, earlier: readonly Examined[]): "reached" | "unreachable" | "unknown" {
		const { automaton } = one;
		if (automaton === null) return "unknown";
		// A name that an inexact pattern seems to match proves nothing.
		const exact = earlier.flatMap((other) => (other.automaton?.isExact === true ? [other.automaton] : []));
		const found = shortestName({ all: [automaton], none: exact }, this.#alphabet, this.#proofBudget);
		if (found.kind === "none") return "unreachable";
		if (found.kind === "unknown") return "unknown";
		return matches(one, found.name) && !earlier.some((other) => matches(other, found.name)) ? "reached" : "unknown";
	}

	/** Names that the pattern matches. */
	#samples(one: Examined): readonly string[] {
		if (one.automaton === null) return [];
		return sampleNames(one.automaton, this.#alphabet, SAMPLED_STATES).filter((name) => matches(one, name));
	}

	/** Earlier patterns that map names of this one to another type. */
	overlaps(index: number): readonly string[] {
		const one = this.#patterns[index];
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

	/** Whether a name exists on which the pattern takes too long. */
	slow(index: number): readonly string[] {
		const { pattern, machine, automaton } = this.#patterns[index] ?? {};
		// Atomic groups, which make a pattern inexact, are what prevents it.
		if (pattern === undefined || machine?.isExact !== true || automaton == null) return [];
		const attack = findAttack(machine, automaton, this.#alphabet);
		if (attack === null) return [];
		const message = `the pattern ${quote(pattern.source)} can take too long (catastrophic backtracking), for example on the name ${shown(attack)}; simplify its repeats`;
		return [message];
	}
}

/** The messages on a pattern of which neither a sample nor a search shows that it is used. */
function undecided(one: Examined, earlier: readonly Examined[], names: readonly string[]): Messages {
	const result =
		names.length === 0
			? "is too complex to find out whether it is ever used"
			: `is probably never used: it is too complex to be certain, but ${linesOf(earlier)} match all of the ${names.length} names that it was tried with`;
	return { ...FINE, warnings: [`the pattern ${quote(one.pattern.source)} ${result}; simplify it`] };
}

function machineIfSmall(source: string): Machine | null {
	try {
		return machineOf(treeOf(source));
	} catch (error) {
		if (error instanceof TooLargeError) return null;
		throw error;
	}
}

/** Only for short names, on which no pattern takes long. */
function matches({ pattern: { regex } }: Examined, name: string): boolean {
	regex.lastIndex = 0;
	return regex.test(name);
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
