/** The rules of mode `check`, each with the line that it reports. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { maximumOf } from "../../src/config/analysis/machines.ts";
import { compilePattern } from "../../src/config/python-re/compile.ts";
import { findingsIn, sourcesIn } from "./findings.ts";

const REFERENCE = resolve(import.meta.dirname, "fixtures/reference");
const EXAMPLE = resolve(import.meta.dirname, "../../configs");

const MAIN = `region_priorities: { us-west-2: 4, us-east-1: 5 }
buildermap:
  ^Linux (debug|opt): bld
  ^Ubuntu .*: tst
spot:
  rules:
    bld:
      - { instance_type: c6i.xlarge, bid_price: 0.25 }
      - { instance_type: c6a.xlarge, bid_price: 0.2 }
      - { instance_type: m6i.xlarge, bid_price: 0.3 }
    tst: [{ instance_type: m6i.large, bid_price: 0.1 }]
  limits:
    us-west-2: { bld: 10, tst: 10 }
    us-east-1: { bld: 10, tst: 10 }
ondemand:
  limits:
    global: { bld: 5, tst: 5 }
`;
const region = (number: number) => `
  ami: ami-1
  subnet_ids:
    - subnet-${number}1
    - subnet-${number}2
  security_group_ids: [sg-1]
  instance_type: c6i.xlarge
`;
const BLD = `hostname: bld-%03d\nus-west-2:${region(1)}us-east-1:${region(2)}`;
const TST = BLD.replace("bld", "tst");

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-analysis-"));
	write("watch.yml", MAIN);
	write("bld.yml", BLD);
	write("tst.yml", TST);
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(folder, file), text);

function change(file: string, from: string, to: string): void {
	const text = readFileSync(join(folder, file), "utf8");
	expect(text).toContain(from);
	write(file, text.replace(from, to));
}

const findings = (...[workspace = folder, file = "watch.yml", regions]: Partial<Parameters<typeof findingsIn>>) =>
	findingsIn(workspace, file, regions);

/** Location and beginning of one message, and no other. */
const only = (start: string) => [expect.stringContaining(start)];

describe("finds nothing", () => {
	it("in a configuration without mistakes", () => {
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});

	it("in the example but its overlaps", () => {
		const { errors, warnings } = findings(EXAMPLE, "watch_pending.json");
		expect(errors).toEqual([]);
		expect(warnings.map((warning) => /overlaps with line \d+/.exec(warning)?.[0])).toEqual([
			"overlaps with line 8",
			"overlaps with line 10",
		]);
	});

	it("in the reference configuration but its repeated subnets, its overlaps, and the lack of on-demand limits", () => {
		const { errors, warnings } = findings(REFERENCE, "watch_pending.cfg");
		expect(errors).toEqual(
			["bld-linux64", "try-linux64"].map(
				(file) => `${file}:7:100: duplicate subnet "subnet-2da98346" in us-east-1; remove one of them`,
			),
		);
		expect(warnings.map((warning) => warning.split(" ", 1)[0])).toEqual([
			"watch_pending.cfg:9:9:",
			"watch_pending.cfg:14:9:",
			"watch_pending.cfg:1:1:",
		]);
	});

	it.each([
		[REFERENCE, "watch_pending.cfg"],
		[EXAMPLE, "watch_pending.json"],
	])("reported as an overlap in %s/%s that does not exist", (workspace, file) => {
		const { builderMap } = sourcesIn(workspace, file).config.policy;
		const sourceAt = (line: number) => builderMap.find((pattern) => pattern.line === line)?.source ?? "";
		const overlaps = findings(workspace, file).warnings.flatMap((warning) => {
			const [, line, other, name] = /:(\d+):\d+: .* overlaps with line (\d+): both match "([^"]*)"/.exec(warning) ?? [];
			return name === undefined ? [] : [{ lines: [Number(line), Number(other)], name }];
		});
		expect(overlaps).toHaveLength(2);
		for (const { lines, name } of overlaps) {
			for (const line of lines) expect(compilePattern(sourceAt(line)).test(name)).toBe(true);
		}
	});
});

