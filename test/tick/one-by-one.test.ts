import { expect, it } from "vitest";
import { parseUserData } from "../../src/config/user-data.ts";
import { oneByOneLines } from "../../src/tick/log-lines.ts";
import { placement, typeConfig } from "../core/facts.ts";

const REGIONS = ["us-east-1", "us-west-2"];

function lines(
	text: string | null,
	counts: Readonly<Record<string, number>>,
	slaveset: readonly string[] | null = null,
): readonly string[] {
	const userData = text === null ? null : parseUserData(text, "bld.user-data").template;
	const launches = Object.entries(counts).flatMap(([region, count]) =>
		Array.from({ length: count }, () => ({ pool: { mozType: "bld", slaveset }, placement: placement({ region }) })),
	);
	const inUse = [...REGIONS, "eu-west-1"];
	return oneByOneLines({ bld: { ...typeConfig("bld", REGIONS, "bld-%d"), userData } }, inUse, launches);
}

const NAMES = "use {names} instead of {hostname} or {fqdn} in the user data, so that one call launches up to 1,000";
const REGION = "launch in us-east-1 as well (spot.spread), because the limit is each region's";

it.each<[string, string | null, Readonly<Record<string, number>>, readonly string[] | null, string]>([
	["in the region with the most", "{fqdn}", { "us-east-1": 6, "us-west-2": 25 }, null, ` To be faster, ${NAMES}.`],
	["and which region could share them", "{fqdn}", { "us-west-2": 25 }, null, ` To be faster, ${NAMES}, or ${REGION}.`],
	["but not to share secrets", "{certs} {fqdn}", { "us-west-2": 25 }, null, ` To be faster, ${REGION}.`],
	[
		"for a slaveset without listed names",
		null,
		{ "us-east-1": 6, "us-west-2": 25 },
		["w-1"],
		` To be faster, ${NAMES}.`,
	],
	["if nothing would be faster", "{password}", { "us-east-1": 6, "us-west-2": 25 }, null, ""],
])("says what a launch call for each machine costs, %s", (_what, text, counts, slaveset, advice) => {
	expect(lines(text, counts, slaveset)).toEqual([
		`bld: 25 instances in us-west-2 needed a launch call each. EC2's request limit makes that take at least 10 s.${advice}`,
	]);
});

it.each([
	["one call launches all", "{names}", { "us-west-2": 25 }, null],
	["one call launches a slaveset", "{names}", { "us-west-2": 25 }, ["w-1"]],
	["there is no user data", null, { "us-west-2": 25 }, null],
	["EC2 lets all calls go at once", "{fqdn}", { "us-east-1": 5, "us-west-2": 5 }, null],
])("says nothing if %s", (_why, text, counts, slaveset) => {
	expect(lines(text, counts, slaveset)).toEqual([]);
});
