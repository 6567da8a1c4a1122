import { Ec2Error, invalidValue } from "./errors.ts";

/** Parameters with their nesting: `A.1.B=x` is `{ A: [{ B: "x" }] }`. */
export type ParameterTree = string | readonly ParameterTree[] | { readonly [name: string]: ParameterTree };

export function isList(tree: ParameterTree): tree is readonly ParameterTree[] {
	return Array.isArray(tree);
}

type Branch = Map<string, Branch | string>;

function toTree(node: Branch | string): ParameterTree {
	if (typeof node === "string") return node;
	const numbered = node.size > 0 && [...node.keys()].every((key) => /^[1-9][0-9]*$/.test(key));
	if (!numbered) return Object.fromEntries([...node].map(([key, child]) => [key, toTree(child)]));
	return [...node].sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => toTree(child));
}

/** The flattened parameters of one call, or of one part of it. */
export class Parameters {
	readonly #flat: ReadonlyMap<string, string>;
	readonly #prefix: string;

	private constructor(flat: ReadonlyMap<string, string>, prefix: string) {
		this.#flat = flat;
		this.#prefix = prefix;
	}

	/**
	 * Parses a form body. Names of parameters that occur twice are in `duplicates`, so that the call can be refused and
	 * recorded.
	 */
	static parse(body: string): { readonly parameters: Parameters; readonly duplicates: readonly string[] } {
		const flat = new Map<string, string>();
		const duplicates: string[] = [];
		for (const [name, value] of new URLSearchParams(body)) {
			if (flat.has(name)) duplicates.push(name);
			else flat.set(name, value);
		}
		return { parameters: new Parameters(flat, ""), duplicates };
	}

	/** Parameters by their flattened names. */
	static of(flat: Readonly<Record<string, string>>): Parameters {
		return new Parameters(new Map(Object.entries(flat)), "");
	}

	/** The same without one parameter. */
	without(name: string): Parameters {
		const full = this.#prefix + name;
		return new Parameters(new Map([...this.#flat].filter(([given]) => given !== full)), this.#prefix);
	}

	/** The parameters by their full flattened names, as sent. */
	get flat(): Readonly<Record<string, string>> {
		return Object.fromEntries(this.#entries());
	}

	/** The parameters with their nesting. */
	get tree(): ParameterTree {
		const root: Branch = new Map();
		for (const [name, value] of this.#entries()) {
			const parts = name.split(".");
			const last = parts.pop() ?? name;
			let branch = root;
			for (const part of parts) {
				const next = branch.get(part);
				if (next instanceof Map) branch = next;
				else {
					const fresh: Branch = new Map();
					branch.set(part, fresh);
					branch = fresh;
				}
			}
			branch.set(last, value);
		}
		return toTree(root);
	}

	#entries(): (readonly [string, string])[] {
		return [...this.#flat]
			.filter(([name]) => name.startsWith(this.#prefix))
			.map(([name, value]) => [name.slice(this.#prefix.length), value] as const);
	}

	/**
	 * Refuses names outside `known`, in which `#` stands for a list position.
	 * @throws Ec2Error
	 */
	assertKnown(known: ReadonlySet<string>): void {
		for (const [name] of this.#entries()) {
			const template = name.replace(/(?<=\.)[1-9][0-9]*(?=\.|$)/g, "#");
			if (name !== "Action" && name !== "Version" && !known.has(template)) {
				throw new Ec2Error("UnknownParameter", `The parameter ${name} is not recognized`);
			}
		}
	}

	/** Whether the parameter, or any part of it, is given. */
	has(name: string): boolean {
		return this.#entries().some(([given]) => given === name || given.startsWith(`${name}.`));
	}

	text(name: string): string | undefined {
		return this.#flat.get(this.#prefix + name);
	}

	/** @throws Ec2Error if it is missing. */
	required(name: string): string {
		const value = this.text(name);
		if (value === undefined || value === "") {
			throw new Ec2Error("MissingParameter", `The request must contain the parameter ${this.#prefix}${name}`);
		}
		return value;
	}

	/** @throws Ec2Error if it is not a whole number. */
	integer(name: string): number | undefined {
		const value = this.text(name);
		if (value === undefined) return undefined;
		if (!/^-?[0-9]{1,9}$/.test(value)) throw invalidValue(`Invalid value '${value}' for ${this.#prefix}${name}`);
		return Number(value);
	}

	/** @throws Ec2Error if it is neither true nor false. */
	boolean(name: string): boolean | undefined {
		const value = this.oneOf(name, ["true", "false"]);
		return value === undefined ? undefined : value === "true";
	}

	/** @throws Ec2Error if it is none of `allowed`. */
	oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
		const value = this.text(name);
		if (value === undefined) return undefined;
		const found = allowed.find((candidate) => candidate === value);
		if (found === undefined) throw invalidValue(`Invalid value '${value}' for ${this.#prefix}${name}`);
		return found;
	}

	/** A part, such as `InstanceMarketOptions`. */
	part(name: string): Parameters {
		return new Parameters(this.#flat, `${this.#prefix}${name}.`);
	}

	/** The parts `name.1`, `name.2`, …, in their order. */
	list(name: string): readonly Parameters[] {
		return this.#positions(name).map((position) => this.part(`${name}.${position}`));
	}

	/** The values `name.1`, `name.2`, …, in their order. */
	strings(name: string): readonly string[] {
		return this.#positions(name).flatMap((position) => this.text(`${name}.${position}`) ?? []);
	}

	#positions(name: string): readonly number[] {
		const positions = new Set<number>();
		for (const [given] of this.#entries()) {
			if (given.startsWith(`${name}.`)) positions.add(Number(given.slice(name.length + 1).split(".")[0]));
		}
		return [...positions].sort((a, b) => a - b);
	}
}
