import { expect, it } from "vitest";
import { parseUserData } from "../../src/config/user-data.ts";
import { oneByOneLines } from "../../src/tick/log-lines.ts";
import { placement, typeConfig } from "../core/facts.ts";

const lines = (text: string | null, counts: Readonly<Record<string, number>>) => {
	const userData = text === null ? null : parseUserData(text, "bld.user-data").template;
	const launches = Object.entries(counts).flatMap(([region, count]) =>
		Array.from({ length: count }, () => ({
			pool: { mozType: "bld", slaveset: null },
			placement: placement({ region }),
		})),
	);
	return oneByOneLines({ bld: { ...typeConfig("bld", ["us-west-2"], "bld-%d"), userData } }, launches);
};

it("says what a launch call for each machine costs in the region with the most", () => {
	expect(lines("{fqdn}", { "us-east-1": 6, "us-west-2": 25 })).toEqual([
		expect.stringMatching(/^bld: .*25 instances in us-west-2 needed a launch call each.* at least 10 s\..*\{names\}/),
	]);
});

it.each([
	["one call launches all", "{names}", { "us-west-2": 25 }],
	["there is no user data", null, { "us-west-2": 25 }],
	["EC2 lets all calls go at once", "{fqdn}", { "us-east-1": 5, "us-west-2": 5 }],
])("says nothing if %s", (_why, text, counts) => {
	expect(lines(text, counts)).toEqual([]);
});
