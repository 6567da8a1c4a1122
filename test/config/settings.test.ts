/** What differs between two versions of a configuration. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changedSettings, changedTypes } from "../../src/config/analysis/settings.ts";
import { sourcesIn } from "./findings.ts";

const RULES = ["{ bid_price: 0.25, instance_type: c6i.xlarge }", "{ bid_price: 0.3, instance_type: m6i.xlarge }"];
const MAIN = `region_priorities: { us-east-1: 4 }
buildermap: { ^Linux: bld }
spot:
  rules:
    bld: [${RULES.join(", ")}]
  limits:
    us-east-1: { bld: 10 }
`;
const BLD = `hostname: bld-%03d
us-east-1:
  ami: ami-1
  subnet_ids: [subnet-1, subnet-2]
  security_group_ids: [sg-1]
  instance_type: c6i.xlarge
`;

type Files = Readonly<Record<string, string>>;

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param files beside those of all versions, or in place of them */
function version(files: Files, main = "watch.yml") {
	const made = mkdtempSync(join(folder, "version-"));
	const all: Files = { [main]: MAIN, "bld.yml": BLD, ...files };
	for (const [file, text] of Object.entries(all)) writeFileSync(join(made, file), text);
	return sourcesIn(made, main);
}

/** Each setting with its values before and now. */
function changed(before: Files, now: Files, mask = (text: string) => text) {
	const all = changedSettings(version(before), version(now), mask);
	return all.map((one) => [one.setting, one.before, one.now]);
}

const main = (...lines: readonly string[]): Files => ({ "watch.yml": `${MAIN}${lines.join("\n")}` });
const bld = (...lines: readonly string[]): Files => ({ "bld.yml": `${BLD}${lines.join("\n")}` });
const edited = (from: string, to: string): Files => {
	expect(MAIN + BLD).toContain(from);
	return { "watch.yml": MAIN.replace(from, to), "bld.yml": BLD.replace(from, to) };
};