describe("the check fails for", () => {
	it.each([
		[
			"a pattern whose names an earlier one matches",
			"watch.yml",
			"  ^Ubuntu .*: tst\n",
			"  ^Ubuntu .*: tst\n  ^Ubuntu VM (?!x64): bld\n",
			'watch.yml:5:3: the pattern "^Ubuntu VM (?!x64)" is never used, because line 4 matches every name that it matches; move it up, or remove it',
		],
		[
			"a pattern of the same type whose names an earlier one matches",
			"watch.yml",
			"  ^Ubuntu .*: tst\n",
			"  ^Ubuntu .*: tst\n  ^Linux debug: bld\n",
			'watch.yml:5:3: the pattern "^Linux debug" is never used, because line 3 matches',
		],
		[
			"a pattern that matches no name",
			"watch.yml",
			"  ^Ubuntu .*: tst\n",
			"  ^Ubuntu .*: tst\n  Mac (?!x)x: tst\n",
			'watch.yml:5:3: the pattern "Mac (?!x)x" matches no name; correct or remove it',
		],
		[
			"limits that forbid every launch of a type",
			"watch.yml",
			"us-west-2: { bld: 10, tst: 10 }\n    us-east-1: { bld: 10, tst: 10 }\nondemand:\n  limits:\n    global: { bld: 5, tst: 5 }",
			"us-west-2: { bld: 10, tst: 0 }\n    us-east-1: { bld: 10 }\nondemand:\n  limits:\n    global: { bld: 5, tst: 0 }",
			'watch.yml:17:23: no instance of "tst" can ever be launched',
		],
		[
			"a subnet that is listed twice",
			"bld.yml",
			"subnet-12",
			"subnet-11",
			'bld.yml:6:7: duplicate subnet "subnet-11" in us-west-2; remove one of them',
		],
		[
			"a subnet of two regions",
			"bld.yml",
			"subnet-22",
			"subnet-12",
			'bld.yml:13:7: the subnet "subnet-12" is in us-west-2 and in us-east-1',
		],
		[
			"names too few for the limits",
			"bld.yml",
			"hostname: bld-%03d",
			'names: ["bld-{01..24}"]',
			'bld.yml:1:1: "names" gives 24 names, but the limits allow 25 instances of "bld"; add names, or lower the limits',
		],
		[
			"a hostname pattern with too few numbers",
			"bld.yml",
			"bld-%03d",
			"bld-%01d",
			'bld.yml:1:1: "hostname" gives 9 names, but the limits allow 25 instances of "bld"',
		],
		[
			"a name that another type's pattern gives",
			"bld.yml",
			"hostname: bld-%03d",
			'names: ["tst-{001..400}"]',
			'bld.yml:1:1: the name "tst-001" is also a name of "tst" (tst.yml); give each type its own names',
		],
	])("%s", (_what, file, from, to, start) => {
		change(file, from, to);
		expect(findings().errors[0]).toContain(start);
	});

	it("a pattern whose names only several earlier ones together match", () => {
		change(
			"watch.yml",
			"  ^Ubuntu .*: tst\n",
			"  ^Ubuntu .*: tst\n  ^Mac [a-m]: bld\n  ^Mac [n-z]: bld\n  ^Mac [b-y]: bld\n",
		);
		expect(findings().errors).toEqual(
			only('watch.yml:7:3: the pattern "^Mac [b-y]" is never used, because lines 5 and 6 match every name'),
		);
	});

	it("a name in the lists of two types", () => {
		change("bld.yml", "hostname: bld-%03d", 'names: ["bld-{001..040}"]');
		change("tst.yml", "hostname: tst-%03d", 'names: ["tst-{001..040}", bld-040]');
		expect(findings().errors).toEqual(only('tst.yml:1:1: the name "bld-040" is also a name of "bld" (bld.yml)'));
	});

	it("user data that exceeds 16 KiB with the longest name", () => {
		const template = (bytes: number) => `${"x".repeat(bytes - "bld-000".length)}{hostname}`;
		write("bld.user-data", template(16 * 1024));
		expect(findings().errors).toEqual([]);
		write("bld.user-data", template(16 * 1024 + 1));
		expect(findings().errors).toEqual(
			only(
				"bld.user-data:1:1: the user data has 16385 bytes with the longest name in us-west-2, but EC2 allows only 16384",
			),
		);
	});

	it("a cost ceiling of 0", () => {
		write("watch.yml", `${MAIN}max_hourly_cost: { tst: 0 }\n`);
		expect(findings().errors).toEqual([
			'watch.yml:18:20: no instance of "tst" can ever be launched: "max_hourly_cost.tst" is 0; raise it',
		]);
	});

	it.each([
		["is missing", 5, 0.17, "m6i.xlarge"],
		["exceeds it", 0.16, 0.17, "c6i.xlarge"],
	])("a cost ceiling if only on-demand is allowed and its price %s", (_what, ceiling, price, instanceType) => {
		const prices = `on_demand_price: { ${instanceType}: ${price} }\n`;
		write("watch.yml", `${MAIN.replace(/^ +tst: \[.*\n/m, "")}max_hourly_cost: { tst: ${ceiling} }\n${prices}`);
		expect(findings().errors).toEqual(
			only(
				`watch.yml:17:20: no instance of "tst" can ever be launched: "max_hourly_cost.tst" of ${ceiling} USD allows no`,
			),
		);
	});

	it("limits of a region that is not in use, if they are the only ones", () => {
		change("watch.yml", "us-east-1: { bld: 10, tst: 10 }", "us-east-1: { bld: 10, tst: 0 }");
		change("watch.yml", "global: { bld: 5, tst: 5 }", "global: { bld: 5, tst: 0 }");
		expect(findings().errors).toEqual([]);
		expect(findings(folder, "watch.yml", ["us-east-1"]).errors).toEqual(only("watch.yml:17:23: no instance of"));
	});
});

