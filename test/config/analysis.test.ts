/** The rules of mode `check`, each with the line that it reports. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { maximumOf } from "../../src/config/analysis/machines.ts";
import { compilePattern } from "../../src/config/python-re/compile.ts";
import { findingsBesideErrors, findingsIn, sourcesIn } from "./findings.ts";

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

const findings = (...[workspace = folder, file = "watch.yml", ...rest]: Partial<Parameters<typeof findingsIn>>) =>
	findingsIn(workspace, file, ...rest);
/** The same for these regions. */
const findingsFor = (...regions: readonly string[]) => findings(folder, "watch.yml", regions);

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
			"a pattern that matches no name, after one that is too complex to be compared",
			"watch.yml",
			"  ^Ubuntu .*: tst\n",
			`  ^Ubuntu .*: tst\n  ${COMPLEX}: tst\n  Mac (?!x)x: tst\n`,
			'watch.yml:6:3: the pattern "Mac (?!x)x" matches no name; correct or remove it',
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
			'watch.yml:8:38: "spot.rules.bld[0].bid_price" of 0.025 USD is 1/8 of the nearest bid',
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

/** Adds patterns, the first in line 5. */
const add = (...lines: readonly string[]) =>
	change("watch.yml", "  ^Ubuntu .*: tst\n", `  ^Ubuntu .*: tst\n${lines.map((line) => `  ${line}\n`).join("")}`);

/** No automaton can be made of it. */
const COMPLEX = "Mac (x{1000}y?){1000}";
/** Automata take atomic groups for plain ones: this seems to match "Mac ab", too, but matches only "Mac aab". */
const ATOMIC = "Mac (?>a?)ab";

describe("a pattern is never used because of", () => {
	it.each<[string, readonly string[], string, string]>([
		[
			"the one earlier pattern that matches all of its names",
			["^Mac ab: tst", "^Mac a: tst"],
			"^Mac a[bc]",
			"line 6 matches",
		],
		[
			"up to 5 lines, which are all named",
			[..."abcde"].map((name) => `^Mac ${name}: tst`),
			"^Mac [a-e]",
			"lines 5, 6, 7, 8, and 9 match",
		],
		[
			"more lines, of which 5 are named",
			[..."abcdefg"].map((name) => `^Mac ${name}: tst`),
			"^Mac [a-g]",
			"lines 5, 6, 7, 8, 9, and 2 more match",
		],
		[
			"those that are certain to match its names",
			["^Mac [a-m]: tst", "^Mac [n-z]: tst", "^Mac (?>[b1]): tst", `${COMPLEX}: tst`],
			"^Mac [b-y]",
			"lines 5 and 6 match",
		],
	])("%s", (_what, lines, source, why) => {
		add(...lines, `${source}: tst`);
		expect(findings().errors).toEqual([
			`watch.yml:${5 + lines.length}:3: the pattern "${source}" is never used, because ${why} every name that it matches; move it up, or remove it`,
		]);
	});
});

describe("a pattern overlaps with", () => {
	it("the first earlier pattern of another type, and the message names all others of another type", () => {
		add("^Mac .*: tst", "^Win .*: bld", "^Sun .*: bld", ".*opt: tst");
		expect(findings()).toEqual({
			errors: [],
			warnings: [
				'watch.yml:8:3: the pattern ".*opt" of "tst" overlaps with line 3: both match "Linux opt", which goes to "bld" because that line comes first; it also overlaps with lines 6 and 7',
			],
		});
	});

	it("one earlier pattern, and the message ends there", () => {
		add(".*opt: tst");
		expect(findings().warnings).toEqual([
			'watch.yml:5:3: the pattern ".*opt" of "tst" overlaps with line 3: both match "Linux opt", which goes to "bld" because that line comes first',
		]);
	});

	it("none that only seems to match the same name, which is reported as too complex to be compared", () => {
		add("Mac ab: tst", `${ATOMIC}: bld`);
		expect(findings()).toEqual({
			errors: [],
			warnings: [
				`watch.yml:6:3: the pattern "${ATOMIC}" could not be compared with line 5, because they are too complex together; simplify them`,
			],
		});
	});
});

