/** The contract of every source of pending build requests, for every database and version of Buildbot. */
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/adapters/buildbot/open.ts";
import { locationOf } from "../../harness/database-location.ts";
import { DATABASES } from "../../harness/scheduler-databases.ts";
import { hasBuilders, type Request, rowsOf, VERSIONS } from "../../harness/scheduler-rows.ts";
import { OPTIONS } from "./servers.ts";

const ALL = { minAge: null, maxAge: null };

/** A rule, requests, and for each pending builder the number of its requests and when the oldest was submitted. */
type Case = readonly [string, readonly Request[], Readonly<Record<string, readonly [number, number]>>];

/** Builders with these names have one pending request each. */
const named = (rule: string, names: readonly string[]): Case => [
	rule,
	names.map((builder) => ({ builder })),
	Object.fromEntries(names.map((builder) => [builder, [1, 1000]])),
];

const CASES: readonly Case[] = [
	[
		"counts per builder and finds the oldest request",
		[
			{ builder: "a", submittedAt: 30 },
			{ builder: "a", submittedAt: 10 },
			{ builder: "a", submittedAt: 20 },
			{ builder: "b", submittedAt: 40 },
		],
		{ a: [3, 10], b: [1, 40] },
	],
	[
		"leaves out requests that are claimed, complete, or of unknown completeness",
		[
			{ builder: "claimed", claim: "claimed" },
			{ builder: "complete", complete: 1 },
			{ builder: "complete and claimed", complete: 1, claim: "claimed" },
			{ builder: "unknown", complete: null },
			{ builder: "pending" },
		],
		{ pending: [1, 1000] },
	],
	[
		"counts the claim of a dead master as a claim, as Buildbot does until another master reclaims it",
		// The only master in these rows is inactive.
		[{ builder: "of a dead master", claim: "claimed" }, { builder: "of a dead master" }],
		{ "of a dead master": [1, 1000] },
	],
	[
		"counts a request from the future as pending",
		[{ builder: "of the future", submittedAt: 2_000_000_000 }],
		{ "of the future": [1, 2_000_000_000] },
	],
	[
		"counts a retried request once, however many builds it had",
		[{ builder: "retried", oldBuilds: 3 }],
		{ retried: [1, 1000] },
	],
	named("compares names byte by byte", [
		"Linux",
		"linux",
		"LINUX",
		"Lïnux",
		"Linux ",
		" Linux",
		"\ufeffLinux",
		"Li\u0308nux",
	]),
	named("returns names unchanged", [
		"it's",
		'"quoted"',
		"100 % \\ _",
		"n".repeat(255),
		"tab\tand\nline",
		"::set-output::",
		// biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of workflows is meant
		"${{ x }}",
		"ÄÖ漢字",
	]),
];

describe.each(DATABASES)("$name", ({ dialect, create }) => {
	describe.each(VERSIONS)("with the schema of Buildbot %s", (version) => {
		const open = async (rows: string) => {
			const location = locationOf(await create(version, rows));
			return (await openDatabase(location, OPTIONS)).pending;
		};
		const read = async (requests: readonly Request[]) => {
			const source = await open(rowsOf(version, dialect, requests));
			const { builders } = await source.read(ALL);
			return Object.fromEntries(
				builders.map(({ builder, count, oldestSubmittedAt }) => [builder, [count, oldestSubmittedAt]]),
			);
		};

		let all: ReturnType<typeof read> | undefined;

		it.each(CASES)("%s", async (_rule, requests, expected) => {
			// Each case has builders of its own, so that one database has them all.
			all ??= read(CASES.flatMap(([, some]) => some));
			const builders = new Set(requests.map(({ builder }) => builder));
			const found = Object.entries(await all).filter(([builder]) => builders.has(builder));
			expect(Object.fromEntries(found)).toEqual(expected);
		});

		it("finds nothing if nothing is pending", async () => {
			expect(await read([])).toEqual({});
		});

		// Before 4.x, Buildbot's tables in MySQL can't store these.
		if (dialect !== "mysql" || version === "4.3") {
			it("returns names beyond the basic multilingual plane unchanged", async () => {
				expect(await read([{ builder: "🦊 build" }, { builder: "🐧 build" }])).toEqual({
					"🦊 build": [1, 1000],
					"🐧 build": [1, 1000],
				});
			});
		}

		it("leaves out requests outside the age window, and counts them", async () => {
			const now = Math.floor(Date.now() / 1000);
			const rows = rowsOf(version, dialect, [
				{ builder: "both", submittedAt: now - 5000 },
				{ builder: "both", submittedAt: now - 400_000 },
				{ builder: "both", submittedAt: now - 6000 },
				{ builder: "young", submittedAt: now },
				{ builder: "of the future", submittedAt: now + 5000 },
				{ builder: "claimed", submittedAt: now, claim: "claimed" },
			]);
			const source = await open(rows);
			expect(await source.read({ minAge: 3000, maxAge: 100_000 })).toEqual({
				builders: [expect.objectContaining({ builder: "both", count: 2, oldestSubmittedAt: now - 6000 })],
				outsideAgeWindow: 3,
			});
			expect((await source.read({ minAge: null, maxAge: 100_000 })).outsideAgeWindow).toBe(1);
			expect((await source.read({ minAge: 3000, maxAge: null })).outsideAgeWindow).toBe(2);
		});

		if (hasBuilders(version)) {
			it("counts a request once if its builder runs on two masters and it has two codebases", async () => {
				const rows = rowsOf(version, dialect, [{ builder: "a" }]);
				const masters =
					"INSERT INTO masters VALUES (2, 'master:/other', 'hash2', 1, 0); INSERT INTO builder_masters VALUES (1, 1, 1), (2, 1, 2);";
				const codebases =
					"CREATE TABLE buildset_sourcestamps (id INTEGER, buildsetid INTEGER, sourcestampid INTEGER); INSERT INTO buildset_sourcestamps VALUES (1, 1, 1), (2, 1, 2);";
				const source = await open(`${rows}\n${masters}\n${codebases}`);
				expect((await source.read(ALL)).builders).toMatchObject([{ builder: "a", count: 1, oldestSubmittedAt: 1000 }]);
			});
		}

		if (version === "0.8.4") {
			it("counts claimed_at NULL as unclaimed", async () => {
				expect(await read([{ builder: "a", claim: "null" }, { builder: "a" }])).toEqual({ a: [2, 1000] });
			});
		}
	});
});

const mysql = DATABASES.filter(({ dialect }) => dialect === "mysql");
describe.each(mysql)("$name with other character sets", ({ create }) => {
	const readNames = async (adapt: (schema: string) => string, names: readonly string[]) => {
		const rows = rowsOf(
			"0.8.14",
			"mysql",
			names.map((builder) => ({ builder })),
		);
		const { pending } = await openDatabase(locationOf(await create("0.8.14", rows, adapt)), OPTIONS);
		const { builders } = await pending.read(ALL);
		return builders.map(({ builder }) => builder).toSorted();
	};

	it("reads names from the latin1 tables of old masters", async () => {
		const adapt = (schema: string) => schema.replaceAll("utf8mb3", "latin1");
		expect(await readNames(adapt, ["Lïnux", "linux", "Linux"])).toEqual(["Linux", "Lïnux", "linux"].toSorted());
	});
});