describe("the changed settings of two versions", () => {
	it.each<[string, Files, Files, unknown]>([
		["are none if nothing differs", {}, {}, []],
		[
			"are none if only patterns, the schema, or the way to write a value differ",
			{ "watch.yml": `$schema: https://example.com/a.json\n${MAIN}` },
			{
				"watch.yml": `$schema: https://example.com/b.json\n${MAIN.replace("^Linux: bld", "^Mac: bld").replace("0.3,", "0.30,")}`,
			},
			[],
		],
		[
			"have the path of each value",
			{},
			edited("us-east-1: { bld: 10 }", "us-east-1: { bld: 12 }"),
			[["spot.limits.us-east-1.bld", "10", "12"]],
		],
		[
			"have no value where a key is missing, and name new keys first",
			main("max_hourly_cost: { bld: 4 }"),
			main("on_demand_price: { c6i.xlarge: 0.2 }"),
			[
				["on_demand_price['c6i.xlarge']", null, "0.2"],
				["max_hourly_cost.bld", "4", null],
			],
		],
		[
			"name a list of plain values as one value",
			{},
			edited("[subnet-1, subnet-2]", "[subnet-1, subnet-3]"),
			[["bld: us-east-1.subnet_ids", "subnet-1, subnet-2", "subnet-1, subnet-3"]],
		],
		[
			"name a rule by its EC2 instance type",
			{},
			edited("bid_price: 0.3,", "bid_price: 0.4,"),
			[["spot.rules.bld['m6i.xlarge'].bid_price", "0.3", "0.4"]],
		],
		[
			"are none if rules for different EC2 instance types are in another order",
			{},
			edited(RULES.join(", "), RULES.toReversed().join(", ")),
			[],
		],
		[
			"name an item by its index if another has the same EC2 instance type",
			bld("other: [{ instance_type: a, b: 1 }, { instance_type: a, b: 2 }]"),
			bld("other: [{ instance_type: a, b: 1 }, { instance_type: a, b: 3 }]"),
			[["bld: other[1].b", "2", "3"]],
		],
		[
			"name an item by its index if not all have an EC2 instance type",
			bld("other: [{ instance_type: a, b: 1 }, { b: 2 }]"),
			bld("other: [{ instance_type: a, b: 1 }, { b: 3 }]"),
			[["bld: other[1].b", "2", "3"]],
		],
		[
			"name an item by its index if its EC2 instance type is a list",
			bld("other: [{ instance_type: [a], b: 1 }]"),
			bld("other: [{ instance_type: [a], b: 2 }]"),
			[["bld: other[0].b", "1", "2"]],
		],
		[
			"name each item of a list that has plain values and others",
			bld("other: [a, { instance_type: b }]"),
			bld("other: [b, { instance_type: c }]"),
			[
				["bld: other[0]", "a", "b"],
				["bld: other[1].instance_type", "b", "c"],
			],
		],
		[
			"are in the order of the main file, then of the types' files",
			{},
			{ "watch.yml": MAIN.replace("4 }", "5 }"), "bld.yml": BLD.replace("ami-1", "ami-2") },
			[
				["region_priorities.us-east-1", "4", "5"],
				["bld: us-east-1.ami", "ami-1", "ami-2"],
			],
		],
	])("%s", (_what, before, now, expected) => {
		expect(changed(before, now)).toEqual(expected);
	});

	it("are the same whether a file is YAML or JSON", () => {
		const json = {
			region_priorities: { "us-east-1": 4 },
			buildermap: { "^Linux": "bld" },
			spot: {
				rules: {
					bld: [
						{ instance_type: "c6i.xlarge", bid_price: 0.25 },
						{ instance_type: "m6i.xlarge", bid_price: 0.3 },
					],
				},
				limits: { "us-east-1": { bld: 10 } },
			},
		};
		const now = version({ "watch.json": JSON.stringify(json) }, "watch.json");
		expect(changedSettings(version({}), now, (text) => text)).toEqual([]);
	});

	it("compare a type's file with that of the same type, and not that of a type that is new or gone", () => {
		const map = (types: string) => MAIN.replace("^Linux: bld", types);
		const before = { "watch.yml": map("^Mac: mac, ^Linux: bld, ^Win: win"), "mac.yml": BLD, "win.yml": BLD };
		const now = {
			"watch.yml": map("^Linux: bld, ^Ubuntu: tst, ^Mac: mac"),
			"bld.yml": BLD.replace("ami-1", "ami-2"),
			"mac.yml": BLD.replace("sg-1", "sg-3"),
			"tst.yml": BLD.replace("ami-1", "ami-4"),
		};
		expect(changed(before, now)).toEqual([
			["bld: us-east-1.ami", "ami-1", "ami-2"],
			["mac: us-east-1.security_group_ids", "sg-1", "sg-3"],
		]);
	});

	it.each<[string, Files, Files, unknown]>([
		["new", {}, { "bld.user-data": "a" }, [["bld: user data", null, "changed"]]],
		["changed", { "bld.user-data": "a" }, { "bld.user-data": "b" }, [["bld: user data", "…", "changed"]]],
		["gone", { "bld.user-data": "a" }, {}, [["bld: user data", "…", null]]],
		["the same", { "bld.user-data": "a" }, { "bld.user-data": "a" }, []],
	])("say without its text that user data is %s", (_what, before, now, expected) => {
		expect(changed(before, now)).toEqual(expected);
	});

	it("mask secrets in keys and values, and cut long ones only after that", () => {
		const mask = (text: string) => text.replaceAll("hunter2", "***");
		expect(changed(bld("other: a"), bld(`other: ${"b".repeat(77)}hunter2`, "hunter2: 1"), mask)).toEqual([
			["bld: other", "a", `${"b".repeat(77)}***`],
			["bld: ['***']", null, "1"],
		]);
		expect(changed(bld(), bld(`${"k".repeat(77)}hunter2: { b: 2 }`), mask)).toEqual([
			[`bld: ['${"k".repeat(77)}***'].b`, null, "2"],
		]);
		expect(changed(bld("other: hunter2"), bld(`other: ${"b".repeat(90)}`), mask)).toEqual([
			["bld: other", "***", `${"b".repeat(79)}…`],
		]);
	});
});

it("the changed types of two versions are those that only one maps builders to", () => {
	const before = version({ "watch.yml": MAIN.replace("^Linux: bld", "^Mac: mac, ^Linux: bld"), "mac.yml": BLD });
	const now = version({ "watch.yml": MAIN.replace("^Linux: bld", "^Linux: bld, ^Ubuntu: tst"), "tst.yml": BLD });
	expect(changedTypes(before, now)).toEqual({ added: ["tst"], removed: ["mac"] });
	expect(changedTypes(now, before)).toEqual({ added: ["mac"], removed: ["tst"] });
	expect(changedTypes(now, now)).toEqual({ added: [], removed: [] });
});