describe("does not fail for", () => {
	it("a cost ceiling that spot may be below, or that the price of on-demand does not exceed", () => {
		write("watch.yml", `${MAIN}max_hourly_cost: { tst: 0.01 }\n`);
		expect(findings().errors).toEqual([]);
		const prices = "on_demand_price: { c6i.xlarge: 0.17 }\n";
		write("watch.yml", `${MAIN.replace(/^ +tst: \[.*\n/m, "")}max_hourly_cost: { tst: 0.17 }\n${prices}`);
		expect(findings().errors).toEqual([]);
	});

	it("a hostname pattern that types share, if its numbers suffice for all of them", () => {
		change("tst.yml", "tst-%03d", "bld-%03d");
		expect(findings()).toEqual({ errors: [], warnings: [] });
		change("bld.yml", "bld-%03d", "bld-%02d");
		change("tst.yml", "bld-%03d", "bld-%02d");
		expect(findings().errors).toEqual([]);
		change("watch.yml", "us-west-2: { bld: 10, tst: 10 }", "us-west-2: { bld: 50, tst: 50 }");
		expect(findings().errors).toHaveLength(2);
	});
});

describe("warns of", () => {
	it.each([
		[
			"patterns of different types that match the same name",
			"^Ubuntu .*: tst",
			"^Ubuntu .*: tst\n  .*opt: tst",
			'watch.yml:5:3: the pattern ".*opt" of "tst" overlaps with line 3: both match "Linux opt", which goes to "bld" because that line comes first',
		],
		[
			"a pattern on which a name takes too long",
			"^Ubuntu .*: tst",
			"^Ubuntu .*: tst\n  ^Mac (\\w+\\s?)+$: tst",
			'watch.yml:5:3: the pattern "^Mac (\\\\w+\\\\s?)+$" can take too long (catastrophic backtracking), for example on the name "Mac a" + 249 × "a" + "-"',
		],
		[
			"types without a limit on on-demand instances",
			"global: { bld: 5, tst: 5 }",
			"global: { bld: 5 }",
			'watch.yml:17:5: no on-demand instance is ever launched for "tst"',
		],
		[
			"more pools to spread over than there can be",
			"  limits:\n    us-west-2",
			"  spread: { bld: { pools: 12, premium: 0.1 }, tst: { pools: 5, premium: 0.1 } }\n  limits:\n    us-west-2",
			'watch.yml:12:54: "spot.spread.tst.pools" is 5, but there can be only 4 (EC2 instance types in its rules: 1; subnets in regions with a spot limit: 4)',
		],
		[
			"a bid far above its siblings",
			"bid_price: 0.3 ",
			"bid_price: 3 ",
			'watch.yml:10:38: "spot.rules.bld[2].bid_price" of 3 USD is 12 times the nearest bid',
		],
		[
			"a bid far below its siblings",
			"bid_price: 0.25 ",
			"bid_price: 0.025 ",
			'watch.yml:8:38: "spot.rules.bld[0].bid_price" of 0.025 USD is one 8th of the nearest bid',
		],
		[
			"a global limit above the sum of its regions",
			"  limits:\n    us-west-2",
			"  limits:\n    global: { bld: 21 }\n    us-west-2",
			'watch.yml:13:15: "spot.limits.global.bld" allows 21 instances, but the limits of its regions only 20 together',
		],
		[
			"a global on-demand limit above the sum of its regions",
			"    global: { bld: 5, tst: 5 }",
			"    global: { bld: 5, tst: 5 }\n    us-west-2: { bld: 2, tst: 2 }\n    us-east-1: { bld: 2 }",
			'watch.yml:17:15: "ondemand.limits.global.bld" allows 5 instances, but the limits of its regions only 4 together',
		],
		[
			"a pattern that is too large to be compared with others",
			"^Ubuntu .*: tst",
			"^Ubuntu .*: tst\n  Mac (x{1000}y?){1000}: tst",
			'watch.yml:5:3: the pattern "Mac (x{1000}y?){1000}" is too complex to find out whether it is ever used; simplify it',
		],
		[
			"a pattern with a reference, if all that it may match is matched earlier",
			"^Ubuntu .*: tst",
			"^Ubuntu .*: tst\n  Linux (debug)\\1: bld",
			'watch.yml:5:3: the pattern "Linux (debug)\\\\1" is never used, because line 3 matches every name that it matches',
		],
	])("%s", (_what, from, to, start) => {
		change("watch.yml", from, to);
		const { errors, warnings } = findings();
		expect([...errors, ...warnings][0]).toContain(start);
	});

	it.each([
		[
			"a region's key outside the regions",
			"hostname:",
			"tags: { team: a }\nhostname:",
			'bld.yml:1:1: "tags" has no effect here; move it into each region',
		],
		[
			"a shared key in a region",
			"us-west-2:\n",
			"us-west-2:\n  names: [bld-1]\n",
			'bld.yml:3:3: "names" has no effect here; move it out of the region',
		],
		[
			"a misspelled key of a region",
			"us-west-2:\n",
			"us-west-2:\n  use_public_pi: true\n",
			'bld.yml:3:3: "use_public_pi" has no effect here; did you mean "use_public_ip"?',
		],
		[
			"a misspelled shared key",
			"hostname:",
			"hostnme:",
			'bld.yml:1:1: "hostnme" has no effect here; did you mean "hostname"?',
		],
	])("%s", (_what, from, to, message) => {
		change("bld.yml", from, to);
		expect(findings()).toEqual({ errors: [], warnings: [message] });
	});

	it("no key of another tool", () => {
		change("bld.yml", "us-west-2:\n", "us-west-2:\n  distro: centos\n  loaner_security_group_ids: [sg-2]\n");
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});

	it("a file of a type that no pattern maps to, and reads no other file", () => {
		write("bldd.yml", BLD);
		write("notes.json", "{");
		write("other.yml", "a: 1");
		expect(findings().warnings).toEqual(
			only(
				'bldd.yml:1:1: no pattern in "buildermap" maps to the instance type "bldd" of this file; map a pattern to it, or remove the file; did you mean "bld"?',
			),
		);
	});

	it("no file outside the folder of the configuration, to which a link in it leads", () => {
		const outside = mkdtempSync(join(tmpdir(), "aws-watch-pending-outside-"));
		writeFileSync(join(outside, "mac.yml"), BLD);
		symlinkSync(join(outside, "mac.yml"), join(folder, "mac.yml"));
		expect(findings()).toEqual({ errors: [], warnings: [] });
		cpSync(join(outside, "mac.yml"), join(folder, "mac2.yml"));
		expect(findings().warnings).toEqual(only("mac2.yml:1:1: "));
		rmSync(outside, { recursive: true });
	});

	it("nothing for an on-demand limit of 0, which is a decision", () => {
		change("watch.yml", "global: { bld: 5, tst: 5 }", "global: { bld: 5, tst: 0 }");
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});
});

