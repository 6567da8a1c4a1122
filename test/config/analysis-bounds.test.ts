/** The processor time that mode `check` takes at most, whatever the patterns are. */
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findingsIn } from "./findings.ts";

const REFERENCE = resolve(import.meta.dirname, "fixtures/reference");

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-analysis-"));
	cpSync(REFERENCE, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Errors and warnings for these patterns, and the seconds of processor time that they took. */
function analyzed(builderMap: Readonly<Record<string, string>>) {
	writeFileSync(
		join(folder, "main.json"),
		JSON.stringify({ region_priorities: { "us-east-1": 1 }, buildermap: builderMap }),
	);
	const before = process.cpuUsage();
	const { errors, warnings } = findingsIn(folder, "main.json");
	const { user, system } = process.cpuUsage(before);
	return { errors: errors.join("\n"), warnings: warnings.join("\n"), seconds: (user + system) / 1e6 };
}

describe("an analysis is bounded", () => {
	it("to 20 s for 55 patterns and 12 types", () => {
		const [type = ""] = readdirSync(REFERENCE).filter((file) => /^\w+-linux\d+$/.test(file));
		const patterns = Array.from({ length: 55 }, (_, index) => [
			`^${["Linux", "Android", "b2g", "Ubuntu VM"][index % 4]}.* (?!try)\\S+ (pgo-|leak test |asan )?(build|nightly) ${index}`,
			`type${index % 12}`,
		]);
		for (let index = 0; index < 12; index += 1) cpSync(join(folder, type), join(folder, `type${index}`));
		const { seconds, warnings } = analyzed(Object.fromEntries(patterns));
		expect(seconds).toBeLessThan(20);
		// The bounds on the work are not reached.
		expect(warnings).not.toContain("too complex");
	});

	it("for hostile patterns, among which others still get their share", () => {
		const hostile: readonly ((index: number) => string)[] = [
			(index) => `.*a${index}.*b${index}.*(c|d).{${index % 20}}e`,
			(index) => `(a|b|${index})*a(a|b){${10 + (index % 8)}}c`,
			(index) => Array.from({ length: 60 }, (_, at) => `[^${String.fromCodePoint(0x4e00 + index * 60 + at)}]`).join(""),
			(index) => `(?=.*a${index})(?=.*b)(?!.*d${index})(?!.*e.*f)(?=.*g).*(?<!h)(?<=i).*${index}`,
			(index) => `(${Array.from({ length: 300 }, (_, at) => `w${at * index}x`).join("|")})*z${index}`,
			(index) => `${"a?".repeat(150)}b${index}`,
			(index) => `(\\w*\\d*\\s*){30}q${index}`,
			// A name of the next one would keep this one busy for years, were it searched.
			(index) => `(\\w+\\s?)+(\\w)\\2 ${index}`,
			(index) => `Linux .{60}!${index}`,
		];
		const patterns = Array.from({ length: 27 }, (_, index) => hostile[index % hostile.length]?.(index) ?? "");
		const { seconds, errors } = analyzed({
			"Android .* build": "bld-linux64",
			...Object.fromEntries(patterns.map((source, index) => [source, index % 2 === 0 ? "bld-linux64" : "tst-linux64"])),
			"Android arm build": "bld-linux64",
		});
		expect(seconds).toBeLessThan(20);
		expect(errors).toContain('the pattern "Android arm build" is never used, because line 1 matches');
	});
});
