/** What the log writes to the standard output, parsed as GitHub's runner parses it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LogCall, outcomeOfCalls } from "../../harness/log-calls.ts";
import { readCommands } from "../../harness/runner-commands.ts";

async function outputOf(calls: readonly LogCall[], secrets: readonly string[] = []) {
	const { output, exitCode } = await outcomeOfCalls(calls, secrets);
	return { ...readCommands(output), output, exitCode };
}
const namesOf = async (calls: readonly LogCall[]) => (await outputOf(calls)).commands.map(({ name }) => name);
const times = (count: number, call: (index: number) => LogCall) => Array.from({ length: count }, (_, i) => call(i));

const PIECES = [
	"::",
	":",
	"error",
	"::error::",
	"::set-env name=PATH::/tmp",
	"::stop-commands::t",
	"::endgroup::",
	"##[",
	"##[group]",
	"##[error]",
	"]",
	"\n",
	"\r",
	"\r\n",
	"\u0085",
	"\u00a0",
	"\u2028",
	"\u3000",
	" ",
	"\t",
	"\u001b[31m",
	"\u202e",
	"\u200b",
	"\ufe0f",
	"\ufff9",
	"\u034f",
	"\u{e0041}",
	"\ud800",
	"\ufeff",
	"%0A",
	"%25",
	"%",
	"<b>",
	"`",
	"|",
	"é",
	"x".repeat(10_000),
	"",
];
const hostile = fc.oneof(
	fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((some) => some.join("")),
	fc.string({ unit: "binary", maxLength: 40 }),
);
/**
 * Invisible code points: controls, and characters that reverse, join, separate, or hide text. The last is what an
 * unpaired surrogate becomes in UTF-8.
 */
const UNSEEN: readonly (readonly [number, number])[] = [
	[0x00, 0x1f],
	[0x7f, 0x9f],
	[0xad, 0xad],
	[0x34f, 0x34f],
	[0x61c, 0x61c],
	[0x200b, 0x200f],
	[0x2028, 0x202e],
	[0x2060, 0x206f],
	[0xfe00, 0xfe0f],
	[0xfeff, 0xfeff],
	[0xe0000, 0xe0fff],
	[0xfff9, 0xfffb],
	[0xfffd, 0xfffd],
];
const unseenIn = (line: string) =>
	[...line].filter((character) => {
		const code = character.codePointAt(0) ?? 0;
		return UNSEEN.some(([first, last]) => code >= first && code <= last);
	});
/** The same texts in every run of the tests. */
const texts = fc.sample(hostile, { numRuns: 400, seed: 5 });

describe("foreign text", () => {
	it("never forms a command, wherever it is shown", async () => {
		const problem = (text: string) => ({ file: text, line: 1, column: 2, message: text });
		const calls = texts.flatMap((text): LogCall[] => [
			["info", text],
			["debug", text],
			["group", text],
		]);
		const annotations = texts.slice(0, 20).flatMap((text): LogCall[] => [
			["annotate", "warning", problem(text)],
			["error", text],
		]);
		const expected = texts.flatMap(() => ["debug", "group", "endgroup"]);
		const rest = Array.from({ length: 8 }, () => ["warning", "error"]).flat();
		const { commands, lines } = await outputOf([...calls, ...annotations]);
		expect(commands.map(({ name }) => name)).toEqual([...expected, ...rest]);
		// The runner shows the data of a command, and its page would interpret these.
		for (const { data } of commands) expect(data).not.toMatch(/##\[|^\s*::/m);
		for (const line of [...lines, ...commands.flatMap(({ data }) => data.split("\n"))])
			expect(unseenIn(line)).toEqual([]);
	});

	it("stays recognizable", async () => {
		const { lines } = await outputOf(
			["Linux x86-64 ::error:: ##[group]", "::error::x", "näme | `b`"].map((text) => ["info", text]),
		);
		expect(lines.slice(0, 3)).toEqual(["Linux x86-64 ::error:: ##\\[group]", "\\::error::x", "näme | `b`"]);
	});

	it("shows no secret in any part of a message", async () => {
		const secret = "s3cret::x";
		const problem = { file: `a/${secret}`, line: 1, column: 1, message: secret };
		const { output } = await outputOf(
			[
				["info", secret],
				["debug", secret],
				["group", secret],
				["annotate", "error", problem],
				["end", { kind: "failed", message: secret }],
			],
			[secret],
		);
		expect(output).toContain("***");
		expect(output).not.toContain("s3cret");
	});
});

describe("annotations", () => {
	it.each(["notice", "warning", "error"] as const)(
		"%ss are limited to ten, and the last one counts the rest",
		async (level) => {
			const { commands, lines } = await outputOf([
				...times(30, (i): LogCall => [level, `number ${i}.`]),
				["end", { kind: "failed", message: "It failed." }],
			]);
			const texts = commands.filter(({ name }) => name === level).map(({ data }) => data);
			expect(texts.slice(0, 9)).toEqual([
				...Array.from({ length: 8 }, (_, i) => `number ${i}.`),
				"22 more like these: see the log of this step.",
			]);
			expect(texts.slice(9)).toEqual(level === "error" ? ["It failed."] : []);
			for (let i = 8; i < 30; i += 1) expect(lines).toContain(`${level}: number ${i}.`);
		},
	);

	it("are counted per level", async () => {
		const calls = [...times(8, (): LogCall => ["warning", "w"]), ...times(8, (): LogCall => ["error", "e"])];
		expect(await namesOf([...calls, ["end", { kind: "succeeded" }]])).toEqual(calls.map(([level]) => level));
	});

	it("are all shown if there are nine, the ninth with its location", async () => {
		const problem = { file: "a.json", line: 3, column: 1, message: "is wrong" };
		const { commands } = await outputOf([
			...times(8, (): LogCall => ["error", "e"]),
			["annotate", "error", problem],
			["end", { kind: "succeeded" }],
		]);
		expect(commands.at(-1)).toEqual({
			name: "error",
			properties: { file: "a.json", line: "3", col: "1" },
			data: "a.json:3:1: is wrong",
		});
	});

	it("fail the step only if the run failed", async () => {
		expect(
			(
				await outputOf([
					["error", "e"],
					["end", { kind: "failed", message: "It failed." }],
				])
			).exitCode,
		).toBe(1);
		expect(
			(
				await outputOf([
					["error", "e"],
					["end", { kind: "succeeded" }],
				])
			).exitCode,
		).toBe(0);
	});
});

it("a group is closed if it fails", async () => {
	expect(
		await namesOf([
			["failing group", "one"],
			["group", "two"],
		]),
	).toEqual(["group", "endgroup", "group", "endgroup"]);
});
