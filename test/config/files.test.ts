import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError, formatDiagnostic } from "../../src/errors.ts";
import { readSecretsFile } from "../../src/inputs/secrets-file.ts";

const TYPE = JSON.stringify({
	"us-east-1": { ami: "ami-1", subnet_ids: ["subnet-1"], security_group_ids: ["sg-1"], instance_type: "c6i.xlarge" },
});
const MIB = 1024 * 1024;
const SPECIAL = "expected a regular file but found a device, a pipe, or a socket";
const OUTSIDE = "the file is a symbolic link out of its folder; put the file itself there";

let workspace: string;
beforeEach(() => {
	workspace = mkdtempSync(join(tmpdir(), "aws-watch-pending-files-"));
	mkdirSync(join(workspace, "configs"));
	write("configs/watch.json", JSON.stringify({ buildermap: { "^L": "bld" }, region_priorities: { "us-east-1": 1 } }));
	write("configs/bld", TYPE);
});
afterEach(() => rmSync(workspace, { recursive: true }));

const path = (file: string) => join(workspace, file);
const write = (file: string, text: string) => writeFileSync(path(file), text);
/** Puts something else in the place of a file. */
const replace = (file: string, put: (path: string) => unknown) => {
	rmSync(path(file), { force: true });
	put(path(file));
};
function diagnosticsOf(config = "configs/watch.json"): readonly string[] {
	return configErrorOf(config)?.diagnostics.map(formatDiagnostic) ?? [];
}
function configErrorOf(config: string): ConfigError | null {
	try {
		loadConfig(config, { workspace, regions: null });
		return null;
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		return error;
	}
}
const link = (target: string) => (file: string) => symlinkSync(target, file);

describe.each(["configs/watch.json", "configs/bld", "configs/bld.user-data"])(
	"%s is rejected at once if it is",
	(file) => {
		it.each<[string, (path: string) => unknown, string]>([
			["a folder", (file) => mkdirSync(file), "expected a file but found a folder"],
			["a pipe", (file) => execFileSync("mkfifo", [file]), SPECIAL],
			["a link to a device", link("/dev/zero"), OUTSIDE],
			["a link to a file elsewhere", link("/etc/hostname"), OUTSIDE],
			["a link to a file of the system", link("/proc/self/environ"), OUTSIDE],
			[
				"larger than 1 MiB",
				(file) => writeFileSync(file, " ".repeat(MIB + 1)),
				`the file has ${MIB + 1} bytes; the maximum is ${MIB}`,
			],
		])("%s", (_what, put, message) => {
			replace(file, put);
			expect(diagnosticsOf()).toEqual([`${file}: ${message}`]);
		});

		it("a socket", async () => {
			rmSync(path(file), { force: true });
			const server = createServer().listen(path(file));
			await new Promise((resolve) => server.once("listening", resolve));
			expect(diagnosticsOf()).toEqual([`${file}: ${SPECIAL}`]);
			await new Promise((resolve) => server.close(resolve));
		});
	},
);

it.each([
	["/dev/zero", SPECIAL],
	["/dev/stdin/x", "the file does not exist"],
	["/", "expected a file but found a folder"],
])("a main file %s is rejected at once", (config, message) => {
	expect(diagnosticsOf(config)).toEqual([`${config}: ${message}`]);
});

it("nothing of a file in /proc is read", () => {
	expect(diagnosticsOf("/proc/self/environ")).toEqual([expect.stringMatching(/^\/proc\/self\/environ:1:1: .*/)]);
});

it.each([
	[
		"a link to a file in the folder",
		() => replace("configs/bld", (file) => [write("configs/shared", TYPE), link("shared")(file)]),
	],
	["a file of a folder that is a link", () => link(path("configs"))(path("link"))],
])("%s is read", (_what, prepare) => {
	prepare();
	expect(diagnosticsOf()).toEqual([]);
});

it("a folder that is a link holds the files of its configuration", () => {
	link(path("configs"))(path("link"));
	expect(diagnosticsOf("link/watch.json")).toEqual([]);
});

it.each([
	["too long", "b".repeat(300)],
	["too long with its ending", "b".repeat(250)],
	["with a NUL", "b\0"],
	["of a parent folder", ".."],
	["that leads elsewhere", "a/../../b"],
])("a type name %s is a configuration error", (_what, name) => {
	write("configs/watch.json", JSON.stringify({ buildermap: { "^L": name }, region_priorities: { "us-east-1": 1 } }));
	const [first] = diagnosticsOf();
	expect(first).toMatch(/^configs\/watch\.json:1:\d+: "buildermap.*(must not exceed 245|must be the name)/);
});

it.each<[string, (path: string) => unknown, string]>([
	["a folder", (file) => mkdirSync(file), "expected a file but found a folder"],
	["a pipe", (file) => execFileSync("mkfifo", [file]), SPECIAL],
	["a device", link("/dev/zero"), SPECIAL],
	[
		"larger than 1 MiB",
		(file) => writeFileSync(file, " ".repeat(MIB + 1)),
		`the file has ${MIB + 1} bytes; the maximum is ${MIB}`,
	],
])("a secrets file that is %s is rejected at once", (_what, put, message) => {
	put(path("secrets.json"));
	expect(readSecretsFile("secrets.json", workspace)).toMatchObject({ kind: "invalid", diagnostics: [{ message }] });
});

describe("a YAML file", () => {
	const KIB = 1024;
	const yaml = `buildermap: {"^L": bld}\nregion_priorities: {us-east-1: 1}\n`;

	it("of 256 KiB is read", () => {
		write("configs/watch.yml", `${yaml}#`.padEnd(256 * KIB, "-"));
		expect(diagnosticsOf("configs/watch.yml")).toEqual([]);
	});

	it("that is larger is rejected before it is parsed", () => {
		write("configs/watch.yml", `${yaml}#`.padEnd(256 * KIB + 1, "-"));
		expect(diagnosticsOf("configs/watch.yml")).toEqual([
			"configs/watch.yml: the file has 262145 bytes; the maximum for YAML is 262144. Write it as JSON, which may be four times as long",
		]);
	});

	it.each([
		[100, "Invalid configuration (100 errors). Nothing was read or launched."],
		[2000, "Invalid configuration (2000 errors, of which the first 100 are shown). Nothing was read or launched."],
	])("with %d errors shows the first 100 of them, and how many there are", (count, headline) => {
		write("configs/watch.yml", "]".repeat(count));
		const error = configErrorOf("configs/watch.yml");
		expect(error?.diagnostics).toHaveLength(100);
		expect(error?.message.split("\n")).toHaveLength(100);
		expect(error?.diagnostics.map(({ column }) => column)).toEqual(
			Array.from({ length: 100 }, (_, index) => index + 1),
		);
		expect(error?.headline).toBe(headline);
	});
});
