/** Two runs at once, the first of them packaged, while the database server ends the connection that holds the lock. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ReportedFailure } from "../../src/core/report/report.ts";
import { SERVERS } from "../adapters/buildbot/servers.ts";
import type { ActionResult } from "../harness/action.ts";
import { type DatabaseServer, urlOf } from "../harness/database-server.ts";
import { connectMariaDb } from "../harness/mariadb.ts";
import { until } from "../harness/patience.ts";
import { connectPostgresql } from "../harness/postgresql.ts";
import { rowsOf, schemaOf } from "../harness/scheduler-rows.ts";
import { Site } from "../harness/site.ts";

const BUILD = "Linux x86-64 mozilla-central build";
const NEEDED = 5;
const REGIONS = ["us-east-1", "us-west-2"];

let site: Site;
beforeEach(async () => {
	site = await Site.start();
	limitCapacity(site);
});
afterEach(() => site[Symbol.asyncDispose]());

/** No placement has capacity for all, so that launches follow from the answers to others. */
function limitCapacity({ world }: Site): void {
	for (const region of REGIONS) world.setCapacity(`${region}a`, "c6a.2xlarge", "spot", 1);
}
const isLaunching = (action: string) => action === "RunInstances" || action === "CreateTags";
const machines = ({ world }: Site) => REGIONS.flatMap((region) => world.instances(region));
const failuresOf = ({ report }: ActionResult): readonly ReportedFailure[] => JSON.parse(report ?? "{}").failures;
const launchesOf = (result: ActionResult): readonly unknown[] => JSON.parse(result.report ?? "{}").launches;

describe.each(SERVERS)("a lock on $name", (kind) => {
	const rows = rowsOf(
		"4.3",
		kind.dialect,
		Array.from({ length: NEEDED }, () => ({ builder: BUILD })),
	);

	// On MySQL and MariaDB a lock is the whole server's, so that other tests would wait for these.
	let server: DatabaseServer;
	beforeAll(async () => {
		server = await kind.start();
	});
	afterAll(() => server.stop());

	/** Ends all connections of runs of the action, as an administrator. Returns how many there were. */
	async function endConnections(database: string): Promise<number> {
		if (kind.dialect === "postgresql") {
			const admin = await connectPostgresql(server, "postgres");
			const { rowCount } = await admin.query(
				"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
				[database],
			);
			await admin.end();
			return rowCount ?? 0;
		}
		const admin = await connectMariaDb(server);
		const [processes] = await admin.query("SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = ?", [
			database,
		]);
		const ids = (processes as { id: number }[]).map(({ id }) => id);
		// A connection may have ended meanwhile.
		const ended = await Promise.allSettled(ids.map((id) => admin.query(`KILL ${id}`)));
		await admin.end();
		return ended.filter(({ status }) => status === "fulfilled").length;
	}

	async function holdTheFirstLaunch(url: string) {
		const held = site.endpoint.faults.add({ action: "RunInstances", hold: true });
		const first = site.run({ "database-url": url }, { runId: "100" });
		await until(() => held.held > 0);
		return { held, first };
	}

	it("that is lost in the middle of the launches starts no more, keeps others out, and fails the run", async () => {
		const database = await kind.create(server, `${schemaOf("4.3", kind.dialect)}\n${rows}`);
		const url = urlOf(server, database);
		const { held, first } = await holdTheFirstLaunch(url);
		expect(await endConnections(database)).toBe(1);
		const second = await site.tick({ "database-url": url }, { runId: "200" });
		expect(JSON.parse(second.report ?? "{}")).toMatchObject({
			lockedBy: "https://github.com/example/builds/actions/runs/100",
			launches: [],
		});
		const inFlight = site.endpoint.journal.calls("RunInstances").length;
		held.release();
		const result = await first;
		expect(result.exitCode).toBe(1);
		expect(failuresOf(result)).toEqual([expect.objectContaining({ stage: "launch", code: "lock-lost" })]);
		expect(result.log).toMatch(/^::error::The lock was lost in the database .*no more were started/m);
		expect(result.summary).toContain("The lock was lost");
		expect(site.endpoint.journal.calls("RunInstances")).toHaveLength(inFlight);
		expect(machines(site).length).toBeLessThan(NEEDED);
		expect(launchesOf(result)).toHaveLength(machines(site).length);
		expect(await site.tick({ "database-url": url })).toMatchObject({ exitCode: 0 });
		expect(machines(site)).toHaveLength(NEEDED);
	});

	it("never lets two runs launch more than is needed, whichever call the connection ends at", async () => {
		const undisturbed = await launchWhileEnding(0);
		const first = undisturbed.findIndex(isLaunching);
		expect(undisturbed.slice(first).filter(isLaunching).length).toBeGreaterThan(NEEDED);
		// Nothing is launched between the calls that read, so the first and the last stand for all of them.
		const moments = undisturbed.map((_, index) => index + 1).filter((call) => call === 1 || call >= first);
		if (kind.dialect === "postgresql") await Promise.all(moments.map(launchWhileEnding));
		// On MySQL and MariaDB a lock is the whole server's.
		else for (const moment of moments) await launchWhileEnding(moment);

		/** Ends the connection at a run's `moment`th call to EC2, and starts another run at once. Returns the run's calls. */
		async function launchWhileEnding(moment: number): Promise<readonly string[]> {
			await using own = await Site.start();
			limitCapacity(own);
			const database = await kind.create(server, `${schemaOf("4.3", kind.dialect)}\n${rows}`);
			const tick = (runId: string) => own.tick({ "database-url": urlOf(server, database) }, { runId });
			const calls: string[] = [];
			const others: Promise<unknown>[] = [];
			own.endpoint.watch = (when, action) => {
				if (when === "before") {
					calls.push(action);
					if (calls.length === moment) others.push(endConnections(database).then(() => tick("2")));
				}
				return "continue";
			};
			await tick("1");
			const ownCalls = [...calls];
			await Promise.all(others);
			expectSound(own, `call ${moment}`);
			own.world.settle();
			expect(await tick("3")).toMatchObject({ exitCode: 0 });
			expect(expectSound(own, `call ${moment}`), `call ${moment}`).toBe(NEEDED);
			return ownCalls;
		}
	}, 300_000);

	// Last, since the others need the server.
	it("that is lost because the server stops starts no more, and fails the run", async () => {
		const database = await kind.create(server, `${schemaOf("4.3", kind.dialect)}\n${rows}`);
		const { held, first } = await holdTheFirstLaunch(urlOf(server, database));
		const inFlight = site.endpoint.journal.calls("RunInstances").length;
		await server.stop();
		held.release();
		const result = await first;
		expect(result.exitCode).toBe(1);
		expect(failuresOf(result)).toEqual([expect.objectContaining({ stage: "launch", code: "lock-lost" })]);
		expect(site.endpoint.journal.calls("RunInstances")).toHaveLength(inFlight);
	});
});

/** No more machines than are needed, and none with another's name. Returns how many there are. */
function expectSound(of: Site, what: string): number {
	const names = machines(of).map(({ tags }) => tags["Name"]);
	expect(names.length, what).toBeLessThanOrEqual(NEEDED);
	expect(new Set(names).size, what).toBe(names.length);
	return names.length;
}
