/** What every source of pending build requests must hold, whatever database and generation is behind it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { Generation } from "../../../src/adapters/buildbot/schema.ts";
import type { PendingSource } from "../../../src/ports.ts";

export const GENERATIONS: readonly Generation[] = ["0.8.0", "0.8.5", "0.9.0"];

const ALL = { minAge: null, maxAge: null };

/** Buildbot's DDL of a generation. */
export function schemaOf(generation: Generation, dialect: "mysql" | "sqlite"): string {
	const version = generation === "0.9.0" ? "3.7" : generation;
	return readFileSync(resolve(import.meta.dirname, `../../buildbot-schemas/${version}-${dialect}.sql`), "utf8");
}

export interface Request {
	readonly builder: string;
	readonly complete?: 0 | 1 | null;
	readonly claim?: "none" | "null" | "claimed";
	readonly submittedAt?: number;
	/** Builds that were started for it and did not finish it. */
	readonly oldBuilds?: number;
}

/** SQL that makes these requests, in either dialect. No master runs any of their builders. */
export function rowsOf(generation: Generation, requests: readonly Request[]): string {
	const builders = [...new Set(requests.map(({ builder }) => builder))];
	const lines = [
		generation === "0.8.0"
			? "INSERT INTO buildsets (id, sourcestampid, submitted_at) VALUES (1, 1, 0);"
			: "INSERT INTO buildsets (id, submitted_at) VALUES (1, 0);",
	];
	if (generation === "0.9.0") {
		lines.push("INSERT INTO masters VALUES (1, 'master:/dead', 'hash', 0, 0);");
		for (const [index, builder] of builders.entries()) {
			const hash = createHash("sha1").update(builder).digest("hex");
			lines.push(`INSERT INTO builders (id, name, name_hash) VALUES (${index + 1}, ${text(builder)}, '${hash}');`);
		}
	}
	for (const [index, request] of requests.entries()) {
		const id = index + 1;
		const { builder, complete = 0, claim = "none", submittedAt = 1000, oldBuilds = 0 } = request;
		const builderId = builders.indexOf(builder) + 1;
		const [column, value] = generation === "0.9.0" ? ["builderid", builderId] : ["buildername", text(builder)];
		const claimedAt = { none: "0", null: "NULL", claimed: "900" }[claim];
		lines.push(
			generation === "0.8.0"
				? `INSERT INTO buildrequests (id, buildsetid, ${column}, complete, submitted_at, claimed_at) VALUES (${id}, 1, ${value}, ${complete}, ${submittedAt}, ${claimedAt});`
				: `INSERT INTO buildrequests (id, buildsetid, ${column}, complete, submitted_at) VALUES (${id}, 1, ${value}, ${complete}, ${submittedAt});`,
		);
		if (claim === "claimed" && generation !== "0.8.0")
			lines.push(`INSERT INTO buildrequest_claims VALUES (${id}, 1, 900);`);
		for (let build = 0; build < oldBuilds; build += 1) {
			lines.push(
				generation === "0.9.0"
					? `INSERT INTO builds (number, builderid, buildrequestid, masterid, started_at, state_string) VALUES (${id * 100 + build}, ${builderId}, ${id}, 1, 0, '');`
					: `INSERT INTO builds (number, brid, start_time) VALUES (${id * 100 + build}, ${id}, 0);`,
			);
		}
	}
	return lines.join("\n");
}

/** Text as bytes, so that no dialect's escapes come into it. */
function text(value: string): string {
	return `X'${Buffer.from(value).toString("hex")}'`;
}

