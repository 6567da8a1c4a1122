/** Rows of masters and of the workers assigned to their builders, as Buildbot 0.9.0 and later store them. */
import { createHash } from "node:crypto";
import { type SqlDialect, textIn, type Version } from "./scheduler-rows.ts";

export interface MasterRow {
	readonly active: 0 | 1;
	/** Seconds since 1970, UTC. */
	readonly lastActive: number;
}

export interface WorkerRows {
	readonly masters: readonly MasterRow[];
	readonly workers: readonly string[];
	readonly paused?: readonly string[];
	readonly graceful?: readonly string[];
	/** `master` is an index into `masters`. */
	readonly configured: readonly {
		readonly master: number;
		readonly builder: string;
		readonly workers: readonly string[];
	}[];
	readonly connected?: readonly { readonly master: number; readonly worker: string }[];
}

/** SQL that inserts these rows and the builders that they name. */
export function workersOf(version: Version, dialect: SqlDialect, rows: WorkerRows): string {
	const { masters, workers, paused = [], graceful = [], configured, connected = [] } = rows;
	const hash = (name: string) => `'${createHash("sha1").update(name).digest("hex")}'`;
	const text = (value: string) => textIn(dialect, value);
	const builders = [...new Set(configured.map(({ builder }) => builder))];
	const builderId = (name: string) => builders.indexOf(name) + 1;
	const workerId = (name: string) => workers.indexOf(name) + 1;
	const away = (name: string) => `${paused.includes(name) ? 1 : 0}, ${graceful.includes(name) ? 1 : 0}`;
	const [flags, flagsOf] =
		version === "0.9.0" ? ["", () => ""] : [", paused, graceful", (name: string) => `, ${away(name)}`];
	const lines = [
		...masters.map(
			({ active, lastActive }, index) =>
				`INSERT INTO masters (id, name, name_hash, active, last_active) VALUES (${index + 1}, 'master${index}', ${hash(`master${index}`)}, ${active}, ${lastActive})`,
		),
		...builders.map(
			(name, index) => `INSERT INTO builders (id, name, name_hash) VALUES (${index + 1}, ${text(name)}, ${hash(name)})`,
		),
		...workers.map(
			(name, index) =>
				`INSERT INTO workers (id, name, info${flags}) VALUES (${index + 1}, ${text(name)}, '{}'${flagsOf(name)})`,
		),
		...configured.flatMap(({ master, builder, workers: some }, index) => [
			// A builder that no master has any longer stays in `builders`.
			...(some.length === 0
				? []
				: [
						`INSERT INTO builder_masters (id, builderid, masterid) VALUES (${index + 1}, ${builderId(builder)}, ${master + 1})`,
					]),
			...some.map(
				(name) =>
					`INSERT INTO configured_workers (id, buildermasterid, workerid) VALUES (${1000 * (index + 1) + workerId(name)}, ${index + 1}, ${workerId(name)})`,
			),
		]),
		...connected.map(
			({ master, worker }, index) =>
				`INSERT INTO connected_workers (id, masterid, workerid) VALUES (${index + 1}, ${master + 1}, ${workerId(worker)})`,
		),
	];
	return lines.map((line) => `${line};\n`).join("");
}
