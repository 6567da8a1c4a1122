import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
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

	it.each([
		["a\n  {hostnam}", /^f:2:3: unknown placeholder "\{hostnam\}"; did you mean "hostname"\?/],
		["{}", /^f:1:1: unknown placeholder/],
		["{ hostname }", /^f:1:1: unknown placeholder/],
		["{hostname!r}", /^f:1:1: .*conversions and formats are not supported; use "\{hostname\}"$/],
		["{hostname:>9}", /^f:1:1: .*not supported/],
		["a { b", /^f:1:3: single "\{"; write "\{\{" for a literal brace$/],
		["a } b", /^f:1:3: single "\}"; write "\}\}" for a literal brace$/],
		["x".repeat(16_385), /^f:1:1: the user data has 16385 bytes.*allows only 16384; shorten it$/],
	])("%j is rejected", (text, expected) => {
		expect(parseUserData(text, "f").diagnostics.map(formatDiagnostic)).toEqual([expect.stringMatching(expected)]);
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

it.each([
	["us-east-1", "use1"],
	["us-west-2", "usw2"],
	["eu-central-1", "euc1"],
	["ap-southeast-2", "apse2"],
	["us-gov-west-1", "usgw1"],
])("the region %s is %s as a DNS label", (region, atom) => {
	expect(regionDnsAtom(region)).toBe(atom);
});
