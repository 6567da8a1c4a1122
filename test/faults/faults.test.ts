/** The fault matrix: every fault of everything that a run calls, reads, or writes. */
import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TLS } from "../harness/database-server.ts";
import { PATIENCE } from "../harness/patience.ts";
import { ROOT, read } from "../harness/repository.ts";
import { AWS_ROWS } from "./aws.ts";
import { FILE_ROWS } from "./files.ts";
import { pageOf } from "./page.ts";
import { SECRETS } from "./protocols.ts";
import { QUERY_ROWS } from "./queries.ts";
import type { Row } from "./row.ts";
import { NEEDED, type RowResult, runRow } from "./run-row.ts";
import { SERVICE_ROWS } from "./services.ts";

const ROWS: readonly Row[] = [...AWS_ROWS, ...SERVICE_ROWS, ...QUERY_ROWS, ...FILE_ROWS];
/**
 * Rows of the packaged action: at least one of each service or file, and of each fault. The others run its sources, which
 * takes much less time.
 */
const PACKAGED = packagedRows();
/** Runs that work side by side, in addition to those that wait for their fault to end. */
const WORKING = 2 * availableParallelism();
const PAGE = "docs/faults.md";

const results = new Map<Row, RowResult>();

function packagedRows(): ReadonlySet<Row> {
	// The actions of EC2 are one service.
	const keysOf = ({ subject, fault }: Row) => [subject.replace(/:.*/, ""), fault];
	const packaged = new Set(ROWS.filter(({ needsProcess }) => needsProcess === true));
	const covered = new Set([...packaged].flatMap(keysOf));
	// Rows that add both a service and a fault first, so that few are needed.
	for (const added of [2, 1]) {
		for (const row of ROWS) {
			if (keysOf(row).filter((key) => !covered.has(key)).length < added) continue;
			packaged.add(row);
			for (const key of keysOf(row)) covered.add(key);
		}
	}
	return packaged;
}

function resultOf(row: Row): RowResult {
	const result = results.get(row);
	if (result === undefined) throw new Error(`${row.subject} ${row.fault} was not run`);
	return result;
}

const authorities = getCACertificates();
afterAll(() => setDefaultCACertificates(authorities));
beforeAll(async () => {
	// As `NODE_EXTRA_CA_CERTS` does for a process.
	setDefaultCACertificates([...authorities, readFileSync(join(TLS, "server.crt"), "utf8")]);
	// Those that wait longest first, so that the others run meanwhile.
	const queue = ROWS.toSorted((one, other) => other.delay - one.delay);
	const runs: Promise<void>[] = [];
	/** Until the run ends or waits. */
	const workOn = (row: Row) =>
		new Promise<void>((done) => {
			const run = runRow(row, PACKAGED.has(row), () => row.delay > 0 && done());
			runs.push(run.then((result) => void results.set(row, result)).finally(done));
		});
	const work = async () => {
		for (let row = queue.shift(); row !== undefined; row = queue.shift()) await workOn(row);
	};
	await Promise.all(Array.from({ length: WORKING }, work));
	await Promise.all(runs);
}, 600_000);

describe.each(ROWS.map((row) => [row.subject, row.fault, row] as const))("%s: %s", (_subject, _fault, row) => {
	it("ends in time, by itself, and with a result", () => {
		const { exitCode, seconds, log, errorOutput } = resultOf(row);
		expect(exitCode, log + errorOutput).not.toBeNull();
		expect(seconds).toBeLessThan(row.delay + PATIENCE);
		expect(log).not.toContain("Internal error");
		expect(errorOutput).toBe("");
	});

	it("launches no more than is needed, and reports what may run", () => {
		const { machines, report } = resultOf(row);
		const unknown = report?.pools.reduce((sum, pool) => sum + pool.possiblyLaunched, 0) ?? NEEDED;
		expect(machines).toBeLessThanOrEqual(NEEDED);
		expect(machines).toBeLessThanOrEqual((report?.launches.length ?? 0) + unknown);
	});

	it("shows no secret", () => {
		const { log, errorOutput, outputs, summary, report } = resultOf(row);
		const visible = log.replace(/^::add-mask::.*$/gm, "");
		const written = [visible, errorOutput, JSON.stringify(outputs), summary, JSON.stringify(report)].join("\n");
		for (const secret of Object.values(SECRETS)) expect(written).not.toContain(secret);
	});
});

it(`${PAGE} says what each row launched, reported, and exited with`, () => {
	const page = pageOf(ROWS.map(resultOf));
	if (process.env["UPDATE_FAULTS"] === "1") writeFileSync(join(ROOT, PAGE), page);
	expect(read(PAGE)).toBe(page);
});