describe("a pattern on which a name takes too long is shown with", () => {
	it.each([
		["the repeated part alone if nothing need precede or follow it", "(?:m+\\s?)*!", '127 × "mm"'],
		["what precedes it", "Mac (?:m+\\s?)+!", '"Mac m" + 249 × "m"'],
		["what follows it", "(?:m+\\s?)*$", '127 × "mm" + "a"'],
	])("%s", (_what, source, name) => {
		add(`${source}: tst`);
		expect(findings()).toEqual({
			errors: [],
			warnings: [
				`watch.yml:5:3: the pattern ${JSON.stringify(source)} can take too long (catastrophic backtracking), for example on the name ${name}; simplify its repeats`,
			],
		});
	});
});

describe("a pattern that an automaton can't decide", () => {
	it("is not reported if a sample reaches it", () => {
		add("Mac (a|b)\\1: tst", "Mac (?:a|b){2}: tst");
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});

	it("is reported as probably never used if earlier patterns match every sample", () => {
		add("Mac ([ab])\\1: tst", "(?>Mac aa): tst");
		expect(findings().warnings).toEqual(
			only(
				'watch.yml:6:3: the pattern "(?>Mac aa)" is probably never used: it is too complex to be certain, but line 5 matches all of the 20 names that it was tried with; simplify it',
			),
		);
	});

	it.each<[string, readonly string[]]>([
		["too large", [COMPLEX]],
		["one that matches no name, though it seems to", ["Mac (?>a?)ab(?<!aab)"]],
	])("is reported as too complex if it is %s, and no earlier pattern matches its names", (_what, [source = ""]) => {
		change("watch.yml", "  ^Linux (debug|opt): bld\n", `  ${source}: tst\n  ^Linux (debug|opt): tst\n`);
		change("watch.yml", "^Linux (debug|opt): tst", "^Linux (debug|opt): bld");
		expect(findings().errors).toEqual([]);
		expect(findings().warnings[0]).toBe(
			`watch.yml:3:3: the pattern "${source}" is too complex to find out whether it is ever used; simplify it`,
		);
	});

	it("is reported as too complex even if earlier patterns match all of each other's names", () => {
		change("watch.yml", "^Linux (debug|opt): bld", "^Mac a: bld");
		change("watch.yml", "^Ubuntu .*: tst", `^Mac: bld\n  ${COMPLEX}: tst`);
		expect(findings()).toEqual({
			errors: [],
			warnings: [
				`watch.yml:5:3: the pattern "${COMPLEX}" is too complex to find out whether it is ever used; simplify it`,
				`watch.yml:5:3: the pattern "${COMPLEX}" could not be compared with lines 3 and 4, because they are too complex together; simplify them`,
			],
		});
	});

	it("is tried only with names that it really matches", () => {
		add("Mac aab: tst", "Mac aac: tst", "Mac (?>a?)a[bc]: tst");
		expect(findings()).toEqual({
			errors: [],
			warnings: [
				'watch.yml:7:3: the pattern "Mac (?>a?)a[bc]" is probably never used: it is too complex to be certain, but lines 5 and 6 match all of the 2 names that it was tried with; simplify it',
			],
		});
	});

	it("may be tried with only one name", () => {
		add("Mac aab: tst", "Mac (?>a?)ab: tst");
		expect(findings().warnings).toEqual([
			'watch.yml:6:3: the pattern "Mac (?>a?)ab" is probably never used: it is too complex to be certain, but line 5 matches the only name that it was tried with; simplify it',
		]);
	});

	it("does not take too long if an atomic group keeps a search from going back", () => {
		add("^Mac (?>(?:m+\\s?)+)$: tst");
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});
});

describe("a pattern is used if", () => {
	it.each<[string, readonly string[]]>([
		["earlier ones leave it one name that no sample is", ["Mac (?:aa|ab|ba): tst", "Mac [ab]{2}: tst"]],
		["its only name is too long for samples", ["x{450}: tst"]],
	])("%s", (_what, lines) => {
		add(...lines);
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});
});

