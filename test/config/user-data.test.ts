import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { parseUserData, readUserData } from "../../src/config/user-data.ts";
import { differsPerInstance, fillUserData, regionDnsAtom, USER_DATA_FIELDS } from "../../src/core/model/user-data.ts";
import { formatDiagnostic } from "../../src/errors.ts";

const fixtures = resolve(import.meta.dirname, "fixtures");
const values = z
	.record(z.enum(USER_DATA_FIELDS), z.string())
	.parse(JSON.parse(readFileSync(resolve(fixtures, "user-data/values.json"), "utf8")));

// The expected files are what CPython 3.11 wrote: open(template, newline="").read().format(**values).
it.each([
	["reference/bld-linux64.user-data", "user-data/bld-linux64.expected"],
	["user-data/windows.user-data", "user-data/windows.expected"],
])("%s is filled byte for byte as by Python", (template, expected) => {
	const { template: parts, diagnostics } = readUserData(resolve(fixtures, template), template);
	expect(diagnostics).toEqual([]);
	expect(Buffer.from(fillUserData(parts, values)).equals(readFileSync(resolve(fixtures, expected)))).toBe(true);
});

describe("a template", () => {
	const fill = (text: string) => fillUserData(parseUserData(text, "f").template, values);

	it.each([
		["{{}}", "{}"],
		["{{{hostname}}}", "{w-001}"],
		["{{hostname}}", "{hostname}"],
		["", ""],
		["a\r\nb", "a\r\nb"],
	])("%j is filled as %j", (text, expected) => {
		expect(fill(text)).toBe(expected);
	});

	const known =
		'Known placeholders: hostname, fqdn, domain, moz_instance_type, region, region_dns_atom, puppet_server, password, certs, names, fqdns. Write "{{" or "}}" for a literal brace.';

	it.each([
		["a\n  {hostnam}", `f:2:3: unknown placeholder "{hostnam}"; did you mean "hostname"? ${known}`],
		["{}", `f:1:1: unknown placeholder "{}". ${known}`],
		["{ hostname }", `f:1:1: unknown placeholder "{ hostname }"; did you mean "hostname"? ${known}`],
		["{hostname!r}", 'f:1:1: "{hostname!r}": conversions and formats are not supported; use "{hostname}"'],
		["{hostname:>9}", 'f:1:1: "{hostname:>9}": conversions and formats are not supported; use "{hostname}"'],
		["{hash:>9}", `f:1:1: unknown placeholder "{hash:>9}". ${known}`],
		["a { b", 'f:1:3: single "{"; write "{{" for a literal brace'],
		["a } b", 'f:1:3: single "}"; write "}}" for a literal brace'],
		[
			`{{${"x".repeat(16_384)}{region}`,
			"f:1:1: the user data has 16385 bytes without its placeholders, but EC2 allows only 16384; shorten it",
		],
	])("%j is rejected", (text, expected) => {
		expect(parseUserData(text, "f").diagnostics.map(formatDiagnostic)).toEqual([expected]);
	});

	it("may have 16384 bytes without its placeholders, and braces count once", () => {
		expect(parseUserData(`{{${"x".repeat(16_383)}{region}`, "f").diagnostics).toEqual([]);
	});

	it("has the text between two placeholders in one part, and knows where each placeholder is first used", () => {
		const { template, locations } = parseUserData("a b{fqdn}\nc {region}{fqdn}", "f");
		expect(template).toEqual([
			{ text: "a b" },
			{ field: "fqdn" },
			{ text: "\nc " },
			{ field: "region" },
			{ field: "fqdn" },
		]);
		expect([...locations]).toEqual([
			["fqdn", { line: 1, column: 4 }],
			["region", { line: 2, column: 3 }],
		]);
	});

	it("differs per instance only if it uses the name, the password, or the certificate", () => {
		const differs = (text: string) => differsPerInstance(parseUserData(text, "f").template);
		expect(["{hostname}", "{fqdn}", "{password}", "{certs}"].map(differs)).toEqual([true, true, true, true]);
		expect(["{region}", "{moz_instance_type}", "{puppet_server}", "none"].map(differs)).toEqual([
			false,
			false,
			false,
			false,
		]);
	});
});

describe("a file of user data", () => {
	let folder: string;
	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-user-data-"));
	});
	afterEach(() => rmSync(folder, { recursive: true }));

	it("keeps its byte order mark, as Python does", () => {
		writeFileSync(join(folder, "bld.user-data"), "\uFEFFx");
		expect(readUserData(join(folder, "bld.user-data"), "bld.user-data")).toMatchObject({
			template: [{ text: "\uFEFFx" }],
			diagnostics: [],
		});
	});

	it("is empty if it can't be read, and the reason is reported", () => {
		expect(readUserData(join(folder, "bld.user-data"), "configs/bld.user-data")).toEqual({
			file: "configs/bld.user-data",
			template: [],
			locations: new Map(),
			diagnostics: [{ file: "configs/bld.user-data", line: null, column: null, message: "the file does not exist" }],
		});
	});
});

it.each([
	["us-east-1", "use1"],
	["us-west-2", "usw2"],
	["eu-central-1", "euc1"],
	["ap-southeast-2", "apse2"],
	["us-gov-west-1", "usgw1"],
])("the region %s is %s as a DNS label", (region, atom) => {
	expect(regionDnsAtom(region)).toBe(atom);
});
