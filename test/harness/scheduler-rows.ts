/** Buildbot's schemas, and rows in them. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

export const VERSIONS = ["0.8.4", "0.8.14", "0.9.0", "3.7", "4.3"] as const;
export type Version = (typeof VERSIONS)[number];
export type SqlDialect = "mysql" | "postgresql" | "sqlite";

/** The DDL of a version of Buildbot. */
export function schemaOf(version: Version, dialect: SqlDialect): string {
	return readFileSync(resolve(import.meta.dirname, `../buildbot-schemas/${version}-${dialect}.sql`), "utf8");
}

/** Whether the version has a table of builders. */
export function hasBuilders(version: Version): boolean {
	return !version.startsWith("0.8.");
}

export interface Request {
	readonly builder: string;
	readonly complete?: 0 | 1 | null;
	readonly claim?: "none" | "null" | "claimed";
	readonly submittedAt?: number;
	/** Number of builds that were started for the request but did not complete it. */
	readonly oldBuilds?: number;
}

/** SQL that inserts these requests. No master runs any of their builders. */
export function rowsOf(version: Version, dialect: SqlDialect, requests: readonly Request[]): string {
	const text = (value: string) => textIn(dialect, value);
	const builders = [...new Set(requests.map(({ builder }) => builder))];
	const lines = [
		version === "0.8.4"
			? "INSERT INTO buildsets (id, sourcestampid, submitted_at) VALUES (1, 1, 0);"
			: "INSERT INTO buildsets (id, submitted_at) VALUES (1, 0);",
	];
	if (hasBuilders(version)) {
		lines.push("INSERT INTO masters VALUES (1, 'master:/dead', 'hash', 0, 0);");
		for (const [index, builder] of builders.entries()) {
			const hash = createHash("sha1").update(builder).digest("hex");
			lines.push(`INSERT INTO builders (id, name, name_hash) VALUES (${index + 1}, ${text(builder)}, '${hash}');`);
		}
	}
	if (version === "0.8.14")
		lines.push("INSERT INTO objects VALUES (1, 'master:/dead', 'buildbot.master.BuildMaster');");
	for (const [index, request] of requests.entries()) {
		const id = index + 1;
		const { builder, complete = 0, claim = "none", submittedAt = 1000, oldBuilds = 0 } = request;
		const builderId = builders.indexOf(builder) + 1;
		const [column, value] = hasBuilders(version) ? ["builderid", builderId] : ["buildername", text(builder)];
		const claimedAt = { none: "0", null: "NULL", claimed: "900" }[claim];
		lines.push(
			version === "0.8.4"
				? `INSERT INTO buildrequests (id, buildsetid, ${column}, complete, submitted_at, claimed_at) VALUES (${id}, 1, ${value}, ${complete}, ${submittedAt}, ${claimedAt});`
				: `INSERT INTO buildrequests (id, buildsetid, ${column}, complete, submitted_at) VALUES (${id}, 1, ${value}, ${complete}, ${submittedAt});`,
		);
		if (claim === "claimed" && version !== "0.8.4")
			lines.push(`INSERT INTO buildrequest_claims VALUES (${id}, 1, 900);`);
		for (let build = 0; build < oldBuilds; build += 1) {
			lines.push(
				hasBuilders(version)
					? `INSERT INTO builds (number, builderid, buildrequestid, masterid, started_at, state_string) VALUES (${id * 100 + build}, ${builderId}, ${id}, 1, 0, '');`
					: `INSERT INTO builds (number, brid, start_time) VALUES (${id * 100 + build}, ${id}, 0);`,
			);
		}
	}
	return lines.join("\n");
}

/** SQL before many rows: without the checks and the care that would take most of the time. */
export const QUICKLY: Readonly<Record<SqlDialect, string>> = {
	mysql: "SET foreign_key_checks = 0;",
	postgresql: "SET session_replication_role = replica;",
	sqlite: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;",
};

/** A SQL table of the numbers from 1 to `last`, in column `n`. */
export function numbersIn(dialect: SqlDialect, last: number): string {
	switch (dialect) {
		case "mysql":
			return `(SELECT seq AS n FROM seq_1_to_${last}) s`;
		case "postgresql":
			return `generate_series(1, ${last}) s(n)`;
		case "sqlite":
			return `(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${last}) SELECT n FROM s)`;
	}
}

/** A SQL expression for a text, by its bytes: it needs no escapes, which differ between dialects. */
export function textIn(dialect: SqlDialect, value: string): string {
	const hex = Buffer.from(value).toString("hex");
	switch (dialect) {
		case "mysql":
			return `CONVERT(X'${hex}' USING utf8mb4)`;
		case "postgresql":
			return `convert_from('\\x${hex}', 'UTF8')`;
		case "sqlite":
			return `CAST(X'${hex}' AS TEXT)`;
	}
}
