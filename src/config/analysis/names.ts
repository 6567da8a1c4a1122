/** Rules about the names of instances. */
import type { TypeConfig } from "../../core/model/policy.ts";
import { countNames } from "../../core/plan/names.ts";
import type { Diagnostic } from "../../errors.ts";
import { list, quote } from "../document/text.ts";
import type { Subject } from "./analysis.ts";
import { mostMachines } from "./machines.ts";

/** Types may share a hostname pattern, as the original's do: a name that one has is taken for the other. */
export function namesSuffice({ policy, regions, typeFiles }: Subject): readonly Diagnostic[] {
	return typeFiles.flatMap(({ config, document }) => {
		const available = countNames(config);
		if (available === null) return [];
		const sharing = Object.values(policy.types).filter(
			({ mozType, hostname }) => mozType === config.mozType || (hostname !== null && hostname === config.hostname),
		);
		const needed = sharing.reduce((sum, { mozType }) => sum + mostMachines(policy, mozType, regions), 0);
		if (needed <= available) return [];
		const key = config.names === null ? "hostname" : "names";
		const types = list(sharing.map(({ mozType }) => quote(mozType)));
		const message = `"${key}" gives ${available} names, but the limits allow ${needed} instances of ${types}; add names, or lower the limits`;
		return [document.at([key], message)];
	});
}

export function namesAreOfOneType({ typeFiles }: Subject): readonly Diagnostic[] {
	return typeFiles.flatMap(({ config, document }, index) => {
		const { names } = config;
		if (names === null) return [];
		// Of two lists, the later is reported.
		const others = typeFiles.filter((other, at) => other.config.names === null || at < index);
		return others.flatMap((other) => {
			const isOther = nameTest(other.config);
			const shared = names.find(isOther);
			if (shared === undefined) return [];
			const message = `the name ${quote(shared)} is also a name of "${other.config.mozType}" (${other.document.file}); give each type its own names`;
			return [document.at(["names"], message)];
		});
	});
}

/** Whether a text is one of the type's names. */
function nameTest({ names, hostname }: TypeConfig): (name: string) => boolean {
	if (names !== null) {
		const all = new Set(names);
		return (name) => all.has(name);
	}
	if (hostname === null) return () => false;
	const [before = "", after = ""] = hostname.split(/%(?:0\d+)?d/);
	const width = Number(/%0(\d+)d/.exec(hostname)?.[1] ?? 0);
	const number = new RegExp(width === 0 ? "^[1-9]\\d{0,3}$" : `^\\d{${width}}$`);
	return (name) =>
		name.startsWith(before) &&
		name.endsWith(after) &&
		number.test(name.slice(before.length, name.length - after.length));
}
