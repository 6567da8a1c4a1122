import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { loadConfig, readSources } from "../../src/config/load.ts";
import { ConfigError, type Diagnostic, formatDiagnostic } from "../../src/errors.ts";

const REFERENCE = resolve(import.meta.dirname, "fixtures/reference");
const MAIN = `{
	"region_priorities": { "us-west-2": 4, "us-east-1": 5, "us-west-1": 0 },
	"buildermap": {
		"^Linux .*": "bld",
		"^Ubuntu .*": "tst"
	},
	"spot": {
		"rules": { "bld": [{ "instance_type": "c6i.xlarge", "bid_price": 0.25 }] },
		"limits": { "us-west-2": { "bld": 100 } }
	},
	"ondemand": { "limits": { "global": { "bld": 10 } } }
}
`;
const REGION = { ami: "ami-1", subnet_ids: ["subnet-1"], security_group_ids: ["sg-1"], instance_type: "c6i.xlarge" };
const BLD = { hostname: "bld-%03d", "us-west-2": REGION, "us-east-1": REGION };

let workspace: string;
beforeEach(() => {
	workspace = mkdtempSync(join(tmpdir(), "aws-watch-pending-config-"));
	write("watch.json", MAIN);
	write("bld", JSON.stringify(BLD, null, "\t"));
	write("tst.json", JSON.stringify({ "us-east-1": REGION }));
});
afterEach(() => rmSync(workspace, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(workspace, file), text);
const load = (file = "watch.json", regions: string[] | null = null) => loadConfig(file, { workspace, regions });
function diagnosticsOf(file = "watch.json", regions: string[] | null = null): readonly Diagnostic[] {
	try {
		load(file, regions);
		return [];
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		return error.diagnostics;
	}
}
/** The diagnostics after one text of the main file is replaced. */
const diagnosticsWith = (text: string, replacement: string) => {
	expect(MAIN).toContain(text);
	write("watch.json", MAIN.replace(text, replacement));
	return diagnosticsOf().map(formatDiagnostic);
};

describe("a valid configuration", () => {
	it("becomes a policy", () => {
		const { policy, regions, warnings } = load();
		expect(regions).toEqual(["us-west-2", "us-east-1"]);
		expect(warnings).toEqual([]);
		expect(policy).toMatchObject({
			typeTag: "moz-type",
			builderMap: [
				{ source: "^Linux .*", line: 4, mozType: "bld" },
				{ source: "^Ubuntu .*", line: 5, mozType: "tst" },
			],
			regionPriorities: { "us-west-2": 4, "us-east-1": 5, "us-west-1": 0 },
			spotRules: { bld: [{ instanceType: "c6i.xlarge", bidPrice: 0.25, performanceConstant: 1, ignoredAzs: [] }] },
			spotLimits: { global: {}, regions: { "us-west-2": { bld: 100 } } },
			onDemandLimits: { global: { bld: 10 }, regions: {} },
			pending: { minAge: null, maxAge: null },
			heuristics: { freshInstanceDelay: 1200, freshInstanceDelayJacuzzi: 1200, oldDivisor: 10, scope: "lifecycle" },
		});
		expect(policy.types["bld"]).toMatchObject({ hostname: "bld-%03d" });
		expect(policy.types["tst"]).toMatchObject({ hostname: null });
	});

	it("is deeply frozen", () => {
		const { policy } = load();
		expect(Object.isFrozen(policy.types["bld"]?.regions["us-west-2"]?.subnetIds)).toBe(true);
		expect(Object.isFrozen(policy.spotRules["bld"]?.[0])).toBe(true);
	});

	it("is used in the regions of the input if it names any", () => {
		expect(load("watch.json", ["us-east-1"]).regions).toEqual(["us-east-1"]);
	});

	it("gives the same policy in YAML", () => {
		const yaml = `
region_priorities: { us-west-2: 4, us-east-1: 5, us-west-1: 0 }
buildermap:
  ^Linux .*: bld
  ^Ubuntu .*: tst
spot:
  rules: { bld: [{ instance_type: c6i.xlarge, bid_price: 0.25 }] }
  limits: { us-west-2: { bld: 100 } }
ondemand: { limits: { global: { bld: 10 } } }
`;
		write("watch.yml", yaml);
		const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
		expect(plain(load("watch.yml"))).toEqual(plain(load()));
	});

	it("keeps the order of patterns, even of those that look like numbers", () => {
		write("watch.json", MAIN.replace('"^Linux .*": "bld"', '"z": "bld", "1": "bld"'));
		expect(load().policy.builderMap.map(({ source }) => source)).toEqual(["z", "1", "^Ubuntu .*"]);
	});

	it("can name a Graphite server by the original's keys", () => {
		const keys = '{ "graphite_host": "graphite.example", "graphite_port": 2003, "graphite_prefix": "releng.aws",';
		write("watch.json", MAIN.replace("{", keys));
		expect(load().warnings).toEqual([]);
		expect(load().policy.graphite).toEqual({ host: "graphite.example", port: 2003, prefix: "releng.aws" });
	});

	const [host, port, prefix] = ['"graphite_host": "graphite"', '"graphite_port": 2003', '"graphite_prefix": "releng"'];
	it.each([
		["the port alone", [port], '"graphite_host" and "graphite_prefix"'],
		["the host alone", [host], '"graphite_port" and "graphite_prefix"'],
		["no host", [port, prefix], '"graphite_host"'],
		["no port", [host, prefix], '"graphite_port"'],
		["no prefix", [host, port], '"graphite_prefix"'],
	])("names no Graphite server if it has %s, and warns", (_what, entries, missing) => {
		write("watch.json", MAIN.replace("{", `{ ${entries.join(", ")},`));
		expect(load().policy.graphite).toBeNull();
		expect(load().warnings.map(formatDiagnostic)).toEqual([
			`watch.json:1:3: no metrics will be sent to Graphite; also set ${missing}`,
		]);
	});

	it.each<[string, string, object]>([
		["no jacuzzi", "", { jacuzzi: null }],
		[
			"a jacuzzi with a URL",
			'"jacuzzi": { "url": "http://allocator/v1" },',
			{ jacuzzi: { url: "http://allocator/v1" } },
		],
		[
			"a jacuzzi with lists of workers",
			'"jacuzzi": { "builders": { "Linux a": ["w1"] } },',
			{ jacuzzi: { builders: { "Linux a": ["w1"] } } },
		],
		["a jacuzzi that is Buildbot", '"jacuzzi": { "buildbot": true },', { jacuzzi: { buildbot: true } }],
		["a type tag", '"type_tag": "builder-type",', { typeTag: "builder-type" }],
		[
			"an age window of one second",
			'"pending": { "min_age": 60, "max_age": 60 },',
			{ pending: { minAge: 60, maxAge: 60 } },
		],
	])("can have %s", (_what, entry, expected) => {
		write("watch.json", MAIN.replace("{", `{ ${entry}`));
		expect(load().policy).toMatchObject(expected);
	});

	it("has rules for Linux unless they name another product", () => {
		write(
			"watch.json",
			MAIN.replace("0.25 }", '0.25 }, { "instance_type": "a", "bid_price": 1, "product_description": "Windows" }'),
		);
		expect(load().policy.spotRules).toMatchObject({
			bld: [{ productDescription: "Linux/UNIX" }, { productDescription: "Windows" }],
		});
	});

	it("may have a spot limit of 0 in a region that the type's file lacks", () => {
		write("watch.json", MAIN.replace('{ "bld": 100 }', '{ "bld": 100, "tst": 0 }'));
		expect(load().policy.spotLimits.regions).toEqual({ "us-west-2": { bld: 100, tst: 0 } });
	});

	it("may have a role for a region in another partition in which no type is configured", () => {
		const roles =
			'"us-gov-west-1": "arn:aws-us-gov:iam::123456789012:role/x", "bld": "arn:aws:iam::123456789012:role/y"';
		write("watch.json", MAIN.replace("{", `{ "roles": { ${roles} },`));
		write("tst.json", JSON.stringify({ "us-gov-west-1": REGION }));
		expect(diagnosticsOf("watch.json", ["us-west-2", "us-east-1", "us-gov-west-1"])).toEqual([]);
	});

	it.each([
		['"graphite_host": "http://graphite"', '"graphite_host" must be a host name or address'],
		['"graphite_port": 65536', '"graphite_port" must not exceed 65535 (found 65536)'],
		['"graphite_prefix": "a b"', '"graphite_prefix" must be words of letters, digits'],
		['"graphite_prefix": "a."', '"graphite_prefix" must be words of letters, digits'],
	])("rejects %s", (entry, message) => {
		expect(diagnosticsWith("{", `{ ${entry},`)[0]).toContain(message);
	});

	it("can have lists and ranges of names, user data, certificates, and a launch template", () => {
		write(
			"watch.json",
			MAIN.replace(
				"{",
				'{ "pending": { "min_age": 30, "max_age": 86400 }, "certs": { "url": "https://puppet.example/{fqdn}", "cache_dir": "certs" },',
			),
		);
		const region = { ...REGION, puppet_server: "puppet", launch_template: { name: "builders", version: 3 } };
		write("bld", JSON.stringify({ names: ["first", "bld-{008..011}"], "us-west-2": region, "us-east-1": region }));
		write("bld.user-data", "{fqdn} {puppet_server} {certs} {{}}");
		const { policy } = load();
		expect(policy.pending).toEqual({ minAge: 30, maxAge: 86_400 });
		expect(policy.certs).toEqual({ url: "https://puppet.example/{fqdn}", cacheDir: "certs" });
		expect(policy.types["bld"]).toMatchObject({
			names: ["first", "bld-008", "bld-009", "bld-010", "bld-011"],
			regions: { "us-west-2": { puppetServer: "puppet", launchTemplate: { idOrName: "builders", version: "3" } } },
		});
		expect(policy.types["bld"]?.userData).toContainEqual({ field: "puppet_server" });
	});

	it("may state on-demand prices and what a type may cost per hour", () => {
		const keys = '"on_demand_price": { "c6i.xlarge": 0.17 }, "max_hourly_cost": { "bld": 2.5, "bdl": 0 }, "ondemand"';
		write("watch.json", MAIN.replace('"ondemand"', keys));
		const { policy, warnings } = load();
		expect(policy.onDemandPrices).toEqual({ "c6i.xlarge": 0.17 });
		expect(policy.maxHourlyCosts).toEqual({ bld: 2.5, bdl: 0 });
		expect(warnings.map(formatDiagnostic)).toEqual([
			expect.stringMatching(/"max_hourly_cost" names the instance type "bdl", .*; did you mean "bld"\?$/),
		]);
	});

	it("may spread spot machines over pools", () => {
		const two = '{ "pools": 2, "premium": 0 }';
		const spread = `"spread": { "bld": { "pools": 3, "premium": 0.1 }, "bdl": ${two}, "tst": ${two} }`;
		write("watch.json", MAIN.replace('"spot": {', `"spot": { ${spread},`));
		const { policy, warnings } = load();
		expect(policy.spotSpread).toMatchObject({ bld: { pools: 3, premium: 0.1 }, bdl: { pools: 2, premium: 0 } });
		expect(warnings.map(formatDiagnostic)).toEqual([
			expect.stringMatching(/"spot.spread" names the instance type "bdl", .*; did you mean "bld"\?$/),
			expect.stringMatching(/"spot.spread.tst" has no effect, because "spot.rules.tst" is missing; add rules, /),
		]);
	});

	it("can be the example, or the original's own files", () => {
		const root = resolve(import.meta.dirname, "../..");
		expect(loadConfig("configs/watch_pending.json", { workspace: root, regions: null })).toMatchObject({
			warnings: [],
			policy: { heuristics: { scope: "pool" } },
		});
		const { policy, warnings } = loadConfig("watch_pending.cfg", { workspace: REFERENCE, regions: null });
		expect(warnings).toEqual([]);
		expect(policy.builderMap.map(({ source }) => source)).toEqual(
			Object.keys(JSON.parse(readFileSync(join(REFERENCE, "watch_pending.cfg"), "utf8")).buildermap),
		);
		const region = policy.types["bld-linux64"]?.regions["us-east-1"];
		expect(region).toMatchObject({ ami: "ami-4dc07a26", sshKey: "aws-releng", usePublicIp: true });
		// The file names subnet-2da98346 twice.
		expect(region?.subnetIds).toHaveLength(6);
		expect(region?.deviceMap).toContainEqual({
			deviceName: "/dev/xvda",
			ephemeralName: null,
			size: null,
			volumeType: "gp2",
			iops: null,
			throughput: null,
			encrypted: null,
			deleteOnTermination: true,
		});
	});
});

describe("the main file is rejected for", () => {
	it.each([
		[
			"an unknown key",
			'"ondemand"',
			'"on_demand"',
			/^watch\.json:11:2: unknown key "on_demand"; did you mean "ondemand"\?/,
		],
		[
			"an unknown key like no other",
			'"ondemand"',
			'"zzz"',
			/^watch\.json:11:2: unknown key "zzz"\. Known keys: \$schema, buildermap, region_priorities, spot, on_demand_price, max_hourly_cost, ondemand, heuristics, type_tag, roles, jacuzzi, pending, certs, graphite_host, graphite_port, graphite_prefix\.$/,
		],
		["a missing key", '"buildermap"', '"builders"', /^watch\.json:1:1: missing key "buildermap"$/],
		[
			"an empty text",
			'"instance_type": "c6i.xlarge"',
			'"instance_type": ""',
			/^watch\.json:8:\d+: "spot\.rules\.bld\[0\]\.instance_type" must not be empty$/,
		],
		[
			"an unknown key inside",
			'"bid_price"',
			'"bid_pric"',
			/^watch\.json:8:\d+: unknown key "spot\.rules\.bld\[0\]\.bid_pric"; did you mean "bid_price"/,
		],
		[
			"a negative limit",
			'"bld": 100',
			'"bld": -1',
			/^watch\.json:9:\d+: "spot\.limits\.us-west-2\.bld" must be a whole number of at least 0 \(found -1\)$/,
		],
		[
			"a fractional limit",
			'"bld": 10 }',
			'"bld": 1.5 }',
			/^watch\.json:11:\d+: "ondemand\.limits\.global\.bld" must be a whole number of at least 0 \(found 1\.5\)$/,
		],
		...(
			[
				["one pool to spread over", 1, 0.1, /pools" must be a whole number of at least 2 \(found 1\)$/],
				["21 pools to spread over", 21, 0.1, /pools" must not exceed 20 \(found 21\)$/],
				["a premium in percent", 3, 10, /premium" must be a number from 0 to 1, such as 0.1 for 10 % \(found 10\)$/],
				["a negative premium", 3, -0.1, /premium" must be a number from 0 to 1/],
			] as const
		).map(([what, pools, premium, message]): [string, string, string, RegExp] => [
			what,
			'"spot": {',
			`"spot": { "spread": { "bld": { "pools": ${pools}, "premium": ${premium} } },`,
			message,
		]),
		[
			"a spread without a premium",
			'"spot": {',
			'"spot": { "spread": { "bld": { "pools": 3 } },',
			/^watch\.json:7:\d+: missing key "premium" in "spot\.spread\.bld"$/,
		],
		["a limit in quotes", '"bld": 100', '"bld": "100"', /^watch\.json:9:.*whole number of at least 0 \(found "100"\)$/],
		[
			"a negative priority",
			'"us-west-2": 4',
			'"us-west-2": -4',
			/^watch\.json:2:.*"region_priorities\.us-west-2" must be a whole number/,
		],
		["a bid of 0", "0.25", "0", /^watch\.json:8:.*bid_price" must be a number above 0/],
		[
			"a missing bid",
			', "bid_price": 0.25',
			"",
			/^watch\.json:8:22: missing key "bid_price" in "spot\.rules\.bld\[0\]"$/,
		],
		[
			"an invalid region",
			'"us-west-2": {',
			'"uswest2": {',
			/^watch\.json:9:.*the key "spot\.limits\.uswest2" must be "global" or an AWS region/,
		],
		[
			"a type that is not text",
			'"tst"',
			"7",
			/^watch\.json:5:3: "buildermap\['\^Ubuntu \.\*'\]" must be text in quotes \(found 7\)$/,
		],
		[
			"a type that is a path",
			'"tst"',
			'"../tst"',
			/^watch\.json:5:.*must be the name of an instance type.*\(found "\.\.\/tst"\)$/,
		],
		[
			"a type whose name JavaScript reserves",
			'"tst"',
			'"constructor"',
			/^watch\.json:5:.*must not be a word that JavaScript reserves \(found "constructor"\)/,
		],
		[
			"a type without a file",
			'"tst"',
			'"tst-linux"',
			/^watch\.json:5:3: instance type "tst-linux" has no file; create one of tst-linux, tst-linux\.json, tst-linux\.yml, tst-linux\.yaml/,
		],
		[
			"a pattern that does not compile",
			"^Linux .*",
			"^Linux (.*",
			/^watch\.json:4:3: the pattern "\^Linux \(\.\*" does not compile: unclosed "\(" \(at character 8/,
		],
		[
			"an empty builder map",
			'"^Linux .*": "bld",\n\t\t"^Ubuntu .*": "tst"',
			"",
			/^watch\.json:3:2: "buildermap" must contain at least one pattern$/,
		],
		[
			"a duplicate key",
			'"^Ubuntu .*"',
			'"^Linux .*"',
			/^watch\.json:5:3: duplicate key "\^Linux \.\*" \(lines 4 and 5\)$/,
		],
		["a trailing comma", '"tst"\n', '"tst",\n', /^watch\.json:5:22: invalid JSON: trailing comma before "}"$/],
		[
			"an age window that excludes every request",
			'"ondemand"',
			'"pending": { "min_age": 60, "max_age": 59 }, "ondemand"',
			/^watch\.json:11:\d+: "pending" excludes every request; "min_age" must not exceed "max_age"$/,
		],
		[
			"a certificate server without TLS",
			'"ondemand"',
			'"certs": { "url": "http://x/{fqdn}", "cache_dir": "c" }, "ondemand"',
			/^watch\.json:11:\d+: "certs\.url" must be an https URL that contains "\{fqdn\}"/,
		],
		[
			"a certificate URL without the name",
			'"ondemand"',
			'"certs": { "url": "https://x/", "cache_dir": "c" }, "ondemand"',
			/"certs\.url" must be an https URL/,
		],
		[
			"a type tag that AWS reserves",
			'"ondemand"',
			'"type_tag": "aws:type", "ondemand"',
			/^watch\.json:11:\d+: "type_tag" must not start with "aws:"/,
		],
		[
			"a type tag that has another meaning",
			'"ondemand"',
			'"type_tag": "moz-state", "ondemand"',
			/^watch\.json:11:\d+: "type_tag" must not be Name, FQDN, moz-created, moz-loaned-to, moz-names, moz-run-url, moz-state, which have other meanings \(found "moz-state"\)$/,
		],
		[
			"a certificate URL that contains an https URL",
			'"ondemand"',
			'"certs": { "url": "http://x/https://y/{fqdn}", "cache_dir": "c" }, "ondemand"',
			/"certs\.url" must be an https URL/,
		],
		[
			"a jacuzzi URL that contains an http URL",
			'"ondemand"',
			'"jacuzzi": { "url": "ftp://x/http://y" }, "ondemand"',
			/"jacuzzi\.url" must be an http or https URL/,
		],
		[
			"a region's role in another partition",
			'"ondemand"',
			'"roles": { "us-east-1": "arn:aws-cn:iam::123456789012:role/x" }, "ondemand"',
			/^watch\.json:11:\d+: "roles\.us-east-1" is a role in the partition aws-cn, but us-east-1 is in aws;/,
		],
		[
			"a type's role in another partition",
			'"ondemand"',
			'"roles": { "bld": "arn:aws-us-gov:iam::123456789012:role/x" }, "ondemand"',
			/^watch\.json:11:\d+: "roles\.bld" is a role in the partition aws-us-gov, but us-\w+-\d is in aws;/,
		],
		[
			"two kinds of jacuzzi",
			'"ondemand"',
			'"jacuzzi": { "url": "http://a", "builders": {} }, "ondemand"',
			/^watch\.json:11:\d+: "jacuzzi" must have exactly one of "url", "builders", and "buildbot"$/,
		],
		[
			"a jacuzzi of Buildbot that is turned off",
			'"ondemand"',
			'"jacuzzi": { "buildbot": false }, "ondemand"',
			/"jacuzzi\.buildbot" must be true if present/,
		],
		[
			"an invalid jacuzzi URL",
			'"ondemand"',
			'"jacuzzi": { "url": "allocator" }, "ondemand"',
			/"jacuzzi\.url" must be an http or https URL/,
		],
		[
			"a missing brace",
			'\t"ondemand": { "limits": { "global": { "bld": 10 } } }\n}',
			"",
			/^watch\.json:\d+:\d+: invalid JSON: unexpected end of file, expected a key in double quotes$/,
		],
		[
			"having no region in use",
			'"us-west-2": 4, "us-east-1": 5',
			'"us-west-2": 0',
			/^watch\.json:2:2: no region is in use/,
		],
		[
			"a region that no type configures",
			'"us-west-1": 0',
			'"us-west-1": 1',
			/^watch\.json:2:\d+: region "us-west-1" is in use, but no type file configures it;/,
		],
		[
			"a spot limit in a region that the type's file lacks",
			'{ "bld": 100 }',
			'{ "bld": 100, "tst": 5 }',
			/^watch\.json:9:\d+: "spot\.limits\.us-west-2\.tst" allows 5 spot instances, but the file of "tst" does not configure us-west-2;/,
		],
	])("%s", (_what, text, replacement, expected) => {
		const found = diagnosticsWith(text, replacement);
		expect(found).toContainEqual(expect.stringMatching(expected));
	});

	it.each([
		"role/x",
		"arn:aws:iam::1234:role/x",
		"arn:aws:iam::123456789012:user/x",
		"arn:aws:iam::123456789012:role/",
	])("the role %s", (role) => {
		expect(diagnosticsWith('"ondemand"', `"roles": { "us-east-1": "${role}" }, "ondemand"`)).toEqual([
			expect.stringMatching(
				/^watch\.json:11:\d+: "roles\.us-east-1" must be the ARN of an IAM role, such as arn:aws:iam::/,
			),
		]);
	});

	it("a missing file, of which nothing can be examined", () => {
		const message = "the file does not exist";
		expect(readSources("nosuch.json", { workspace, regions: null })).toEqual({
			errors: [{ file: "nosuch.json", line: null, column: null, message }],
			document: null,
			patterns: [],
			sources: null,
		});
	});

	it("a pattern that maps to a list, of which nothing can be examined", () => {
		write("watch.json", MAIN.replace('"^Ubuntu .*": "tst"', '"^Ubuntu .*": ["tst"]'));
		const { errors, patterns } = readSources("watch.json", { workspace, regions: null });
		expect(errors.map(formatDiagnostic)).toEqual([
			"watch.json:5:3: \"buildermap['^Ubuntu .*']\" must be text in quotes",
		]);
		expect(patterns.map(({ source }) => source)).toEqual(["^Linux .*"]);
	});

	it("a type whose name is a path, of which no file is looked for", () => {
		expect(diagnosticsWith('"tst"', '"../tst"')).toHaveLength(1);
	});

	it("a pattern that does not compile, whose type is configured in no region in use", () => {
		write("watch.json", MAIN.replace("^Ubuntu .*", "^Ubuntu (.*"));
		expect(diagnosticsOf("watch.json", ["us-west-2"]).map(formatDiagnostic)).toEqual([
			expect.stringMatching(/^watch\.json:5:3: the pattern .* does not compile/),
		]);
	});

	it("several errors at once, with those of the type files", () => {
		write("bld", JSON.stringify({ ...BLD, hostname: "bld" }));
		write("watch.json", MAIN.replace("0.25", "-1").replace("^Ubuntu .*", "[").replace("100", "1.5"));
		expect(diagnosticsOf()).toHaveLength(4);
	});

	it("not existing", () => {
		expect(diagnosticsOf("nosuch.json").map(formatDiagnostic)).toEqual(["nosuch.json: the file does not exist"]);
	});

	it("an error in YAML, with line and column", () => {
		write("watch.yml", "buildermap:\n  ^Linux: bld\n ondemand: {}\n");
		expect(diagnosticsOf("watch.yml").map(formatDiagnostic)[0]).toMatch(/^watch\.yml:3:\d+: invalid YAML/);
	});
});

describe("a type file is rejected because it", () => {
	it.each([
		[
			"lacks a key",
			{ ...BLD, "us-west-2": { ...REGION, ami: undefined } },
			/^bld:\d+:\d+: missing key "ami" in "us-west-2"$/,
		],
		[
			"has no subnets",
			{ ...BLD, "us-west-2": { ...REGION, subnet_ids: [] } },
			/^bld:\d+:\d+: "us-west-2\.subnet_ids" must not be empty/,
		],
		["has a name pattern without a number", { ...BLD, hostname: "bld" }, /^bld:2:2: "hostname" must contain one "%d"/],
		[
			"has an invalid image ID",
			{ ...BLD, "us-west-2": { ...REGION, ami: "linux" } },
			/"us-west-2\.ami" must be an image ID.*\(found "linux"\)/,
		],
		[
			"has a device with an invalid size",
			{ ...BLD, "us-west-2": { ...REGION, device_map: { "/dev/sda1": { size: 0.5 } } } },
			/"us-west-2\.device_map\['\/dev\/sda1'\]\.size" must be a whole number of at least 1/,
		],
		[
			"has a tag that AWS reserves",
			{ ...BLD, "us-west-2": { ...REGION, tags: { "aws:x": "1" } } },
			/the key "us-west-2\.tags\['aws:x'\]" must not start with "aws:"/,
		],
		[
			"has a tag that instance metadata can't show",
			{ ...BLD, "us-west-2": { ...REGION, tags: { "cost center": "1" } } },
			/the key "us-west-2\.tags\['cost center'\]" must be a tag key/,
		],
		[
			"has a tag that is too long",
			{ ...BLD, "us-west-2": { ...REGION, tags: { a: "x".repeat(257) } } },
			/"us-west-2\.tags\.a" must not exceed 256 characters/,
		],
		[
			"has too many tags",
			{
				...BLD,
				"us-west-2": {
					...REGION,
					tags: Object.fromEntries(Array.from({ length: 45 }, (_, index) => [`t${index}`, ""])),
				},
			},
			/"us-west-2\.tags" must not contain more than 44 tags/,
		],
		[
			"has a launch template with both an ID and a name",
			{ ...BLD, "us-west-2": { ...REGION, launch_template: { id: "lt-1", name: "builders" } } },
			/"us-west-2\.launch_template" must have exactly one of "id" and "name"$/,
		],
		[
			"has both names and a hostname",
			{ ...BLD, names: ["a"] },
			/^bld:\d+:2: "names" and "hostname" exclude each other; remove one of them$/,
		],
		[
			"has a duplicate name",
			{ ...BLD, hostname: undefined, names: ["bld-{1..3}", "bld-2"] },
			/^bld:\d+:2: duplicate name "bld-2" in "names"$/,
		],
		[
			"has ranges of too many names",
			{ names: ["a-{1..60000}", "b-{1..60000}"], "us-east-1": REGION },
			/"names" must not contain more than 100000 names/,
		],
		[
			"has a range of numbers that are not exact",
			{ names: ["a-{9007199254740993..9007199254740995}"], "us-east-1": REGION },
			/"names\[0\]" must be a name, or a range of names/,
		],
		[
			"has a range of very wide numbers",
			{ names: [`a-{${"0".repeat(500_000)}1..100}`], "us-east-1": REGION },
			/"names\[0\]" must be a name, or a range of names/,
		],
		[
			"has a range that runs backwards",
			{ ...BLD, hostname: undefined, names: ["bld-{3..1}"] },
			/"names\[0\]" must be a name, or a range of names/,
		],
		[
			"has a launch template without an ID or a name",
			{ ...BLD, "us-west-2": { ...REGION, launch_template: { version: 1 } } },
			/"us-west-2\.launch_template" must have exactly one of "id" and "name"/,
		],
		[
			"has a device that EC2 rejects",
			{ ...BLD, "us-west-2": { ...REGION, device_map: { "/dev/sdb": { size: 10, volume_type: "io1" } } } },
			/^bld:\d+:\d+: "us-west-2.device_map\['\/dev\/sdb'\].*iops.* is required for io1/,
		],
		...[".", "..", "_index", "straße", "a b", "aws:x"].map((key): [string, object, RegExp] => [
			`has the tag ${JSON.stringify(key)}`,
			{ ...BLD, "us-west-2": { ...REGION, tags: { [key]: "x" } } },
			/^bld:\d+:\d+: the key "us-west-2.tags/,
		]),
		[
			"has names that are too long",
			{ ...BLD, hostname: "bld-%0999999999d" },
			/^bld:2:2: "hostname" gives names of up to 1000000003 characters; the maximum is 255$/,
		],
		[
			"has names that are too long with their domain",
			{ ...BLD, hostname: "bld-%03d", "us-west-2": { ...REGION, domain: "d".repeat(248) } },
			/^bld:2:2: "hostname" gives names of up to 256 characters with its domain; the maximum is 255$/,
		],
		[
			"has a listed name that is too long",
			{ ...BLD, hostname: undefined, names: ["n".repeat(256)] },
			/^bld:\d+:2: "names" gives names of up to 256 characters/,
		],
		["has a region that is not a map", { ...BLD, "us-west-2": 1 }, /^bld:\d+:\d+: "us-west-2" must be a map/],
	])("%s", (_what, content, expected) => {
		write("bld", JSON.stringify(content, null, "\t"));
		expect(diagnosticsOf().map(formatDiagnostic)).toEqual([expect.stringMatching(expected)]);
	});

	it("with a long domain, but no names, is valid", () => {
		write("bld", JSON.stringify({ ...BLD, hostname: undefined, "us-west-2": { ...REGION, domain: "d".repeat(256) } }));
		expect(diagnosticsOf()).toEqual([]);
	});

	it.each([
		...["hostname", "fqdn", "names", "fqdns"].map((field): [string, object, string] => [
			`{${field}}`,
			{ ...BLD, hostname: undefined },
			`bld.user-data:1:1: {${field}} has no value; set "hostname" or "names" in the type file`,
		]),
		[
			"{certs}",
			BLD,
			'bld.user-data:1:1: {certs} has no value; set "certs" in the main file, and "hostname" or "names" in the type file',
		],
		["{hostnam}", BLD, expect.stringMatching(/^bld\.user-data:1:1: unknown placeholder/)],
	])("has user data %j, for which a value is missing", (template, content, expected) => {
		write("bld", JSON.stringify(content));
		write("bld.user-data", template);
		expect(diagnosticsOf().map(formatDiagnostic)).toEqual([expected]);
	});

	it("leaves {puppet_server} empty, as the original does on purpose", () => {
		const empty = { ...REGION, puppet_server: "" };
		write("bld", JSON.stringify({ ...BLD, "us-west-2": empty }));
		write("bld.user-data", "server={puppet_server}");
		expect(load().policy.types["bld"]?.regions).toMatchObject({
			"us-west-2": { puppetServer: "" },
			"us-east-1": { puppetServer: "" },
		});
	});

	it("is missing, and a file has nearly its name", () => {
		write("try-linux64.json", JSON.stringify({ "us-west-2": REGION }));
		write("try-linxu64.user-data", "");
		write("watch.json", MAIN.replace('"tst"', '"try-linxu64"'));
		expect(diagnosticsOf().map(formatDiagnostic)).toEqual([
			'watch.json:5:3: instance type "try-linxu64" has no file; did you mean "try-linux64"? Otherwise, create one of try-linxu64, try-linxu64.json, try-linxu64.yml, try-linxu64.yaml',
		]);
	});

	it("is the only one that configures a region, and its pattern does not compile", () => {
		write("bld", JSON.stringify({ "us-east-1": REGION }));
		write("tst.json", JSON.stringify({ "us-west-2": REGION }));
		write("watch.json", MAIN.replace("^Ubuntu .*", "^Ubuntu (.*").replace('{ "us-west-2": { "bld": 100 } }', "{}"));
		expect(diagnosticsOf().map(formatDiagnostic)).toEqual([
			expect.stringMatching(/^watch\.json:5:3: the pattern .* does not compile/),
		]);
	});

	it("is invalid JSON, also in another folder", () => {
		mkdirSync(join(workspace, "sub"));
		write("sub/watch.json", MAIN);
		write("sub/tst", JSON.stringify({ "us-east-1": REGION }));
		write("sub/bld", "{");
		expect(diagnosticsOf("sub/watch.json").map(formatDiagnostic)).toEqual([
			expect.stringMatching(/^sub\/bld:1:2: invalid JSON/),
		]);
	});

	it("is one of several files of the same type", () => {
		write("bld.yml", "{}");
		expect(diagnosticsOf().map(formatDiagnostic)).toEqual([
			expect.stringMatching(/^watch\.json:4:3: instance type "bld" has several files; keep one of bld, bld\.yml$/),
		]);
	});
});

describe("a type file may have", () => {
	const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, ""]));

	it.each<[string, object]>([
		["44 tags", { ...BLD, "us-west-2": { ...REGION, tags: tags(44) } }],
		["a tag that contains the prefix of AWS", { ...BLD, "us-west-2": { ...REGION, tags: { "my-aws:x": "1" } } }],
		["a launch template with an ID", { ...BLD, "us-west-2": { ...REGION, launch_template: { id: "lt-1" } } }],
		["100,000 names", { ...BLD, hostname: undefined, names: ["{1..60000}", "{60001..100000}"] }],
		["a name of 255 characters", { ...BLD, hostname: undefined, names: ["n".repeat(255)] }],
		["names of 255 characters with their domain", { ...BLD, "us-west-2": { ...REGION, domain: "d".repeat(247) } }],
		[
			"a long domain without names",
			{ ...BLD, hostname: undefined, "us-west-2": { ...REGION, domain: "d".repeat(254) } },
		],
	])("%s", (_what, content) => {
		write("bld", JSON.stringify(content));
		expect(diagnosticsOf()).toEqual([]);
	});
});

test("keys of other tools in a type file are ignored", () => {
	write("bld", JSON.stringify({ ...BLD, distro: "centos", "us-west-2": { ...REGION, loaner_security_group_ids: 7 } }));
	expect(diagnosticsOf()).toEqual([]);
});

test("roles are keyed by region or by instance type", () => {
	const [region, type] = ["region", "a/path/to/type"].map((name) => `arn:aws:iam::123456789012:role/${name}`);
	write(
		"watch.json",
		MAIN.replace('"ondemand"', `"roles": { "us-east-1": "${region}", "bld": "${type}" }, "ondemand"`),
	);
	expect(load().policy.roles).toEqual({ regions: { "us-east-1": region }, types: { bld: type } });
	expect(load().warnings).toEqual([]);
});

test.each([
	["us-gov-west-1", "aws-us-gov"],
	["cn-north-1", "aws-cn"],
	["us-isob-east-1", "aws-iso-b"],
	["eu-west-1", "aws"],
])("a role for %s must be in the partition %s", (region, partition) => {
	write("tst.json", JSON.stringify({ [region]: REGION }));
	write(
		"watch.json",
		MAIN.replace('"ondemand"', `"roles": { "tst": "arn:${partition}:iam::123456789012:role/x" }, "ondemand"`),
	);
	expect(diagnosticsOf("watch.json", [region])).toEqual([]);
});

describe("a warning reports", () => {
	it.each([
		[
			"a misspelled type in rules",
			'"rules": { "bld"',
			'"rules": { "bdl"',
			/^watch\.json:8:\d+: "spot\.rules" names the instance type "bdl", but no pattern in "buildermap" maps to it; did you mean "bld"/,
		],
		[
			"a misspelled type in roles",
			'"ondemand"',
			'"roles": { "blb": "arn:aws:iam::123456789012:role/x" }, "ondemand"',
			/^watch\.json:11:\d+: "roles" names the instance type "blb", but no pattern.*did you mean "bld"/,
		],
		[
			"a region of a role that is not in use",
			'"ondemand"',
			'"roles": { "us-west-3": "arn:aws:iam::123456789012:role/x" }, "ondemand"',
			/^watch\.json:11:\d+: "roles" names the region "us-west-3", but "region_priorities" does not; did you mean "us-west-\d"/,
		],
		[
			"a misspelled type in limits",
			'"global": { "bld"',
			'"global": { "bldd"',
			/^watch\.json:11:\d+: "ondemand\.limits\.global" names .*"bldd".*did you mean "bld"/,
		],
		[
			"a region without a priority",
			'"limits": { "us-west-2"',
			'"limits": { "us-west-3"',
			/^watch\.json:9:\d+: "spot\.limits" names the region "us-west-3".*did you mean "us-west-1"|"us-west-2"/,
		],
	])("%s", (_what, text, replacement, expected) => {
		expect(MAIN).toContain(text);
		write("watch.json", MAIN.replace(text, replacement));
		expect(load().warnings.map(formatDiagnostic)).toEqual([expect.stringMatching(expected)]);
	});

	it("a type that is configured for none of the regions in use", () => {
		expect(load("watch.json", ["us-west-2"]).warnings.map(formatDiagnostic)).toEqual([
			'watch.json:5:3: instance type "tst" is never launched, because its file configures none of the regions in use',
		]);
	});
});