describe("a pattern that an automaton can't decide", () => {
	const add = (...lines: string[]) =>
		change("watch.yml", "  ^Ubuntu .*: tst\n", `  ^Ubuntu .*: tst\n${lines.map((line) => `  ${line}\n`).join("")}`);

	it("is not reported if a sample reaches it", () => {
		add("Mac (a|b)\\1: tst", "Mac (?:a|b){2}: tst");
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});

	it("is reported as probably never used if earlier patterns match every sample", () => {
		add("Mac ([ab])\\1: tst", "(?>Mac aa): tst");
		expect(findings().warnings).toEqual(
			only(
				'watch.yml:6:3: the pattern "(?>Mac aa)" is probably never used: it is too complex to be certain, but line 5 match',
			),
		);
	});
});

describe("the maximum of a type", () => {
	const maximum = () => {
		const { policy, regions } = sourcesIn(folder, "watch.yml").config;
		return maximumOf(policy, "bld", regions);
	};

	it("is the sum of its regions' limits, and its cost is unknown without an on-demand price", () => {
		expect(maximum()).toMatchObject({ spot: { most: 20 }, onDemand: { most: 5 }, hourlyCost: null });
	});

	it("costs the highest bid and price, times the machines that all limits together allow", () => {
		change("watch.yml", "buildermap:", "on_demand_price: { c6i.xlarge: 0.5 }\nbuildermap:");
		expect(maximum().hourlyCost).toBeCloseTo(20 * 0.3 + 5 * 0.5);
		change("watch.yml", "  limits:\n    us-west-2", "  limits:\n    global: { bld: 12 }\n    us-west-2");
		expect(maximum()).toMatchObject({ spot: { most: 12 } });
		expect(maximum().hourlyCost).toBeCloseTo(12 * 0.3 + 5 * 0.5);
		change("watch.yml", "buildermap:", "max_hourly_cost: { bld: 4 }\nbuildermap:");
		expect(maximum().hourlyCost).toBe(4);
	});
});
