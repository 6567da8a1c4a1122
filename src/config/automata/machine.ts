/** A pattern as positions that each match one character, and the steps between them. */
import { NOTHING, type Tree } from "../python-re/tree.ts";
import { TooComplexError, Work } from "./work.ts";

/** The position after the last character. */
export const ACCEPT = -1;

/** A step, which is taken only if its assertions hold. */
export interface Step {
	/** A position, or {@link ACCEPT}. */
	readonly target: number;
	/** Indexes of {@link Machine.looks}, without duplicates, in ascending order. */
	readonly looks: readonly number[];
}

/** An assertion about what follows or precedes. */
export interface Look {
	readonly behind: boolean;
	readonly negated: boolean;
	readonly start: readonly Step[];
	/** {@link start} with duplicates, as {@link Machine.paths}. */
	readonly startPaths: readonly Step[];
}

export interface Machine {
	/** The class of each position, as a JavaScript expression. */
	readonly classes: readonly string[];
	/** The steps after each position. */
	readonly steps: readonly (readonly Step[])[];
	readonly start: readonly Step[];
	readonly looks: readonly Look[];
	/** Whether it matches exactly what the pattern does, or more. */
	readonly isExact: boolean;
	/** How often a backtracking search takes each step: {@link steps} with duplicates. */
	readonly paths: readonly (readonly Step[])[];
	readonly startPaths: readonly Step[];
	/** Whether the paths are too many to be listed, so that a search may take longer than they show. */
	readonly hasMorePaths: boolean;
}

/** Maximum number of nodes; a repeat with bounds has its body once for each time. */
const MAX_NODES = 4_000;
/** Paths to one position that are listed. */
const MAX_PATHS = 64;

interface Node {
	/** Index of a position, if the node matches a character. */
	position: number | null;
	readonly next: { readonly node: number; readonly look: number | null }[];
}

/**
 * Builds the machine of a pattern.
 * @throws TooComplexError
 */
export function machineOf(tree: Tree, work = new Work()): Machine {
	return new Builder(work).build(tree);
}

class Builder {
	readonly #nodes: Node[] = [];
	readonly #classes: string[] = [];
	/** The node after each position's character. */
	readonly #after: number[] = [];
	readonly #looks = new Map<
		string,
		{ readonly index: number; readonly look: Omit<Look, "start" | "startPaths">; readonly node: number }
	>();
	/** The last node of the pattern, and that of each assertion. */
	readonly #ends = new Set<number>();
	readonly #work: Work;
	#isExact = true;
	#hasMorePaths = false;

	constructor(work: Work) {
		this.#work = work;
	}

