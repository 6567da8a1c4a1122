import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
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
const PLACE = { ami: "ami-1", subnet_ids: ["subnet-1"], security_group_ids: ["sg-1"], instance_type: "c6i.xlarge" };
const BLD = { hostname: "bld-%03d", "us-west-2": PLACE, "us-east-1": PLACE };

let workspace: string;
beforeEach(() => {
	workspace = mkdtempSync(join(tmpdir(), "aws-watch-pending-config-"));
	write("watch.json", MAIN);
	write("bld", JSON.stringify(BLD, null, "\t"));
	write("tst.json", JSON.stringify({ "us-east-1": PLACE }));
});
afterEach(() => rmSync(workspace, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(workspace, file), text);
const load = (file = "watch.json", regions: string[] | null = null) => loadConfig(file, { workspace, regions });
function faultsOf(file = "watch.json", regions: string[] | null = null): readonly Diagnostic[] {
	try {
		load(file, regions);
		return [];
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		return error.faults;
	}
}
/** The faults of the main file with one of its texts replaced. */
const faultsWith = (text: string, replacement: string) => {
	expect(MAIN).toContain(text);
	write("watch.json", MAIN.replace(text, replacement));
	return faultsOf().map(formatDiagnostic);
};

describe("a sound configuration", () => {
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

	it("is frozen through and through", () => {
		const { policy } = load();
		expect(Object.isFrozen(policy.types["bld"]?.regions["us-west-2"]?.subnetIds)).toBe(true);
		expect(Object.isFrozen(policy.spotRules["bld"]?.[0])).toBe(true);
	});

	it("is used in the regions of the input where it names some", () => {
		expect(load("watch.json", ["us-east-1"]).regions).toEqual(["us-east-1"]);
	});

	it("may be YAML, and says the same", () => {
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

	it("keeps the order of patterns, also of those that look like numbers", () => {
		write("watch.json", MAIN.replace('"^Linux .*": "bld"', '"z": "bld", "1": "bld"'));
		expect(load().policy.builderMap.map(({ source }) => source)).toEqual(["z", "1", "^Ubuntu .*"]);
	});

	it("may name a Graphite, by the original's keys", () => {
		const keys = '{ "graphite_host": "graphite.example", "graphite_port": 2003, "graphite_prefix": "releng.aws",';
		write("watch.json", MAIN.replace("{", keys));
		expect(load().warnings).toEqual([]);
		expect(load().policy.graphite).toEqual({ host: "graphite.example", port: 2003, prefix: "releng.aws" });
	});

	it("names no Graphite where a key of it is missing, of which a warning tells", () => {
		write("watch.json", MAIN.replace("{", '{ "graphite_port": 2003,'));
		expect(load().policy.graphite).toBeNull();
		expect(load().warnings.map(formatDiagnostic)).toEqual([
			"watch.json:1:3: no metrics are sent to Graphite: that takes graphite_host and graphite_prefix, too",
		]);
	});

	it.each([
		['"graphite_host": "http://graphite"', "graphite_host must be the name or address of a host"],
		['"graphite_port": 65536', "graphite_port must be 65535 at most"],
		['"graphite_prefix": "a b"', "graphite_prefix must be letters, digits"],
		['"graphite_prefix": "a."', "graphite_prefix must be letters, digits"],
	])("refuses %s", (entry, message) => {
		expect(faultsWith("{", `{ ${entry},`)[0]).toContain(message);
	});

	it("may list names and ranges of them, and carry user data, certificates and a launch template", () => {
		write(
			"watch.json",
			MAIN.replace(
				"{",
				'{ "pending": { "min_age": 30, "max_age": 86400 }, "certs": { "url": "https://puppet.example/{fqdn}", "cache_dir": "certs" },',
			),
		);
		const place = { ...PLACE, puppet_server: "puppet", launch_template: { name: "builders", version: 3 } };
		write("bld", JSON.stringify({ names: ["first", "bld-{008..011}"], "us-west-2": place, "us-east-1": place }));
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

	it("may be the example, and the original's own", () => {
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

describe("faults of the main file", () => {
	it.each([
		[
			"an unknown key",
			'"ondemand"',
			'"on_demand"',
			/^watch\.json:11:2: unknown key on_demand; did you mean "ondemand"\?/,
		],
		[
			"an unknown key inside",
			'"bid_price"',
			'"bid_pric"',
			/^watch\.json:8:\d+: unknown key spot\.rules\.bld\[0\]\.bid_pric; did you mean "bid_price"/,
		],
		[
			"a negative limit",
			'"bld": 100',
			'"bld": -1',
			/^watch\.json:9:\d+: spot\.limits\.us-west-2\.bld must be a whole number, 0 or more, not "-1"/,
		],
		[
			"a fractional limit",
			'"bld": 10 }',
			'"bld": 1.5 }',
			/^watch\.json:11:\d+: ondemand\.limits\.global\.bld must be a whole number.*"1\.5"/,
		],
		["a limit in quotes", '"bld": 100', '"bld": "100"', /^watch\.json:9:.*whole number/],
		[
			"a negative priority",
			'"us-west-2": 4',
			'"us-west-2": -4',
			/^watch\.json:2:.*region_priorities\.us-west-2 must be a whole number/,
		],
		["a bid of nothing", "0.25", "0", /^watch\.json:8:.*bid_price must be a number above 0/],
		["a missing bid", ', "bid_price": 0.25', "", /^watch\.json:8:.*lacks the key "bid_price"/],
		[
			"a region that is none",
			'"us-west-2": {',
			'"uswest2": {',
			/^watch\.json:9:.*neither "global" nor the name of an AWS region/,
		],
		["a type that is no text", '"tst"', "7", /^watch\.json:5:.*must be text.*"7"/],
		["a type that is a path", '"tst"', '"../tst"', /^watch\.json:5:.*cannot be the name of an instance type/],
		["a type that every object has", '"tst"', '"constructor"', /^watch\.json:5:.*cannot be the name/],
		[
			"a type without file",
			'"tst"',
			'"tst-linux"',
			/^watch\.json:5:3: the instance type "tst-linux" has no file: looked for tst-linux, tst-linux\.json, tst-linux\.yml, tst-linux\.yaml/,
		],
		[
			"a pattern that does not compile",
			"^Linux .*",
			"^Linux (.*",
			/^watch\.json:4:3: the pattern "\^Linux \(\.\*" does not compile: this parenthesis is not closed \(at character 8/,
		],
		[
			"a key given twice",
			'"^Ubuntu .*"',
			'"^Linux .*"',
			/^watch\.json:5:3: the key "\^Linux \.\*" is given twice: in line 4 and in line 5/,
		],
		["a trailing comma", '"tst"\n', '"tst",\n', /^watch\.json:5:22: not valid JSON: a comma stands before "}"/],
		[
			"an age window that hides all",
			'"ondemand"',
			'"pending": { "min_age": 60, "max_age": 59 }, "ondemand"',
			/^watch\.json:11:\d+: pending hides every request: its min_age is above its max_age/,
		],
		[
			"a certificate server without TLS",
			'"ondemand"',
			'"certs": { "url": "http://x/{fqdn}", "cache_dir": "c" }, "ondemand"',
			/^watch\.json:11:\d+: certs\.url must be an https URL with "\{fqdn\}"/,
		],
		[
			"a certificate URL without the name",
			'"ondemand"',
			'"certs": { "url": "https://x/", "cache_dir": "c" }, "ondemand"',
			/certs\.url must be an https URL/,
		],
		[
			"a type tag of AWS",
			'"ondemand"',
			'"type_tag": "aws:type", "ondemand"',
			/^watch\.json:11:\d+: type_tag must not begin with "aws:"/,
		],
		[
			"a role of another partition, for a region",
			'"ondemand"',
			'"roles": { "us-east-1": "arn:aws-cn:iam::123456789012:role/x" }, "ondemand"',
			/^watch\.json:11:\d+: roles\.us-east-1 is a role of the partition aws-cn, and us-east-1 is of aws$/,
		],
		[
			"a role of another partition, for a type",
			'"ondemand"',
			'"roles": { "bld": "arn:aws-us-gov:iam::123456789012:role/x" }, "ondemand"',
			/^watch\.json:11:\d+: roles\.bld is a role of the partition aws-us-gov, and us-\w+-\d is of aws$/,
		],
		[
			"a jacuzzi of two kinds",
			'"ondemand"',
			'"jacuzzi": { "url": "http://a", "builders": {} }, "ondemand"',
			/^watch\.json:11:\d+: jacuzzi must have one of url, builders and buildbot/,
		],
		[
			"a jacuzzi of Buildbot's that is off",
			'"ondemand"',
			'"jacuzzi": { "buildbot": false }, "ondemand"',
			/jacuzzi\.buildbot must be true, or not be there/,
		],
		[
			"a jacuzzi URL that is none",
			'"ondemand"',
			'"jacuzzi": { "url": "allocator" }, "ondemand"',
			/jacuzzi\.url must be an http or https URL/,
		],
		[
			"a missing brace",
			'\t"ondemand": { "limits": { "global": { "bld": 10 } } }\n}',
			"",
			/^watch\.json:\d+:\d+: not valid JSON/,
		],
		["no region in use", '"us-west-2": 4, "us-east-1": 5', '"us-west-2": 0', /^watch\.json:2:2: no region is in use/],
		[
			"a region that no type configures",
			'"us-west-1": 0',
			'"us-west-1": 1',
			/^watch\.json:2:\d+: the region us-west-1 is in use, and no instance type's file configures it/,
		],
		[
			"a limit for a type where its file lacks the region",
			'{ "bld": 100 }',
			'{ "bld": 100, "tst": 5 }',
			/^watch\.json:9:\d+: "tst" may have 5 spot instances in us-west-2, but its file does not configure/,
		],
	])("%s", (_what, text, replacement, expected) => {
		const faults = faultsWith(text, replacement);
		expect(faults).toContainEqual(expect.stringMatching(expected));
	});

	it.each([
		"role/x",
		"arn:aws:iam::1234:role/x",
		"arn:aws:iam::123456789012:user/x",
		"arn:aws:iam::123456789012:role/",
	])("the role %s", (role) => {
		expect(faultsWith('"ondemand"', `"roles": { "us-east-1": "${role}" }, "ondemand"`)).toEqual([
			expect.stringMatching(
				/^watch\.json:11:\d+: roles\.us-east-1 must be the ARN of an IAM role, such as arn:aws:iam::/,
			),
		]);
	});

	it("are told all at once, with those of the type files", () => {
		write("bld", JSON.stringify({ ...BLD, hostname: "bld" }));
		write("watch.json", MAIN.replace("0.25", "-1").replace("^Ubuntu .*", "[").replace("100", "1.5"));
		expect(faultsOf()).toHaveLength(4);
	});

	it("name a file that is not there", () => {
		expect(faultsOf("nosuch.json").map(formatDiagnostic)).toEqual(["nosuch.json: the file does not exist"]);
	});

	it("have line and column in YAML too", () => {
		write("watch.yml", "buildermap:\n  ^Linux: bld\n ondemand: {}\n");
		expect(faultsOf("watch.yml").map(formatDiagnostic)[0]).toMatch(/^watch\.yml:3:\d+: not valid YAML/);
	});
});

describe("faults of a type file", () => {
	it.each([
		[
			"lacks a key",
			{ ...BLD, "us-west-2": { ...PLACE, ami: undefined } },
			/^bld:\d+:\d+: us-west-2 lacks the key "ami"/,
		],
		[
			"has no subnets",
			{ ...BLD, "us-west-2": { ...PLACE, subnet_ids: [] } },
			/^bld:\d+:\d+: us-west-2\.subnet_ids must not be empty/,
		],
		["has a name pattern without number", { ...BLD, hostname: "bld" }, /^bld:2:2: hostname must hold one "%d"/],
		[
			"has an image that is none",
			{ ...BLD, "us-west-2": { ...PLACE, ami: "linux" } },
			/us-west-2\.ami must be an image id.*"linux"/,
		],
		[
			"has a device of no size",
			{ ...BLD, "us-west-2": { ...PLACE, device_map: { "/dev/sda1": { size: 0.5 } } } },
			/us-west-2\.device_map\["\/dev\/sda1"\]\.size must be a whole number/,
		],
		[
			"has a tag of AWS",
			{ ...BLD, "us-west-2": { ...PLACE, tags: { "aws:x": "1" } } },
			/us-west-2\.tags\["aws:x"\] must not begin with "aws:"/,
		],
		[
			"has a tag that the metadata cannot show",
			{ ...BLD, "us-west-2": { ...PLACE, tags: { "cost centre": "1" } } },
			/us-west-2\.tags\["cost centre"\] cannot be the key of a tag/,
		],
		[
			"has a tag that is too long",
			{ ...BLD, "us-west-2": { ...PLACE, tags: { a: "x".repeat(257) } } },
			/us-west-2\.tags\.a must be 256 characters at most/,
		],
		[
			"has too many tags",
			{
				...BLD,
				"us-west-2": {
					...PLACE,
					tags: Object.fromEntries(Array.from({ length: 45 }, (_, index) => [`t${index}`, ""])),
				},
			},
			/us-west-2\.tags must be 44 tags at most/,
		],
		["has names and a hostname", { ...BLD, names: ["a"] }, /^bld:\d+:2: names and hostname are both given/],
		[
			"has a name twice",
			{ ...BLD, hostname: undefined, names: ["bld-{1..3}", "bld-2"] },
			/^bld:\d+:2: names has "bld-2" twice/,
		],
		[
			"has a range that runs backwards",
			{ ...BLD, hostname: undefined, names: ["bld-{3..1}"] },
			/names\[0\] must be a name, or a range of names/,
		],
		[
			"has a launch template without id and name",
			{ ...BLD, "us-west-2": { ...PLACE, launch_template: { version: 1 } } },
			/us-west-2\.launch_template must have either an id or a name/,
		],
		["has a region that is no map", { ...BLD, "us-west-2": 1 }, /^bld:\d+:\d+: us-west-2 must be a map/],
	])("%s", (_what, content, expected) => {
		write("bld", JSON.stringify(content, null, "\t"));
		expect(faultsOf().map(formatDiagnostic)).toEqual([expect.stringMatching(expected)]);
	});

	it.each([
		[
			"{hostname}",
			{ ...BLD, hostname: undefined },
			'bld.user-data:1:1: {hostname} has no value: the type has neither "hostname" nor "names"',
		],
		[
			"x\n{puppet_server}",
			BLD,
			'bld.user-data:2:1: {puppet_server} has no value: "puppet_server" is not set for us-west-2, us-east-1',
		],
		["{certs}", BLD, 'bld.user-data:1:1: {certs} has no value: it needs "certs" in the main file, and names'],
		["{hostnam}", BLD, expect.stringMatching(/^bld\.user-data:1:1: unknown placeholder/)],
	])("are what its user data %j lacks", (template, content, expected) => {
		write("bld", JSON.stringify(content));
		write("bld.user-data", template);
		expect(faultsOf().map(formatDiagnostic)).toEqual([expected]);
	});

	it("stand in the folder of the main file", () => {
		mkdirSync(join(workspace, "sub"));
		write("sub/watch.json", MAIN);
		write("sub/tst", JSON.stringify({ "us-east-1": PLACE }));
		write("sub/bld", "{");
		expect(faultsOf("sub/watch.json").map(formatDiagnostic)).toEqual([
			expect.stringMatching(/^sub\/bld:1:2: not valid JSON/),
		]);
	});

	it("are several files of one type", () => {
		write("bld.yml", "{}");
		expect(faultsOf().map(formatDiagnostic)).toEqual([
			expect.stringMatching(/^watch\.json:4:3: .*several files.*bld, bld\.yml/),
		]);
	});

	it("are not keys of other tools", () => {
		write("bld", JSON.stringify({ ...BLD, distro: "centos", "us-west-2": { ...PLACE, loaner_security_group_ids: 7 } }));
		expect(faultsOf()).toEqual([]);
	});
});

test("roles are those of regions and of types", () => {
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
])("a role in %s is of the partition %s", (region, partition) => {
	write("tst.json", JSON.stringify({ [region]: PLACE }));
	write(
		"watch.json",
		MAIN.replace('"ondemand"', `"roles": { "tst": "arn:${partition}:iam::123456789012:role/x" }, "ondemand"`),
	);
	expect(faultsOf("watch.json", [region])).toEqual([]);
});

describe("warnings", () => {
	it.each([
		[
			"a misspelt type in rules",
			'"rules": { "bld"',
			'"rules": { "bdl"',
			/^watch\.json:8:\d+: spot\.rules names the instance type "bdl".*did you mean "bld"/,
		],
		[
			"a misspelt type in roles",
			'"ondemand"',
			'"roles": { "blb": "arn:aws:iam::123456789012:role/x" }, "ondemand"',
			/^watch\.json:11:\d+: roles names the instance type "blb", to which.*did you mean "bld"/,
		],
		[
			"a region that is not used in roles",
			'"ondemand"',
			'"roles": { "us-west-3": "arn:aws:iam::123456789012:role/x" }, "ondemand"',
			/^watch\.json:11:\d+: roles names the region us-west-3, which region_priorities does not.*did you mean "us-west-\d"/,
		],
		[
			"a misspelt type in limits",
			'"global": { "bld"',
			'"global": { "bldd"',
			/^watch\.json:11:\d+: ondemand\.limits\.global names .*"bldd".*did you mean "bld"/,
		],
		[
			"a region without priority",
			'"limits": { "us-west-2"',
			'"limits": { "us-west-3"',
			/^watch\.json:9:\d+: spot\.limits names the region us-west-3.*did you mean "us-west-1"|"us-west-2"/,
		],
	])("%s", (_what, text, replacement, expected) => {
		expect(MAIN).toContain(text);
		write("watch.json", MAIN.replace(text, replacement));
		expect(load().warnings.map(formatDiagnostic)).toEqual([expect.stringMatching(expected)]);
	});

	it("a type with none of the regions in use", () => {
		expect(load("watch.json", ["us-west-2"]).warnings.map(formatDiagnostic)).toEqual([
			'watch.json:5:3: the file of "tst" configures none of the regions in use',
		]);
	});
});
