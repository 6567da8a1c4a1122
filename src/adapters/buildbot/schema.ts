/** The three generations of Buildbot's scheduler database, and what "pending" means in each. */
import { z } from "zod";
import { decodeName } from "../../core/model/builder-name.ts";
import type { PendingRequests } from "../../core/model/facts.ts";
import type { AgeWindow } from "../../core/model/policy.ts";
import { DatabaseError } from "../../errors.ts";
import type { Dialect } from "./store.ts";

/** Named after the first version with the schema. */
export type Generation = "0.8.0" | "0.8.5" | "0.9.0";

/** Tables that identify the generation. */
export const TABLES = ["buildrequests", "buildrequest_claims", "builders"] as const;

/** Result of a dialect's query for columns. */
export const columnsSchema = z.array(z.object({ table: z.string(), column: z.string() }));
export type Column = z.infer<typeof columnsSchema>[number];

/** Those of the tables that are missing or unreadable. */
export function missingTables<Table extends string>(
	columns: readonly Column[],
	tables: readonly Table[],
): readonly Table[] {
	return tables.filter((table) => !columns.some((column) => column.table === table));
}

/** What is read unless the caller names something else. */
const PENDING = "The pending build requests could not be read from";

/**
 * The generation of a database with these columns.
 * @param what start of the error message, which continues with `where`
 * @throws DatabaseError `not-a-buildbot-database` if a table is missing or unreadable
 */
export function detectGeneration(columns: readonly Column[], where: string, what = PENDING): Generation {
	const tables = new Set(columns.map(({ table }) => table));
	const has = (table: string, column: string) =>
		columns.some((candidate) => candidate.table === table && candidate.column === column);
	const refuse = (why: string): DatabaseError =>
		new DatabaseError(
			"not-a-buildbot-database",
			`${what} ${where}: ${why} Expected the tables ${TABLES.join(", ")}; found ${[...tables].join(", ") || "none"}. Check that "database-url" names the scheduler database of the Buildbot master and that its user may SELECT from these tables.`,
		);
	if (!tables.has("buildrequests")) throw refuse("it is not a Buildbot database.");
	if (has("buildrequests", "builderid")) {
		if (tables.has("builders") && tables.has("buildrequest_claims")) return "0.9.0";
		throw refuse("Buildbot 0.9.0 or later has all three tables.");
	}
	if (!has("buildrequests", "buildername"))
		throw refuse("its table buildrequests has neither builderid nor buildername.");
	if (tables.has("buildrequest_claims")) return "0.8.5";
	if (has("buildrequests", "claimed_at")) return "0.8.0";
	throw refuse("its table buildrequests has no claimed_at, and there is no table buildrequest_claims.");
}

/**
 * Counts pending build requests: columns `builder`, `count`, `oldest`, `newest` (the highest ID), `latest` (the last
 * submission) and, outside the age window, `outside`.
 */
export function pendingQuery(generation: Generation, { bytes, now }: Dialect, { minAge, maxAge }: AgeWindow): string {
	const bounds = [
		...(minAge === null ? [] : [`${now} - r.submitted_at >= ${minAge}`]),
		...(maxAge === null ? [] : [`${now} - r.submitted_at <= ${maxAge}`]),
	];
	const within = (value: string) => `CASE WHEN ${bounds.join(" AND ")} THEN ${value} END`;
	const counts =
		bounds.length === 0
			? "COUNT(*) AS pending, MIN(r.submitted_at) AS oldest, MAX(r.id) AS newest, MAX(r.submitted_at) AS latest, 0 AS outside"
			: `COUNT(${within("1")}) AS pending, MIN(${within("r.submitted_at")}) AS oldest, MAX(${within("r.id")}) AS newest, MAX(${within("r.submitted_at")}) AS latest, COUNT(*) - COUNT(${within("1")}) AS outside`;
	const columns =
		"p.pending AS count, p.oldest AS oldest, p.newest AS newest, p.latest AS latest, p.outside AS outside";
	const unclaimed = "LEFT JOIN buildrequest_claims c ON c.brid = r.id WHERE r.complete = 0 AND c.brid IS NULL";
	switch (generation) {
		case "0.9.0":
			// Counted before the join, so that a million requests join once per builder.
			return `SELECT ${bytes("b.name")} AS builder, ${columns}
				FROM (SELECT r.builderid, ${counts} FROM buildrequests r ${unclaimed} GROUP BY r.builderid) p
				JOIN builders b ON b.id = p.builderid`;
		case "0.8.5":
			return byName(`buildrequests r ${unclaimed}`);
		case "0.8.0":
			return byName("buildrequests r WHERE r.complete = 0 AND (r.claimed_at = 0 OR r.claimed_at IS NULL)");
	}

	function byName(from: string): string {
		return `SELECT p.builder AS builder, ${columns}
			FROM (SELECT ${bytes("r.buildername")} AS builder, ${counts} FROM ${from} GROUP BY ${bytes("r.buildername")}) p`;
	}
}

const rowsSchema = z.array(
	z.object({
		builder: z.instanceof(Uint8Array),
		count: z.coerce.number().int().nonnegative(),
		oldest: z.coerce.number().int(),
		newest: z.coerce.number().int(),
		latest: z.coerce.number().int(),
		outside: z.coerce.number().int().nonnegative(),
	}),
);
/** Parses the result of {@link pendingQuery}. */
export function parseRows(rows: unknown): PendingRequests {
	const parsed = rowsSchema.parse(rows);
	return {
		builders: parsed
			.filter(({ count }) => count > 0)
			.map(({ builder, count, oldest, newest, latest }) => ({
				builder: decodeName(builder),
				count,
				oldestSubmittedAt: oldest,
				newest: { id: newest, submittedAt: latest },
			})),
		outsideAgeWindow: parsed.reduce((sum, { outside }) => sum + outside, 0),
	};
}