describe("the search for a name that only one pattern matches", () => {
	/** Matches every number of "a" that `count` does not divide. */
	const notTimes = (count: number) => `(?:a{${count}})*a{1,${count - 1}}$: tst`;

	it("leaves steps for the comparison with each earlier pattern", () => {
		add(notTimes(599), "a: tst", "(?:a{601})+$: tst");
		expect(findings()).toEqual({
			errors: [
				'watch.yml:7:3: the pattern "(?:a{601})+$" is never used, because line 6 matches every name that it matches; move it up, or remove it',
			],
			warnings: [],
		});
	});

	it("is given up after too many steps, and the sooner the more patterns there are", () => {
		add(...[151, 157].map(notTimes), "a+$: tst");
		expect(findings()).toEqual({ errors: [], warnings: [] });
		add(...Array.from({ length: 120 }, (_, index) => `b${index}d: tst`));
		expect(findings()).toEqual({
			errors: [],
			warnings: [
				'watch.yml:127:3: the pattern "a+$" is probably never used: it is too complex to be certain, but lines 125 and 126 match all of the 3 names that it was tried with; simplify it',
			],
		});
	});
});

/** What a main file says of rules and limits, each as the inside of a map. */
interface Limits {
	readonly rules?: string;
	readonly spot?: string;
	readonly spotWest?: string;
	readonly spotEast?: string;
	readonly onDemand?: string;
	readonly onDemandWest?: string;
	readonly onDemandEast?: string;
	/** Further keys, from line 17. */
	readonly more?: string;
}

const BLD_RULES = "bld: [{ instance_type: c6i.xlarge, bid_price: 0.25 }]";
const TST_RULES = "tst: [{ instance_type: m6i.large, bid_price: 0.1 }]";

/** Writes a main file with these limits in place of sound ones. */
function limit(limits: Limits): void {
	const { rules = `${BLD_RULES}, ${TST_RULES}`, spot = "", onDemand = "bld: 5, tst: 5" } = limits;
	const { spotWest = "bld: 10, tst: 10", spotEast = "bld: 10, tst: 10", more = "" } = limits;
	write(
		"watch.yml",
		`region_priorities: { us-west-2: 4, us-east-1: 5 }
buildermap:
  ^Linux: bld
  ^Ubuntu: tst
  ^Mac: tst
spot:
  rules: { ${rules} }
  limits:
    global: { ${spot} }
    us-west-2: { ${spotWest} }
    us-east-1: { ${spotEast} }
ondemand:
  limits:
    global: { ${onDemand} }
    us-west-2: { ${limits.onDemandWest ?? ""} }
    us-east-1: { ${limits.onDemandEast ?? ""} }
${more}`,
	);
}

/** The type file with one region. */
const TST_WEST = TST.slice(0, TST.indexOf("us-east-1"));

describe("a type that can never be launched is reported", () => {
	it.each<[string, Limits, string]>([
		["at its on-demand limit", { spot: "tst: 0", spotWest: "tst: 0", onDemand: "tst: 0" }, "14:15"],
		["at its global spot limit", { spot: "tst: 0", spotWest: "tst: 5", onDemand: "" }, "9:15"],
		["at the spot limit of a region", { spotWest: "", spotEast: "tst: 0", onDemand: "" }, "11:18"],
		["at the first pattern that maps to it if it has no limit", { spotWest: "", spotEast: "", onDemand: "" }, "4:3"],
	])("%s", (_what, limits, location) => {
		const message = (why: string) =>
			`watch.yml:${location}: no instance of "tst" can ever be launched: it ${why} in us-west-2 and us-east-1, and its limit on on-demand instances is 0 or missing; raise one of its limits`;
		limit(limits);
		expect(findings().errors).toContain(message("may have no spot instance"));
		limit({ ...limits, rules: BLD_RULES });
		expect(findings().errors).toContain(message("has no spot rules"));
	});

	it("whichever of the regions in use its file configures, but not if that is none of them", () => {
		write("tst.yml", TST_WEST);
		limit({ spotWest: "bld: 10", spotEast: "bld: 10", onDemand: "bld: 5, tst: 0" });
		expect(findings().errors).toEqual(only('watch.yml:14:23: no instance of "tst" can ever be launched'));
		expect(findingsFor("us-east-1")).toEqual({ errors: [], warnings: [] });
	});

	it("once, even if it also has a cost ceiling", () => {
		limit({
			spotWest: "bld: 10",
			spotEast: "bld: 10",
			onDemand: "bld: 5, tst: 0",
			more: "max_hourly_cost: { tst: 0 }",
		});
		expect(findings().errors).toEqual(only('watch.yml:14:23: no instance of "tst" can ever be launched: it may'));
	});
});

