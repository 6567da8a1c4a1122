import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readDocument } from "../../src/config/document/document.ts";
import { readTypeFile } from "../../src/config/type-files.ts";
import { formatDiagnostic } from "../../src/errors.ts";

const REGION = `
  ami: ami-1
  subnet_ids: [subnet-1]
  security_group_ids: [sg-1]
  instance_type: c6i.xlarge
`;

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-type-files-"));
	write("watch.yml", "buildermap:\n  ^Linux: bld\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(join(folder, file), text);

/** The type file, with its problems as people read them. */
function read(mozType = "bld") {
	const main = readDocument(join(folder, "watch.yml"), "configs/watch.yml");
	if (main.kind === "unreadable") throw new Error("the main file is invalid");
	const typeFile = readTypeFile(mozType, { folder, main: main.document, firstUse: ["buildermap", "^Linux"] });
	return { ...typeFile, diagnostics: typeFile.diagnostics.map(formatDiagnostic) };
}
/** One region of a type whose file has these lines. */
function regionWith(lines: string) {
	write("bld.yml", `us-east-1:${REGION}${lines}`);
	const typeFile = read();
	expect(typeFile.diagnostics).toEqual([]);
	return typeFile.kind === "config" ? typeFile.config.regions["us-east-1"] : null;
}

describe("a type is invalid, and has no configuration, if", () => {
	const wanted = (type: string) => ["", ".json", ".yml", ".yaml"].map((end) => `configs/${type}${end}`).join(", ");

	it.each<[string, () => void, readonly string[]]>([
		[
			"it has no file",
			() => {},
			[`configs/watch.yml:2:3: instance type "bld" has no file; create one of ${wanted("bld")}`],
		],
		[
			"it has several files",
			() => ["bld", "bld.json", "bld.yaml"].map((file) => write(file, "{}")),
			[
				'configs/watch.yml:2:3: instance type "bld" has several files; keep one of configs/bld, configs/bld.json, configs/bld.yaml',
			],
		],
		["its file is a folder", () => mkdirSync(join(folder, "bld")), ["configs/bld: expected a file but found a folder"]],
		["its file is not a map", () => write("bld.yml", "7"), ["configs/bld.yml:1:1: the file must contain a map"]],
		[
			"a key of all regions is invalid",
			() => write("bld.yml", `hostname: bld\nus-east-1:${REGION}`),
			[
				'configs/bld.yml:1:1: "hostname" must contain one "%d" or "%03d" for the number, and no other "%" (found "bld")',
			],
		],
		[
			"one of its regions is invalid",
			() => write("bld.yml", `us-east-1:${REGION}us-west-2:${REGION.replace("ami-1", "x")}`),
			['configs/bld.yml:7:3: "us-west-2.ami" must be an image ID (ami-…) or resolve:ssm:… (found "x")'],
		],
	])("%s", (_what, prepare, diagnostics) => {
		prepare();
		expect(read()).toEqual({ kind: "invalid", diagnostics });
	});
});

describe("a type without a file may mean", () => {
	it.each([
		["a JSON file", "try-linux64.json", "try-linxu64", "try-linux64"],
		["a YAML file", "try-linux64.yml", "try-linxu64", "try-linux64"],
		["a YAML file with the long ending", "try-linux64.yaml", "try-linxu64", "try-linux64"],
		["a file without an ending", "try-linux64", "try-linxu64", "try-linux64"],
		["a file with a dot in its name", "linux.json5", "linux.json6", "linux.json5"],
	])("that of %s with nearly its name", (_what, file, mozType, suggested) => {
		write(file, "");
		expect(read(mozType).diagnostics).toEqual([
			expect.stringContaining(`"${mozType}" has no file; did you mean "${suggested}"? Otherwise, create one of `),
		]);
	});

	it("no user data", () => {
		write("bld.user-data", "");
		expect(read("bld.userdata").diagnostics).toEqual([
			expect.stringContaining('"bld.userdata" has no file; create one of '),
		]);
	});
});

describe("a region of a type", () => {
	it("has defaults for all that its file leaves out", () => {
		expect(regionWith("")).toEqual({
			domain: null,
			ami: "ami-1",
			subnetIds: ["subnet-1"],
			securityGroupIds: ["sg-1"],
			instanceType: "c6i.xlarge",
			sshKey: null,
			usePublicIp: false,
			instanceProfileName: null,
			deviceMap: [],
			tags: {},
			puppetServer: "",
			launchTemplate: null,
		});
	});

	it.each([
		["its domain", "  domain: build.example", { domain: "build.example" }],
		["its SSH key", "  ssh_key: releng", { sshKey: "releng" }],
		["a public address", "  use_public_ip: true", { usePublicIp: true }],
		["no public address", "  use_public_ip: false", { usePublicIp: false }],
		["its instance profile", "  instance_profile_name: builder", { instanceProfileName: "builder" }],
		["its tags", "  tags: { team: releng }", { tags: { team: "releng" } }],
		["its Puppet server", "  puppet_server: puppet", { puppetServer: "puppet" }],
		["no launch template", "  launch_template: null", { launchTemplate: null }],
		[
			"a launch template by its ID, in the default version",
			"  launch_template: { id: lt-1 }",
			{ launchTemplate: { idOrName: "lt-1", version: "$Default" } },
		],
		[
			"a launch template by its name, in one version",
			"  launch_template: { name: builders, version: 3 }",
			{ launchTemplate: { idOrName: "builders", version: "3" } },
		],
	])("has %s", (_what, lines, expected) => {
		expect(regionWith(`${lines}\n`)).toMatchObject(expected);
	});

	it("has each subnet and each security group once", () => {
		write(
			"bld.yml",
			`us-east-1:${REGION.replace("[subnet-1]", "[subnet-2, subnet-1, subnet-2]").replace("[sg-1]", "[sg-2, sg-1, sg-2]")}`,
		);
		expect(read()).toMatchObject({
			config: { regions: { "us-east-1": { subnetIds: ["subnet-2", "subnet-1"], securityGroupIds: ["sg-2", "sg-1"] } } },
		});
	});

	it.each([
		["the size in its file", "size: 8", 8],
		["the size in its file if it is to be resized", "size: 8, skip_resize: false", 8],
		["the image's size if it is not to be resized", "size: 8, skip_resize: true", null],
		["the image's size if its file has none", "volume_type: gp2", null],
	])("has a device with %s", (_what, keys, size) => {
		expect(regionWith(`  device_map: { /dev/sda1: { ${keys} } }\n`)).toMatchObject({ deviceMap: [{ size }] });
	});

	it("has a device with every key of its file", () => {
		const lines = `  device_map:
    /dev/sdb: { size: 8, volume_type: gp3, iops: 3000, throughput: 125, encrypted: true, delete_on_termination: false }
    /dev/sdc: { ephemeral_name: ephemeral0 }
`;
		const absent = { ephemeralName: null, size: null, volumeType: null, iops: null, throughput: null };
		expect(regionWith(lines)?.deviceMap).toEqual([
			{
				deviceName: "/dev/sdb",
				ephemeralName: null,
				size: 8,
				volumeType: "gp3",
				iops: 3000,
				throughput: 125,
				encrypted: true,
				deleteOnTermination: false,
			},
			{ deviceName: "/dev/sdc", ...absent, ephemeralName: "ephemeral0", encrypted: null, deleteOnTermination: null },
		]);
	});
});