	build(tree: Tree): Machine {
		const first = this.#whole(tree);
		const paths = this.#after.map((node) => this.#paths(node));
		const startPaths = this.#paths(first);
		const looks = [...this.#looks.values()].map(({ look, node }) => ({
			...look,
			start: this.#closure(node),
			startPaths: this.#paths(node),
		}));
		return {
			classes: this.#classes,
			steps: this.#after.map((node) => this.#closure(node)),
			start: this.#closure(first),
			looks,
			isExact: this.#isExact,
			paths,
			startPaths,
			hasMorePaths: this.#hasMorePaths,
		};
	}

	/** Adds the nodes of a tree that nothing follows. @returns the first */
	#whole(tree: Tree): number {
		const first = this.#node();
		const last = this.#node();
		this.#add(tree, first, last);
		this.#ends.add(last);
		return first;
	}

	#node(): number {
		if (this.#nodes.length >= MAX_NODES) throw new TooComplexError();
		return this.#nodes.push({ position: null, next: [] }) - 1;
	}

	#link(from: number, to: number, look: number | null = null): void {
		this.#nodes[from]?.next.push({ node: to, look });
	}

	/** Adds the nodes of `tree` between two others. */
	#add(tree: Tree, from: number, to: number): void {
		switch (tree.kind) {
			case "character": {
				const node = this.#node();
				const made = this.#nodes[node];
				if (made !== undefined) made.position = this.#classes.push(tree.js) - 1;
				this.#after.push(to);
				this.#link(from, node);
				break;
			}
			case "sequence":
				this.#sequence(tree.parts, from, to);
				break;
			case "either":
				for (const part of tree.parts) this.#add(part, from, to);
				break;
			case "repeat":
				this.#repeat(tree, from, to);
				break;
			case "look":
				this.#link(from, to, this.#look(tree));
				break;
			case "inexact":
				this.#isExact = false;
				this.#add(tree.body, from, to);
		}
	}

	#sequence(parts: readonly Tree[], from: number, to: number): void {
		let at = from;
		for (const part of parts) {
			const next = this.#node();
			this.#add(part, at, next);
			at = next;
		}
		this.#link(at, to);
	}

	#repeat({ body, min, max }: Tree & { readonly kind: "repeat" }, from: number, to: number): void {
		// Of a body without characters, one copy holds whenever more do.
		const isEmpty = !hasCharacter(body);
		const least = isEmpty ? Math.min(min, 1) : min;
		const most = isEmpty ? Math.min(max, 1) : max;
		let at = from;
		for (let count = 0; count < least; count += 1) {
			const next = this.#node();
			this.#add(body, at, next);
			at = next;
		}
		if (!Number.isFinite(most)) {
			// The way in and the way back are apart, so that paths() takes a repeat that is itself repeated for two ways.
			const first = this.#node();
			const last = this.#node();
			this.#add(body, first, last);
			for (const node of [at, last]) {
				this.#link(node, first);
				this.#link(node, to);
			}
			return;
		}
		this.#link(at, to);
		for (let count = least; count < most; count += 1) {
			const next = this.#node();
			this.#add(body, at, next);
			this.#link(next, to);
			at = next;
		}
	}

	/** The same assertion, wherever it is, is one: a state then has one outcome of it, not many. */
	#look(tree: Tree & { readonly kind: "look" }): number {
		const body = tree.behind ? this.#withoutLooks(tree.body) : tree.body;
		const key = JSON.stringify([tree.behind, tree.negated, body]);
		const known = this.#looks.get(key);
		if (known !== undefined) return known.index;
		const node = this.#whole(body);
		// An assertion in the body has been added by now, and has its index.
		const index = this.#looks.size;
		this.#looks.set(key, { index, look: { behind: tree.behind, negated: tree.negated }, node });
		return index;
	}

	/** Assertions inside a lookbehind are left out, and the machine is then not exact. */
	#withoutLooks(tree: Tree): Tree {
		switch (tree.kind) {
			case "character":
				return tree;
			case "look":
				this.#isExact = false;
				return NOTHING;
			case "sequence":
			case "either":
				return { ...tree, parts: tree.parts.map((part) => this.#withoutLooks(part)) };
			default:
				return { ...tree, body: this.#withoutLooks(tree.body) };
		}
	}

	/** The steps that need no character, from a node to positions. */
	#closure(from: number): readonly Step[] {
		const seen = new Set<string>();
		const steps = new Map<string, Step>();
		const open: { readonly node: number; readonly looks: readonly number[] }[] = [{ node: from, looks: [] }];
		for (let at = open.pop(); at !== undefined; at = open.pop()) {
			const key = `${at.node}:${at.looks.join()}`;
			if (seen.has(key)) continue;
			seen.add(key);
			const next = this.#nodes[at.node]?.next ?? [];
			this.#work.spend(1 + next.length);
			const step = this.#stepAt(at.node, at.looks);
			if (step !== null) steps.set(`${step.target}:${at.looks.join()}`, step);
			for (const { node, look } of next) open.push({ node, looks: withLook(at.looks, look) });
		}
		return [...steps.values()];
	}

	/** The same with a step for each way to take it. A repeat does not go on after matching nothing. */
	#paths(from: number): readonly Step[] {
		const found: Step[] = [];
		const counts = new Map<number, number>();
		const onPath = new Set<number>();
		const visit = (node: number, looks: readonly number[]) => {
			const count = (counts.get(node) ?? 0) + 1;
			if (onPath.has(node)) return;
			if (count > MAX_PATHS) {
				this.#hasMorePaths = true;
				return;
			}
			counts.set(node, count);
			this.#work.spend(1);
			const step = this.#stepAt(node, looks);
			if (step !== null) found.push(step);
			onPath.add(node);
			for (const { node: next, look } of this.#nodes[node]?.next ?? []) visit(next, withLook(looks, look));
			onPath.delete(node);
		};
		visit(from, []);
		return found;
	}

	#stepAt(node: number, looks: readonly number[]): Step | null {
		if (this.#ends.has(node)) return { target: ACCEPT, looks };
		const position = this.#nodes[node]?.position ?? null;
		return position === null ? null : { target: position, looks };
	}
}

function withLook(looks: readonly number[], look: number | null): readonly number[] {
	if (look === null || looks.includes(look)) return looks;
	return [...looks, look].toSorted((one, other) => one - other);
}

function hasCharacter(tree: Tree): boolean {
	switch (tree.kind) {
		case "character":
			return true;
		case "look":
			return false;
		case "sequence":
		case "either":
			return tree.parts.some(hasCharacter);
		default:
			return hasCharacter(tree.body);
	}
}