describe("a cost ceiling of a type that only on-demand can launch", () => {
	const PRICES = "max_hourly_cost: { tst: 0.2 }\non_demand_price: { c6i.xlarge: 0.2, c6a.xlarge: 0.3 }";
	const west = (instanceType: string) =>
		write("tst.yml", TST.replace("instance_type: c6i.xlarge", `instance_type: ${instanceType}`));

	it.each(["c6a.xlarge", "m6i.xlarge"])("is fine if one region's price is within it and another's is of %s", (type) => {
		west(type);
		limit({ rules: BLD_RULES, spotWest: "bld: 10", spotEast: "bld: 10", more: PRICES });
		expect(findings().errors).toEqual([]);
	});

	it("is an error if only a region without on-demand instances has a price within it", () => {
		west("c6a.xlarge");
		limit({ rules: BLD_RULES, spotWest: "bld: 10", spotEast: "bld: 10", onDemandEast: "tst: 0", more: PRICES });
		expect(findings().errors).toEqual([
			'watch.yml:17:20: no instance of "tst" can ever be launched: "max_hourly_cost.tst" of 0.2 USD allows no on-demand instance, whose price is above it or missing, and the type may have no spot instance; raise it, or add the price to "on_demand_price"',
		]);
	});
});

describe("a global limit is compared with the limits of the type's regions", () => {
	it.each<[string, Limits]>([
		["equals them together", { spot: "bld: 20" }],
		[
			"is one on on-demand instances, and a region has no limit",
			{ onDemand: "bld: 5, tst: 5", onDemandEast: "bld: 2" },
		],
		["is that of a type without spot rules", { rules: BLD_RULES, spot: "tst: 30" }],
		["is that of an unknown type", { onDemand: "bld: 5, tst: 5, mac: 5" }],
	])("without a warning if it %s", (_what, limits) => {
		limit(limits);
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});

	it.each<[string, Limits, string]>([
		[
			"a region without a spot limit has no spot instances",
			{ spot: "bld: 15", spotEast: "tst: 10" },
			'watch.yml:9:15: "spot.limits.global.bld" allows 15 instances, but the limits of its regions only 10 together; lower it, or raise those',
		],
		[
			"a type without spot rules has on-demand limits, too",
			{ rules: BLD_RULES, onDemandWest: "tst: 1", onDemandEast: "tst: 2" },
			'watch.yml:14:23: "ondemand.limits.global.tst" allows 5 instances, but the limits of its regions only 3 together; lower it, or raise those',
		],
	])("with a warning, since %s", (_what, limits, message) => {
		limit(limits);
		expect(findings()).toEqual({ errors: [], warnings: [message] });
	});
});

