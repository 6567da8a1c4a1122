/** The log of the packaged action, read as GitHub's runner reads it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Command, readCommands } from "../harness/runner-commands.ts";
import { Site } from "../harness/site.ts";

const BUILD = "Linux x86-64 mozilla-central build";
let site: Site;
beforeEach(async () => {
	site = await Site.start();
});
afterEach(() => site[Symbol.asyncDispose]());

const submit = (builder: string, count: number) => site.database.submit(builder, count, 1_700_000_000);

/** Titles of the groups; fails where one is in another, or stays open. */
function groupsOf(commands: readonly Command[]): readonly string[] {
	const marks = commands.filter(({ name }) => name === "group" || name === "endgroup");
	expect(marks.map(({ name }) => name)).toEqual(marks.map((_, index) => (index % 2 === 0 ? "group" : "endgroup")));
	expect(marks.length % 2).toBe(0);
	return marks.flatMap(({ name, data }) => (name === "group" ? [data] : []));
}

describe("stages", () => {
	it("are a group each, with a line per decision", async () => {
		submit(BUILD, 17);
		submit("WINNT 5.2 mozilla-central build", 2);
		const { commands, lines } = readCommands((await site.run()).log);
		expect(groupsOf(commands)).toEqual(["Configuration", "Pending", "Map", "Read EC2", "Plan", "Launch", "Report"]);
		expect(lines).toEqual(
			expect.arrayContaining([
				expect.stringMatching(/^Configuration OK: 11 patterns, 3 instance types, regions us-west-2, us-east-1\.$/),
				expect.stringMatching(/^Pending: 19 build requests of 2 builders\. The oldest has waited for \d+ d/),
				"bld-linux64: 17 build requests of 1 builder.",
				"No pattern of buildermap matches 2 build requests of 1 builder, so nothing is launched for them.",
				expect.stringMatching(
					/^us-west-2: 0 instances, 0 images, \d+ spot prices, \d+ free addresses in \d+ subnets\.$/,
				),
				expect.stringMatching(/^bld-linux64: 17 pending − 0 for fresh instances − 0 for .* = 17 needed\. Placements: /),
				expect.stringMatching(/^bld-linux64: launched 17 of 17 spot \S+ in us-\S+$/),
				"bld-linux64: 17 of 17 needed launched.",
				expect.stringMatching(/^JSON report: \/.*\.json$/),
			]),
		);
		expect(commands.filter(({ name }) => ["notice", "warning", "error"].includes(name))).toEqual([]);
	});

	it("show details in debug mode", async () => {
		submit(BUILD, 3);
		const { commands } = readCommands((await site.run()).log);
		const details = commands.filter(({ name }) => name === "debug").map(({ data }) => data);
		expect(details.join("\n")).toMatch(/^"Linux x86-64 mozilla-central build" \(3\) → bld-linux64$/m);
		expect(details.join("\n")).toMatch(/^bld-linux64: spot \S+ in us-\S+, subnet-\S+, ami-\S+, up to \S+ USD\/h$/m);
		expect(details.join("\n")).toMatch(/^i-[0-9a-f]+ bld-linux64-ec2-001$/m);
	});

	it("describe in a dry run what would be launched", async () => {
		submit(BUILD, 3);
		const { commands, lines } = readCommands((await site.tick({ mode: "dry-run" })).log);
		expect(groupsOf(commands)).toContain("Launch");
		expect(lines).toContain("Dry run: skipping launches.");
		expect(lines).toContain("bld-linux64: 3 of 3 needed would be launched.");
	});

	it.each<[string, () => Promise<Readonly<Record<string, string>>>, readonly string[]]>([
		["the configuration is invalid", async () => ({ config: "nosuch.json" }), ["Configuration"]],
		[
			"the database cannot be read",
			async () => ({ "database-url": "sqlite:///nosuch.sqlite" }),
			["Configuration", "Pending", "Report"],
		],
		[
			"a region cannot be read",
			async () => {
				submit(BUILD, 1);
				site.endpoint.faults.add({
					action: "DescribeInstances",
					region: "us-east-1",
					error: { code: "UnauthorizedOperation" },
				});
				return {};
			},
			["Configuration", "Pending", "Map", "Read EC2", "Plan", "Launch", "Report"],
		],
	])("are closed also where %s", async (_what, prepare, groups) => {
		const { log, exitCode } = await site.tick(await prepare());
		const { commands } = readCommands(log);
		expect(groupsOf(commands)).toEqual(groups);
		expect(exitCode).toBe(1);
		// One for what went wrong, one for the run.
		expect(commands.filter(({ name }) => name === "error")).toHaveLength(2);
	});
});

describe("annotations", () => {
	it("are limited to ten per level, and the log has all of them", async () => {
		const path = join(site.workspace, "configs/watch_pending.json");
		const config = JSON.parse(readFileSync(path, "utf8"));
		const faulty = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`(${index}`, "bld-linux64"]));
		writeFileSync(path, JSON.stringify({ ...config, buildermap: { ...config.buildermap, ...faulty } }));
		const { log } = await site.tick({ mode: "check" });
		const { commands, lines } = readCommands(log);
		const errors = commands.filter(({ name }) => name === "error").map(({ data }) => data);
		expect(errors).toHaveLength(10);
		expect(errors.at(-2)).toMatch(/^22 more like these/);
		expect(errors.at(-1)).toContain("Invalid configuration (30 errors).");
		expect(lines.filter((line) => /^error: .*the pattern/.test(line))).toHaveLength(22);
	});

	it("include what to do about a need for which nothing was launched", async () => {
		submit(BUILD, 2);
		site.endpoint.faults.add({ action: "RunInstances", error: { status: 500, code: "InsufficientInstanceCapacity" } });
		const { commands } = readCommands((await site.tick()).log);
		const [error] = commands.filter(({ name }) => name === "error");
		expect(error?.data).toMatch(/^bld-linux64: 2 needed, 0 launched: .*InsufficientInstanceCapacity.*add EC2/);
	});
});

it("builder names never act as commands and stay recognizable", async () => {
	const pieces = fc.array(
		fc.constantFrom(
			"::error::",
			"::stop-commands::t",
			"##[group]",
			"]",
			"\n",
			"\r",
			"\u001b[31m",
			"\u202e",
			"%0A",
			"é",
			"x",
		),
		{ maxLength: 12 },
	);
	const names = new Set(fc.sample(pieces, { numRuns: 100, seed: 7 }).map((some) => some.join("")));
	// A pattern matches some, so that they are shown in all stages.
	for (const name of names) submit(`Linux x86-64 ${name} build`, 1);
	for (const name of names) submit(`${name}WINNT`, 1);
	submit(`WINNT ${"y".repeat(10_000)}`, 1);
	const { log, exitCode } = await site.tick();
	expect(exitCode).toBe(0);
	const { commands } = readCommands(log);
	const known = new Set(["add-mask", "debug", "group", "endgroup"]);
	expect(commands.filter(({ name }) => !known.has(name))).toEqual([]);
	groupsOf(commands);
	for (const { data } of commands) expect(data).not.toMatch(/##\[|^\s*::/m);
	const details = commands.map(({ data }) => data).join("\n");
	expect(details).toContain(`"WINNT ${"y".repeat(113)}…" (1) → no instance type`);
	expect(details).toContain("##\\[group]");
});