/** Runs the suite on one database. */
export function pendingSourceContract(
	database: string,
	make: (generation: Generation, rows: string) => Promise<PendingSource>,
): void {
	describe.each(GENERATIONS)(`${database}, schema of Buildbot %s`, (generation) => {
		const read = async (requests: readonly Request[]) => {
			const source = await make(generation, rowsOf(generation, requests));
			const { builders } = await source.read(ALL);
			return Object.fromEntries(
				builders.map(({ builder, count, oldestSubmittedAt }) => [builder, [count, oldestSubmittedAt]]),
			);
		};

		it("counts per builder and tells the oldest", async () => {
			expect(
				await read([
					{ builder: "a", submittedAt: 30 },
					{ builder: "a", submittedAt: 10 },
					{ builder: "a", submittedAt: 20 },
					{ builder: "b", submittedAt: 40 },
				]),
			).toEqual({ a: [3, 10], b: [1, 40] });
		});

		it("finds nothing where nothing is pending", async () => {
			expect(await read([])).toEqual({});
		});

		it("leaves out what is claimed, complete, or of unknown completeness", async () => {
			expect(
				await read([
					{ builder: "claimed", claim: "claimed" },
					{ builder: "complete", complete: 1 },
					{ builder: "complete and claimed", complete: 1, claim: "claimed" },
					{ builder: "unknown", complete: null },
					{ builder: "pending" },
				]),
			).toEqual({ pending: [1, 1000] });
		});

		it("takes the claim of a master that is dead for a claim, as Buildbot does until another takes it back", async () => {
			// The only master of these rows is not active.
			expect(await read([{ builder: "a", claim: "claimed" }, { builder: "a" }])).toEqual({ a: [1, 1000] });
		});

		it("takes a request of the future for pending", async () => {
			expect(await read([{ builder: "a", submittedAt: 2_000_000_000 }])).toEqual({ a: [1, 2_000_000_000] });
		});

		it("takes a request that was retried for one request, however many builds it had", async () => {
			expect(await read([{ builder: "retried", oldBuilds: 3 }])).toEqual({ retried: [1, 1000] });
		});

		it("tells names apart byte by byte", async () => {
			const names = ["Linux", "linux", "LINUX", "Lïnux", "Linux ", " Linux", "\ufeffLinux", "Li\u0308nux"];
			expect(await read(names.map((builder) => ({ builder })))).toEqual(
				Object.fromEntries(names.map((builder) => [builder, [1, 1000]])),
			);
		});

		it("gives names as they are", async () => {
			const names = ["it's", '"quoted"', "100 % \\ _", "n".repeat(255), "tab\tand\nline", "::set-output::", "ÄÖ漢字"];
			expect(await read(names.map((builder) => ({ builder })))).toEqual(
				Object.fromEntries(names.map((builder) => [builder, [1, 1000]])),
			);
		});

		it("hides what is younger or older than the window, and counts it", async () => {
			const now = Math.floor(Date.now() / 1000);
			const rows = rowsOf(generation, [
				{ builder: "both", submittedAt: now - 5000 },
				{ builder: "both", submittedAt: now - 400_000 },
				{ builder: "both", submittedAt: now - 6000 },
				{ builder: "young", submittedAt: now },
				{ builder: "of the future", submittedAt: now + 5000 },
				{ builder: "claimed", submittedAt: now, claim: "claimed" },
			]);
			const source = await make(generation, rows);
			expect(await source.read({ minAge: 3000, maxAge: 100_000 })).toEqual({
				builders: [{ builder: "both", count: 2, oldestSubmittedAt: now - 6000 }],
				hidden: 3,
			});
			expect((await source.read({ minAge: null, maxAge: 100_000 })).hidden).toBe(1);
			expect((await source.read({ minAge: 3000, maxAge: null })).hidden).toBe(2);
		});

		if (generation === "0.9.0") {
			it("counts a builder that runs on two masters once", async () => {
				const rows = rowsOf(generation, [{ builder: "a" }]);
				const masters =
					"INSERT INTO masters VALUES (2, 'master:/other', 'hash2', 1, 0); INSERT INTO builder_masters VALUES (1, 1, 1), (2, 1, 2);";
				const source = await make(generation, `${rows}\n${masters}`);
				expect((await source.read(ALL)).builders).toEqual([{ builder: "a", count: 1, oldestSubmittedAt: 1000 }]);
			});
		}

		if (generation === "0.8.0") {
			it("takes claimed_at NULL for unclaimed", async () => {
				expect(await read([{ builder: "a", claim: "null" }, { builder: "a" }])).toEqual({ a: [2, 1000] });
			});
		}
	});
}
