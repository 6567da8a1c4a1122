/** Mode `check` in this process: known builders, another version, and what an invalid configuration still shows. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { timeLimit } from "../../src/adapters/time-limit.ts";
import { checkConfig } from "../../src/check.ts";
import { Examination } from "../../src/config/analysis/examined.ts";
import { readSources } from "../../src/config/load.ts";
import { Redactor } from "../../src/core/report/redaction.ts";
import { formatDiagnostic, InputError } from "../../src/errors.ts";
import { inputsIn, readRunEnvironment } from "../../src/inputs/environment.ts";
import { parseInputs } from "../../src/inputs/given.ts";
import { checkInputs } from "../../src/inputs/inputs.ts";
import type { RunLog, RunOutcome } from "../../src/tick/ports.ts";

const EXAMPLE = resolve(import.meta.dirname, "../../configs");
const REFERENCE = resolve(import.meta.dirname, "../config/fixtures/reference");
const MAIN = `region_priorities: { us-east-1: 1 }
buildermap:
  Linux .*: bld
  Ubuntu .*: tst
ondemand: { limits: { global: { bld: 5, tst: 5 } } }
`;
const TYPE = `us-east-1:
  ami: ami-1
  subnet_ids: [subnet-1]
  security_group_ids: [sg-1]
  instance_type: c6i.xlarge
`;

let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-check-"));
	for (const version of ["new", "old"]) {
		write(`${version}/watch.yml`, MAIN);
		write(`${version}/bld.yml`, TYPE);
		write(`${version}/tst.yml`, TYPE);
	}
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(file: string, content: string | Uint8Array): void {
	mkdirSync(dirname(join(folder, file)), { recursive: true });
	writeFileSync(join(folder, file), content);
}

function change(file: string, from: string, to: string): void {
	const text = readFileSync(join(folder, file), "utf8");
	expect(text).toContain(from);
	write(file, text.replace(from, to));
}

interface Result {
	readonly outcome: RunOutcome;
	readonly errors: readonly string[];
	readonly warnings: readonly string[];
	readonly info: readonly string[];
	/** As GitHub shows it. */
	readonly summary: string;
	readonly markdown: string;
}

const inputsOf = (given: Readonly<Record<string, string>>) =>
	checkInputs(
		parseInputs(
			inputsIn(Object.fromEntries(Object.entries(given).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text]))),
		),
		readRunEnvironment({}, { workspace: folder, temporaryFolder: folder }),
	);

