/** The kinds of inputs, each with its parser. */
import type { Region } from "../core/model/policy.ts";
import { isRegion } from "../core/plan/regions.ts";
import { type DatabaseLocation, parseDatabaseUrl } from "./database-url.ts";
import { invalid, type Parsed, valid } from "./parsed.ts";

export interface Kind<T> {
	/** All values that are allowed; null if there are too many to list. */
	readonly choices: readonly string[] | null;
	/** @param texts as given, none of them blank; several only for an option that can be repeated */
	parse(texts: readonly [string, ...string[]]): Parsed<T>;
}

export const text: Kind<string> = { choices: null, parse: ([given]) => valid(given) };

export const secret: Kind<string> = { choices: null, parse: ([given]) => valid(given, [given]) };

export const databaseUrl: Kind<DatabaseLocation> = { choices: null, parse: ([given]) => parseDatabaseUrl(given) };

export function choice<T extends string>(choices: readonly T[]): Kind<T> {
	return {
		choices,
		parse: ([given]) => {
			const known = choices.find((candidate) => candidate === given);
			return known === undefined ? notAllowed([given], listOf(choices)) : valid(known);
		},
	};
}

export const boolean: Kind<boolean> = {
	choices: ["true", "false"],
	parse: ([given]) => {
		if (given === "true") return valid(true);
		return given === "false" ? valid(false) : notAllowed([given], "true or false");
	},
};

/** A whole number from `lowest`, which is 0 unless given, to `highest`, written without a unit. */
export function wholeNumber(bounds: {
	readonly lowest?: number;
	readonly highest: number;
	readonly unit: string;
}): Kind<number> {
	const { lowest = 0, highest, unit } = bounds;
	return {
		choices: null,
		parse: ([given]) => {
			// More digits would lose precision.
			const number = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
			if (number >= lowest && number <= highest) return valid(number);
			return notAllowed([given], `a whole number from ${lowest} to ${highest} (${unit}), without a unit`);
		},
	};
}

/** US dollars, up to a million, to a ten-thousandth. */
export const usd: Kind<number> = {
	choices: null,
	parse: ([given]) => {
		const isAmount = /^\d{1,7}(?:\.\d{1,4})?$/.test(given) && Number(given) <= 1_000_000;
		return isAmount ? valid(Number(given)) : notAllowed([given], "an amount from 0 to 1000000 (USD), without a unit");
	},
};

const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3_600 };

/** Whole seconds from `lowest` to `highest`, or 0 if that is allowed; `90`, `90s`, `50m`, or `6h`. */
export function duration(bounds: {
	readonly zero: boolean;
	readonly lowest: number;
	readonly highest: number;
}): Kind<number> {
	const { zero, lowest, highest } = bounds;
	const range = `${zero ? "0, or " : ""}from ${lowest} to ${highest} seconds`;
	return {
		choices: null,
		parse: ([given]) => {
			const [, digits = "", unit = ""] = /^(\d{1,9})([smh]?)$/.exec(given) ?? [];
			const seconds = digits === "" ? Number.NaN : Number(digits) * (UNITS[unit] ?? Number.NaN);
			if ((seconds >= lowest && seconds <= highest) || (zero && seconds === 0)) return valid(seconds);
			return notAllowed([given], `${range}, for example 90, 90s, or 50m`);
		},
	};
}

/** The shortest and the longest of some durations, in seconds. */
export interface DurationRange {
	readonly shortest: number;
	readonly longest: number;
}

/** Two durations, `3m-8m`, or a single one, each from `lowest` to `highest` whole seconds. */
export function durationRange(bounds: { readonly lowest: number; readonly highest: number }): Kind<DurationRange> {
	const one = duration({ zero: false, ...bounds });
	return {
		choices: null,
		parse: ([given]) => {
			const [first = "", second = first, ...others] = given.split("-").map((part) => part.trim());
			const [shortest, longest] = [one.parse([first]), one.parse([second])];
			const isRange = shortest.kind === "valid" && longest.kind === "valid" && shortest.value <= longest.value;
			if (isRange && others.length === 0) return valid({ shortest: shortest.value, longest: longest.value });
			const { lowest, highest } = bounds;
			return notAllowed(
				[given],
				`the shortest and the longest time, from ${lowest} to ${highest} seconds, for example 3m-8m`,
			);
		},
	};
}

/** The ARN of an IAM role. */
export const roleArn: Kind<string> = {
	choices: null,
	parse: ([given]) =>
		/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/.test(given)
			? valid(given)
			: notAllowed([given], "the ARN of an IAM role, for example arn:aws:iam::123456789012:role/watch-pending"),
};

/** AWS regions without duplicates, in the order given. */
export const regions: Kind<readonly Region[]> = {
	choices: null,
	parse: (texts) => {
		const names = new Set(texts.flatMap((given) => given.split(/[\s,]+/)).filter((name) => name !== ""));
		const unknown = [...names].filter((name) => !isRegion(name));
		if (unknown.length === 0) return valid([...names]);
		return notAllowed(unknown, "a list of AWS regions, for example us-east-1, us-west-2");
	},
};

/** `a or b`; `a, b, or c`. `Intl.ListFormat` would add milliseconds to each start of the command line. */
export function listOf(choices: readonly string[]): string {
	return choices.length <= 2 ? choices.join(" or ") : `${choices.slice(0, -1).join(", ")}, or ${choices.at(-1)}`;
}

function notAllowed(given: readonly string[], allowed: string) {
	return invalid(`${given.map((value) => JSON.stringify(value)).join(", ")}. It must be ${allowed}.`);
}