describe("bids are compared for the same performance", () => {
	const RULES = ["c6i.xlarge", "c6a.xlarge", "m6i.xlarge", "m6a.xlarge"];
	const bids = (...prices: readonly string[]) => {
		const rules = prices.map((price, index) => `{ instance_type: ${RULES[index]}, bid_price: ${price} }`);
		limit({ rules: `bld: [${rules.join(", ")}], ${TST_RULES}` });
		return findings();
	};
	const warning = (column: number, index: number, price: number, shown: string) =>
		`watch.yml:7:${column}: "spot.rules.bld[${index}].bid_price" of ${price} USD is ${shown} the nearest bid of the type's other rules, for the same performance_constant; check the decimal point`;

	it.each<[string, readonly string[], readonly string[]]>([
		["one of several, with the nearest of the others", ["3", "0.25", "0.2"], [warning(47, 0, 3, "12 times")]],
		["the later of two", ["0.2", "2"], [warning(94, 1, 2, "10 times")]],
		["4 times the other", ["0.1", "0.4"], [warning(94, 1, 0.4, "4 times")]],
		["a 4th of the other", ["0.4", "0.1"], [warning(94, 1, 0.1, "1/4 of")]],
		["less than 4 times the other", ["0.1", "0.39"], []],
		["more, for as much more performance", ["0.2", "2, performance_constant: 10"], []],
	])("%s", (_what, prices, warnings) => {
		expect(bids(...prices)).toEqual({ errors: [], warnings });
	});
});

describe("pools to spread over are those of", () => {
	it.each<[string, Limits, string | null]>([
		["regions with a spot limit above 0", { spotEast: "bld: 0, tst: 10" }, "subnets in regions with a spot limit: 2"],
		["regions with a spot limit", { spotEast: "tst: 10" }, "subnets in regions with a spot limit: 2"],
		["all regions that have one", {}, null],
	])("%s", (_what, limits, count) => {
		limit({ ...limits, more: "" });
		change("watch.yml", "  limits:\n", "  spread: { bld: { pools: 4, premium: 0.1 } }\n  limits:\n");
		expect(findings().warnings).toEqual(
			count === null
				? []
				: [
						`watch.yml:8:20: "spot.spread.bld.pools" is 4, but there can be only 2 (EC2 instance types in its rules: 1; ${count}); add rules or subnets, or lower it`,
					],
		);
	});

	it("regions in use, even if no limit names one of them", () => {
		limit({});
		change("watch.yml", "    us-east-1: { bld: 10, tst: 10 }\n", "");
		change("watch.yml", "  limits:\n", "  spread: { bld: { pools: 3, premium: 0.1 } }\n  limits:\n");
		expect(findings().warnings).toEqual(only('watch.yml:8:20: "spot.spread.bld.pools" is 3, but there can be only 2'));
	});

	it("no type without spot rules or patterns, of which loading warns", () => {
		limit({ rules: BLD_RULES });
		const spread = "{ pools: 20, premium: 0.1 }";
		change("watch.yml", "  limits:\n", `  spread: { tst: ${spread}, mac: ${spread} }\n  limits:\n`);
		expect(findings()).toEqual({ errors: [], warnings: [] });
		change("watch.yml", BLD_RULES, `${BLD_RULES}, ${TST_RULES.replace("tst", "mac")}`);
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});
});