async function check(given: Readonly<Record<string, string>> = {}, secrets: readonly string[] = []): Promise<Result> {
	const lines = { error: [] as string[], warning: [] as string[], notice: [] as string[], info: [] as string[] };
	const log: RunLog = {
		debug: () => {},
		info: (message) => lines.info.push(message),
		notice: (message) => lines.notice.push(message),
		warning: (message) => lines.warning.push(message),
		error: (message) => lines.error.push(message),
		annotate: (level, problem) => lines[level].push(formatDiagnostic(problem)),
		group: (_title, body) => body(),
		end: () => {},
	};
	let summary = "";
	const { signal } = new AbortController();
	const outcome = await checkConfig(inputsOf({ mode: "check", config: "new/watch.yml", ...given }), {
		log,
		redactor: new Redactor(secrets),
		ending: { stop: signal, end: signal },
		publish: () => {},
		publishReplay: () => {},
		publishCheck: (markdown) => {
			summary = markdown;
		},
		timeLimit,
		clock: { elapsed: () => 0 },
	});
	const shown = summary
		.replaceAll("<!-- -->", "")
		.replaceAll(/&#(\d+);/g, (_all, code) => String.fromCodePoint(Number(code)));
	return { outcome, errors: lines.error, warnings: lines.warning, info: lines.info, summary: shown, markdown: summary };
}

const report = (names: readonly string[], rest: object = {}) =>
	JSON.stringify({
		version: 1,
		pending: { builders: names.map((builder) => ({ builder, count: 1 })) },
		failures: [],
		...rest,
	});

describe("check-builders", () => {
	const builders = (content: string | Uint8Array) => {
		write("names", content);
		return check({ "check-builders": "names" });
	};

	it("warns of a pattern that matches no builder, at its line, and lists the builders that no pattern matches", async () => {
		const { outcome, warnings, info, summary } = await builders("Linux a\nMac b\nLinux c\n");
		expect(outcome).toEqual({ kind: "succeeded" });
		expect(warnings).toEqual([
			'new/watch.yml:4:3: the pattern "Ubuntu .*" matches none of the 3 builders in names; correct it, or remove it if no other builder needs it',
		]);
		expect(info).toEqual(expect.arrayContaining(["No pattern matches 1 of the 3 builders in names:", '  "Mac b"']));
		expect(summary).toMatch(/^### Builders in names\n\n\| Instance type +\| Builders \|\n.*\n\| bld +\| +2 \|$/m);
		expect(summary).toMatch(/^No pattern matches 1 builder, .*\n\n\| Unmatched builder +\|\n.*\n\| Mac b +\|$/m);
	});

	it("does not warn of a pattern whose builders earlier patterns take", async () => {
		change("new/watch.yml", "  Ubuntu .*: tst\n", "  Linux a: bld\n  Ubuntu .*: tst\n");
		expect((await builders("Linux a\nUbuntu b")).warnings).toEqual([]);
	});

	it.each([
		["lines that end as on Windows, blank lines, and a byte order mark", "\ufeffUbuntu a\r\n\r\n \nLinux b\r\n"],
		["a saved report", report(["Linux b", "Ubuntu a"])],
		[
			"a report with a byte order mark, white space, and keys of a later version",
			`\ufeff\r\n ${report(["Linux b", "Ubuntu a"], { later: 1 })}`,
		],
		["the same name twice", "Linux b\nUbuntu a\nLinux b"],
	])("reads %s", async (_what, content) => {
		const { errors, warnings, info } = await builders(content);
		expect([errors, warnings]).toEqual([[], []]);
		expect(info[0]).toBe("No pattern matches 0 of the 2 builders in names.");
	});

	it("reads no file that a symbolic link out of the folder leads to", async () => {
		write("outside/names", "Linux a");
		mkdirSync(join(folder, "lists"));
		symlinkSync("../outside/names", join(folder, "lists/names"));
		const { errors, info, markdown } = await check({ "check-builders": "lists/names" });
		expect(errors).toEqual(["lists/names: the file is a symbolic link out of its folder; put the file itself there"]);
		expect([...info, markdown].join("\n")).not.toContain("Linux a");
	});

	it("takes a name in brackets for a name", async () => {
		const { info } = await builders("[Linux] a");
		expect(info).toContain('  "[Linux] a"');
	});

	it("takes names byte by byte: no comments, nothing trimmed, and bytes that are not UTF-8 match nothing", async () => {
		const { info } = await builders(Buffer.from("#Linux\n Linux a\nLinux \xef\nLinux b\nUbuntu c", "latin1"));
		expect(info.slice(0, 4)).toEqual([
			"No pattern matches 3 of the 5 builders in names:",
			'  "#Linux"',
			'  " Linux a"',
			'  "Linux \\xef"',
		]);
	});

	it.each([
		["a file that does not exist", null, "names: the file does not exist"],
		["a JSON list", '["Linux a", "Ubuntu b"]', "names: expected one builder name per line but found a JSON list"],
		["an empty file", "", "names: the file contains no builder name; write one per line"],
		["UTF-16", Buffer.from("\ufeffLinux a\n", "utf16le"), "names: expected UTF-8 text but found binary data or UTF-16"],
		[
			"a report that is cut off",
			report(["Linux a"]).slice(0, -20),
			/^names:1:\d+: the file starts with "\{", .*unexpected end of file/,
		],
		[
			"JSON that is no report",
			'{\n"machines": []}',
			/^names:1:1: the file is not a report of this action: missing key "version"/,
		],
		[
			"a report of another version",
			report(["Linux a"], { version: 2 }),
			/^names:1:2: .*"version" must be 1.*\(found 2\)/,
		],
		[
			"a report with a name that is no text",
			report([]).replace("[]", '[{"builder":7}]'),
			/"pending\.builders\[0\]\.builder" must be text/,
		],
		["a report without builders", report([]), /the report lists no builders, because no request was pending; use/],
		[
			"a report of a run that did not read the database",
			report([], { failures: [{ stage: "pending" }] }),
			/because its run did not read the database/,
		],
		[
			"a report of a run without the lock",
			report([], { lockedBy: "another run" }),
			/because its run did not read the database/,
		],
	])("fails for %s", async (_what, content, message) => {
		const { outcome, errors, summary } =
			content === null ? await check({ "check-builders": "names" }) : await builders(content);
		expect(errors).toContainEqual(typeof message === "string" ? message : expect.stringMatching(message));
		expect(outcome).toMatchObject({ kind: "failed", message: expect.stringMatching(/^Invalid inputs \(\d errors?\)/) });
		expect(summary).toMatch(/^## ❌ Invalid inputs: \d error/);
	});

	it("reports the errors of the configuration and of the file together", async () => {
		change("new/watch.yml", "ondemand", "onndemand");
		const { outcome, errors } = await builders("");
		expect(errors).toEqual([expect.stringContaining('unknown key "onndemand"'), expect.stringContaining("names: ")]);
		expect(outcome).toMatchObject({ message: expect.stringMatching(/^Invalid configuration \(2 errors\)/) });
	});

	it("fails for a pattern that times out on a builder, at its line", async () => {
		change("new/watch.yml", "  Ubuntu .*: tst", "  (\\w+\\s?)+$: tst");
		const { errors } = await builders(`Linux a\n${"a".repeat(60)}!\n`);
		expect(errors).toEqual([
			expect.stringMatching(
				/^new\/watch\.yml:4:3: the pattern ".*" timed out on the builder "a+!" of names; simplify it$/,
			),
		]);
	});

	it("makes names inert, shortens them, and masks secrets in them", async () => {
		write("names", `<img src=x>\nLinux a\nUbuntu hunter2\nMac hunter2\n${"m".repeat(5_000)}`);
		const { info, summary, markdown } = await check({ "check-builders": "names" }, ["hunter2"]);
		expect(info.join("\n")).not.toContain("hunter2");
		expect(info.join("\n")).toContain("Mac ***");
		expect(summary).not.toContain("hunter2");
		expect(markdown).not.toContain("<img");
		expect(Math.max(...info.map((line) => line.length))).toBeLessThan(200);
	});

	it.each([
		["the example", EXAMPLE, "watch_pending.json"],
		["the reference configuration", REFERENCE, "watch_pending.cfg"],
	])(
		"finds nothing more in %s if each of its patterns has a builder, and no difference from itself",
		async (_what, from, file) => {
			cpSync(from, join(folder, "configs"), { recursive: true });
			const config = `configs/${file}`;
			const { patterns } = readSources(config, { workspace: folder, regions: null });
			const examination = new Examination(patterns);
			write("names", examination.patterns.flatMap((one) => [...examination.samples(one)].slice(0, 1)).join("\n"));
			const { errors, warnings } = await check({ config });
			const known = await check({ config, "check-builders": "names", "check-against": config });
			expect(known).toMatchObject({ errors, warnings });
			expect(known.info).toEqual([
				`No pattern matches 0 of the ${patterns.length} builders in names.`,
				`Changes since ${config}: No builder moves to another instance type.`,
				...(errors.length > 0 ? [] : [expect.stringMatching(/^Configuration OK/)]),
			]);
		},
	);
});

describe("check-against", () => {
	const against = (given: Readonly<Record<string, string>> = {}) =>
		check({ "check-against": "old/watch.yml", ...given });

	it("shows that nothing changed", async () => {
		const { info, summary } = await against();
		expect(info[0]).toBe("Changes since old/watch.yml: No builder moves to another instance type.");
		expect(summary).toMatch(
			/^### Changes since old\/watch\.yml\n\nNo builder moves to another instance type\.\n\n###/m,
		);
	});

	it("takes numbers and switches that are written in another way for the same", async () => {
		for (const [version, price, on] of [["old", "0.30", "True"] as const, ["new", "3e-1", "true"] as const]) {
			const text = readFileSync(join(folder, version, "watch.yml"), "utf8");
			write(`${version}/watch.yml`, `${text}on_demand_price: { c6i.xlarge: ${price} }\n`);
			change(`${version}/bld.yml`, "  ami:", `  use_public_ip: ${on}\n  ami:`);
		}
		const { info, errors } = await against();
		expect(errors).toEqual([]);
		expect(info.filter((line) => line.includes("→"))).toEqual([]);
	});

	it("counts the known builders that move, and shows one of each kind", async () => {
		change("new/watch.yml", "  Linux .*: bld\n  Ubuntu .*: tst", "  Linux (?!x): tst\n  Linux x: bld\n  Mac: tst");
		write("names", "Linux a\nLinux b\nLinux x\nUbuntu a\nMac a\nMac b\nSolaris");
		const { summary, info } = await against({ "check-builders": "names" });
		expect(summary).toMatch(/^2 builders move from bld to tst, 1 becomes unmatched, 2 are no longer unmatched\.$/m);
		expect(summary).toMatch(/^\| +2 \| bld +\| tst +\| Linux a +\|$/m);
		expect(summary).toMatch(/^\| +1 \| tst +\| \*unmatched\* +\| Ubuntu a +\|$/m);
		expect(summary).toMatch(/^\| +2 \| \*unmatched\* +\| tst +\| Mac a +\|$/m);
		expect(info).toContain('2 × bld → tst, for example "Linux a"');
	});

	it.each([
		["a pattern with another type", "Linux .*: bld", "Linux .*: tst", ["bld → tst"], "Linux "],
		["a pattern that is removed", "  Ubuntu .*: tst\n", "", ["tst → unmatched"], "Ubuntu "],
		["a pattern that is added", "  Ubuntu .*: tst\n", "  Ubuntu .*: tst\n  Mac: bld\n", ["unmatched → bld"], "Mac"],
		[
			"a pattern that takes names of a later one",
			"  Linux .*: bld\n",
			"  Linux try: tst\n  Linux .*: bld\n",
			["bld → tst"],
			"Linux try",
		],
		["a narrower pattern", "Linux .*: bld", "Linux (?!try).*: bld", ["bld → unmatched"], "Linux try"],
	])("without builders, finds a shortest name that moves by %s", async (_what, from, to, lines, example) => {
		change("new/watch.yml", from, to);
		const { info } = await against();
		expect(info.filter((line) => line.includes(", for example"))).toEqual(
			lines.map((line) => `${line}, for example "${example}"`),
		);
	});

	it("finds what moves if overlapping patterns change places, and nothing if they don't overlap", async () => {
		for (const version of ["old", "new"]) change(`${version}/watch.yml`, "Ubuntu .*: tst", ".* test: tst");
		change("new/watch.yml", "  Linux .*: bld\n  .* test: tst", "  .* test: tst\n  Linux .*: bld");
		expect((await against()).info).toContain('bld → tst, for example "Linux test"');
		for (const version of ["old", "new"]) change(`${version}/watch.yml`, ".* test: tst", "Ubuntu test: tst");
		expect((await against()).info[0]).toContain("No builder moves to another instance type.");
	});

	it("says that patterns are too complex to be compared", async () => {
		change("new/watch.yml", "  Ubuntu .*: tst\n", "  Ubuntu .*: tst\n  Mac (x{1000}y?){1000}: tst\n");
		expect((await against()).summary).toContain("Some patterns are too complex to be compared, so more may move.");
	});

	it("lists instance types and settings that differ", async () => {
		change("new/watch.yml", "bld: 5", "bld: 50");
		change("new/watch.yml", "  Ubuntu .*: tst\n", "  Ubuntu .*: mac\n");
		write("new/mac.yml", TYPE);
		change("new/bld.yml", "[subnet-1]", "[subnet-1, subnet-2]");
		write("new/bld.user-data", "x");
		const { summary, info } = await against();
		expect(summary).toMatch(/^\| mac +\| added +\|\n\| tst +\| removed +\|$/m);
		expect(info).toEqual(
			expect.arrayContaining([
				"ondemand.limits.global.bld: 5 → 50",
				"bld: us-east-1.subnet_ids: subnet-1 → subnet-1, subnet-2",
				"bld: user data: none → changed",
			]),
		);
		expect(summary).toMatch(/^\| ondemand\.limits\.global\.bld +\| 5 +\| 50 +\|$/m);
	});

	it("masks a secret in a value, wherever the value is cut", async () => {
		for (let length = 60; length <= 100; length += 5) {
			change(
				"new/bld.yml",
				"instance_type: c6i.xlarge\n",
				`instance_type: c6i.xlarge\n  tags: { a: "${"x".repeat(length)}hunter2" }\n`,
			);
			const { info, summary } = await check({ "check-against": "old/watch.yml" }, ["hunter2"]);
			expect(info).toContainEqual(expect.stringContaining("bld: us-east-1.tags.a: none → x"));
			expect([...info, summary].join("\n")).not.toMatch(/xh/);
			write("new/bld.yml", TYPE);
		}
	});

	it("takes rules in another order, a schema for editors, and another file format for the same", async () => {
		const rules = (...bids: number[]) =>
			JSON.stringify(bids.map((bid) => ({ instance_type: `c${bid}.large`, bid_price: bid / 10 })));
		const limits = "limits: { us-east-1: { bld: 1 } }";
		for (const [version, some] of [
			["old", rules(1, 2)],
			["new", rules(2, 1)],
		])
			change(`${version}/watch.yml`, "buildermap", `spot: { rules: { bld: ${some} }, ${limits} }\nbuildermap`);
		change("new/watch.yml", "buildermap", "$schema: schema/watch-pending.schema.json\nbuildermap");
		rmSync(join(folder, "new/bld.yml"));
		write(
			"new/bld.json",
			JSON.stringify({
				"us-east-1": {
					ami: "ami-1",
					subnet_ids: ["subnet-1"],
					security_group_ids: ["sg-1"],
					instance_type: "c6i.xlarge",
				},
			}),
		);
		const { info } = await against();
		expect(info.filter((line) => line.includes(" → "))).toEqual([]);
	});

	it.each([
		[
			"is invalid",
			() => change("old/watch.yml", "ondemand", "onndemand"),
			/old\/watch\.yml:5:1: unknown key "onndemand"/,
		],
		[
			"does not exist",
			() => rmSync(join(folder, "old"), { recursive: true }),
			/old\/watch\.yml: the file does not exist/,
		],
		[
			"has a type file outside its folder",
			() => {
				rmSync(join(folder, "old/bld.yml"));
				symlinkSync(join(folder, "new/bld.yml"), join(folder, "old/bld.yml"));
			},
			/old\/bld\.yml: the file is a symbolic link out of its folder/,
		],
	])("says why it can't compare if the other version %s, and does not fail", async (_what, damage, reason) => {
		damage();
		const { outcome, errors, info, summary } = await against();
		expect([outcome, errors]).toEqual([{ kind: "succeeded" }, []]);
		expect(info[0]).toMatch(reason);
		expect(summary).toMatch(/^Not compared\. That version is invalid: /m);
		expect(summary).toMatch(reason);
	});

	it("compares nothing with a configuration that is itself invalid", async () => {
		change("new/watch.yml", "ondemand", "onndemand");
		const { errors, summary } = await against();
		expect(errors).toHaveLength(1);
		expect(summary).not.toContain("Changes since");
	});
});

describe("both inputs", () => {
	it.each(["check-builders", "check-against"])("%s is an error in other modes, which names it", (name) => {
		const given = { [name]: "x", "database-url": "sqlite:///a.sqlite" };
		expect(() => inputsOf({ ...given, mode: "check" })).not.toThrow();
		expect(() => inputsOf(given)).toThrow(InputError);
		expect(() => inputsOf(given)).toThrow(
			`Invalid input "${name}": it requires input "mode" to be check. Set that, or remove it.`,
		);
	});
});

describe("an invalid configuration", () => {
	it("shows what the check finds in its patterns beside an error in the main file", async () => {
		change("new/watch.yml", "ondemand", "onndemand");
		change("new/watch.yml", "  Ubuntu .*: tst\n", "  Ubuntu .*: tst\n  Linux x: tst\n");
		expect((await check()).errors).toEqual([
			expect.stringContaining('unknown key "onndemand"'),
			expect.stringMatching(/:5:3: the pattern "Linux x" is never used, because line 3/),
		]);
	});

	it("shows what the check finds in other files beside an error in one, and no error that follows from it", async () => {
		change("new/bld.yml", "ami-1", "x");
		change("new/tst.yml", "[subnet-1]", "[subnet-1, subnet-1]");
		change("new/watch.yml", "buildermap", "spot: { rules: { bld: [{ instance_type: a, bid_price: 1 }] } }\nbuildermap");
		const { errors, warnings } = await check();
		expect(errors).toEqual([
			expect.stringMatching(/^new\/bld\.yml:2:3: "us-east-1\.ami" must be an image ID/),
			expect.stringMatching(/^new\/tst\.yml:3:26: duplicate subnet/),
		]);
		expect(warnings).toEqual([]);
	});
});

describe("user data with a worker's name", () => {
	it("counts the longest name that jacuzzi.builders gives to a builder of the type, and of no other", async () => {
		const template = `${"x".repeat(16 * 1024 - 8)}{hostname}`;
		const jacuzzi = (builder: string) => {
			write("new/watch.yml", `${MAIN}jacuzzi: { builders: { ${builder}: [worker-12, w1] } }\n`);
			return check();
		};
		for (const type of ["bld", "tst"]) write(`new/${type}.yml`, `hostname: h-%02d\n${TYPE}`);
		write("new/bld.user-data", template);
		expect((await jacuzzi("Ubuntu a")).errors).toEqual([]);
		expect((await jacuzzi("Linux a")).errors).toEqual([
			expect.stringContaining("new/bld.user-data:1:1: the user data has 16385 bytes with the longest name"),
		]);
	});
});
