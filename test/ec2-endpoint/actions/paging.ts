import { createHash } from "node:crypto";
import { Ec2Error, invalidValue } from "../errors.ts";
import type { Call } from "./action.ts";

export interface PageRules {
	/** The action, so that one listing refuses the token of another. */
	readonly action: string;
	/** Smallest `MaxResults`. */
	readonly minimum: number;
	readonly maximum: number;
	/** Page size of a call without `MaxResults`; unlimited unless given. */
	readonly unasked?: number;
	/** Parameter with ids, with which `MaxResults` cannot be combined. */
	readonly ids?: string;
}

export interface Page<T> {
	readonly items: readonly T[];
	readonly nextToken: string | null;
}

/**
 * The page that the call requests.
 * @throws Ec2Error
 */
export function paginate<T>(call: Call, all: readonly T[], rules: PageRules): Page<T> {
	const { parameters } = call;
	const asked = parameters.integer("MaxResults");
	if (asked !== undefined && asked < rules.minimum) {
		throw invalidValue(
			`Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value greater than ${rules.minimum}.`,
		);
	}
	if (asked !== undefined && asked > rules.maximum) {
		throw invalidValue(
			`Value ( ${asked} ) for parameter maxResults is invalid. Expecting a value smaller than ${rules.maximum}.`,
		);
	}
	if (asked !== undefined && rules.ids !== undefined && parameters.has(rules.ids)) {
		throw new Ec2Error(
			"InvalidParameterCombination",
			`The parameter ${rules.ids} cannot be used with the parameter maxResults`,
		);
	}
	// A token belongs to one listing: all other parameters must stay the same from page to page.
	const asking = Object.entries(parameters.flat)
		.filter(([name]) => name !== "NextToken" && name !== "MaxResults")
		.sort(([a], [b]) => (a < b ? -1 : 1));
	const listing = createHash("sha256")
		.update(JSON.stringify([rules.action, call.region.name, asking]))
		.digest("hex");
	const token = parameters.text("NextToken");
	const start = token === undefined || token === "" ? null : readToken(token, listing);
	if (start === null && call.emptyPages && asked !== undefined && parameters.has("Filter")) {
		return { items: [], nextToken: writeToken(0, listing) };
	}
	const from = start ?? 0;
	const end = from + (asked ?? rules.unasked ?? all.length);
	return { items: all.slice(from, end), nextToken: end < all.length ? writeToken(end, listing) : null };
}

function writeToken(offset: number, listing: string): string {
	return Buffer.from(JSON.stringify({ offset, listing })).toString("base64");
}

function readToken(token: string, listing: string): number {
	const text = Buffer.from(token, "base64").toString();
	const offset = /^\{"offset":(\d+),/.exec(text)?.[1];
	if (offset === undefined || writeToken(Number(offset), listing) !== token) {
		throw invalidValue("Unable to parse pagination token");
	}
	return Number(offset);
}