describe("names of a type", () => {
	const names = (...all: readonly string[]) => BLD.replace("hostname: bld-%03d\n", `names: ${JSON.stringify(all)}\n`);

	it("suffice if there are as many as the limits allow instances", () => {
		write("bld.yml", names("bld-{01..25}"));
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});

	it("need not suffice if there are none", () => {
		write("bld.yml", BLD.replace("hostname: bld-%03d\n", ""));
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});

	it.each([
		[
			"too few",
			'names: ["x-{01..24}"]',
			'"names" gives 24 names, but the limits allow 25 instances of "bld"; add names, or lower the limits',
		],
		[
			"too few",
			"hostname: x-%01d",
			'"hostname" gives 9 names, but the limits allow 25 instances of "bld"; add names, or lower the limits',
		],
		[
			"another type's",
			'names: ["x-{01..40}", tst-001]',
			'the name "tst-001" is also a name of "tst" (tst.yml); give each type its own names',
		],
	])("are reported where they are if they are %s: %s", (_what, line, message) => {
		write("bld.yml", `${BLD.replace("hostname: bld-%03d\n", "")}${line}\n`);
		expect(findings().errors).toEqual([`bld.yml:15:1: ${message}`]);
	});

	it.each<[string, string, boolean]>([
		["tst-%03d", "tst-001", true],
		["tst-%03d", "tst-01", false],
		["tst-%03d", "tst-0001", false],
		["tst-%03d", "tst-a01", false],
		["tst-%03d", "rst-001", false],
		["tst-%03d", "001", false],
		["tst-%03d.x", "tst-001.x", true],
		["tst-%03d.x", "tst-001.y", false],
		["tst-%03d.x", "tst-001", false],
		["tst-%03d.x", "rst-001.x", false],
		["tst-%03d.x", "tst-.x", false],
		["tst-%012d", "tst-000000000001", true],
		["tst-%d", "tst-1", true],
		["tst-%d", "tst-1234", true],
		["tst-%d", "tst-12345", false],
		["tst-%d", "tst-0", false],
		["tst-%d", "tst-01", false],
		["tst-%d", "tst-a1", false],
	])("may not be those of another type's pattern %s: %s", (pattern, name, isShared) => {
		write("tst.yml", TST.replace("tst-%03d", pattern));
		write("bld.yml", names("bld-{01..40}", name));
		expect(findings().errors).toEqual(
			isShared
				? [`bld.yml:1:1: the name "${name}" is also a name of "tst" (tst.yml); give each type its own names`]
				: [],
		);
	});

	it.each([
		["that has other names", TST.replace("hostname: tst-%03d", 'names: ["tst-{01..40}"]')],
		["that has none", TST.replace("hostname: tst-%03d\n", "")],
	])("may be beside a type %s", (_what, file) => {
		write("tst.yml", file);
		write("bld.yml", names("bld-{01..40}"));
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});
});

describe("user data is measured", () => {
	const MOST = 16 * 1024;
	const padded = (placeholder: string, bytes: number) => `${placeholder}${"x".repeat(MOST - bytes)}`;
	const tooLong = (where: string) =>
		`bld.user-data:1:1: the user data has 16385 bytes with the longest name in ${where}, but EC2 allows only 16384; shorten it`;
	/** What is found if the value has exactly as many bytes as there is room for, and if it has one more. */
	const atMost = (placeholder: string, bytes: number, workers: readonly string[] = []) =>
		[bytes, bytes - 1].map((room) => {
			write("bld.user-data", padded(placeholder, room));
			return findings(folder, "watch.yml", null, new Map([["bld", workers]])).errors;
		});

	it.each([
		["the longest name of its list", ["bld-long", "b-{01..40}"], [], 8],
		[
			"the longest of its workers that can be hosts' names",
			["b-{01..40}"],
			["w1", "worker-1", "w2", "not a host's name"],
			8,
		],
	])("with %s", (_what, names, workers, length) => {
		write("bld.yml", BLD.replace("hostname: bld-%03d", `names: ${JSON.stringify(names)}`));
		expect(atMost("{hostname}", length, workers)).toEqual([[], [tooLong("us-west-2")]]);
	});

	it("in the region where it is the largest", () => {
		write("bld.yml", BLD.replace("us-east-1:", "us-east-1:\n  domain: example.com"));
		expect(atMost("{domain}", "example.com".length)).toEqual([[], [tooLong("us-east-1")]]);
	});

	it("nowhere if the type has no region", () => {
		write("tst.yml", "hostname: tst-%03d\n");
		write("tst.user-data", "{hostname}");
		limit({ spotWest: "bld: 10", spotEast: "bld: 10" });
		expect(findings().errors).toEqual([]);
	});

	it("without the certificates", () => {
		const certs = 'certs: { url: "https://example.com/{fqdn}", cache_dir: certs }\n';
		write("watch.yml", `${MAIN}${certs}`);
		expect(atMost("{certs}{region}", "us-west-2".length)).toEqual([
			[],
			[tooLong("us-west-2, without the certificates")],
		]);
	});
});

describe("a file beside the main one", () => {
	const warning = (file: string, mozType = file) =>
		`${file}:1:1: no pattern in "buildermap" maps to the instance type "${mozType}" of this file; map a pattern to it, or remove the file`;

	it("is reported in the order of names if no pattern maps to its type", () => {
		for (const name of ["win", "sun", "mac", "arm", "ppc"]) write(`${name}.yml`, BLD);
		expect(findings().warnings).toEqual(
			["arm", "mac", "ppc", "sun", "win"].map((name) => warning(`${name}.yml`, name)),
		);
	});

	it("names its type by all but a final .json, .yml, or .yaml", () => {
		write("mac.yml.old", JSON.stringify({ "us-east-1": { ami: "ami-1" } }));
		expect(findings().warnings).toEqual([warning("mac.yml.old")]);
	});

	it.each([
		["its name can't be a type's since it has a blank", "mac old.yml", BLD],
		["its name can't be a type's since it does not start with a letter", "#mac.yml", BLD],
		["its regions have no image", "mac.yml", "us-east-1: { a: 1 }"],
		["its images are in no region", "mac.yml", "images: { ami: ami-1 }"],
	])("is not reported if %s", (_what, file, text) => {
		write(file, text);
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});

	it("is not read if 500 files precede it", () => {
		for (let index = 0; index < 500; index += 1) write(`#${index}`, "");
		write("win.yml", BLD);
		expect(findings()).toEqual({ errors: [], warnings: [] });
	});
});

describe("a configuration that has other errors is examined, too", () => {
	it("if the only pattern of a type that can't be launched is invalid", () => {
		limit({ spotWest: "", spotEast: "", onDemand: "bld: 5" });
		change("watch.yml", "  ^Ubuntu: tst\n  ^Mac: tst\n", "  ^Ubuntu(: tst\n");
		expect(findingsBesideErrors(folder, "watch.yml").errors).toEqual(
			only('watch.yml:2:1: no instance of "tst" can ever be launched'),
		);
	});

	it("if a region has a spot limit, but the type's file does not configure it", () => {
		write("tst.yml", TST_WEST);
		limit({});
		change("watch.yml", "  limits:\n", "  spread: { tst: { pools: 3, premium: 0.1 } }\n  limits:\n");
		expect(findingsBesideErrors(folder, "watch.yml").warnings).toEqual(
			only('watch.yml:8:20: "spot.spread.tst.pools" is 3, but there can be only 2'),
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

	it("has no spot machines without spot rules", () => {
		limit({ rules: TST_RULES, more: "on_demand_price: { c6i.xlarge: 0.5 }" });
		expect(maximum()).toMatchObject({ spot: { most: 0 }, onDemand: { most: 5 }, hourlyCost: 2.5 });
	});

	it("costs what spot machines do if on-demand ones have a limit of 0", () => {
		limit({ onDemand: "bld: 0, tst: 5" });
		expect(maximum()).toMatchObject({ spot: { most: 20 }, onDemand: { most: 0 }, hourlyCost: 5 });
	});

	it("has only regions that its file configures", () => {
		write("bld.yml", BLD.slice(0, BLD.indexOf("us-east-1")));
		limit({ spotEast: "tst: 10" });
		expect(maximum()).toMatchObject({
			spot: { regions: [{ region: "us-west-2", limit: 10 }], most: 10 },
			onDemand: { regions: [{ region: "us-west-2", limit: 5 }], most: 5 },
		});
	});

	it.each<[string, Limits, number | null]>([
		["is unknown if one of the prices is", {}, null],
		["ignores the price of a region without on-demand machines", { onDemandWest: "bld: 0" }, 20 * 0.25 + 5 * 0.5],
		["is the ceiling if a price is unknown", { more: "\nmax_hourly_cost: { bld: 4 }" }, 4],
		[
			"is below the ceiling if its machines cost less",
			{ onDemandWest: "bld: 0", more: "\nmax_hourly_cost: { bld: 40 }" },
			20 * 0.25 + 5 * 0.5,
		],
	])("has a cost that %s", (_what, limits, cost) => {
		change("bld.yml", "instance_type: c6i.xlarge", "instance_type: c6a.xlarge");
		limit({ ...limits, more: `on_demand_price: { c6i.xlarge: 0.5 }${limits.more ?? ""}` });
		expect(maximum().hourlyCost).toBe(cost);
	});
});
