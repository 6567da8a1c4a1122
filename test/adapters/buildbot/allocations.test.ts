/** Which workers a master's own tables let serve its builders. */
import { describe, expect, it } from "vitest";
import { BuildbotAllocations } from "../../../src/adapters/buildbot/allocations.ts";
import { openDatabase } from "../../../src/adapters/buildbot/open.ts";
import { locationOf } from "../../harness/database-location.ts";
import { urlOf } from "../../harness/database-server.ts";
import { DATABASES } from "../../harness/scheduler-databases.ts";
import { hasBuilders, schemaOf, VERSIONS, type Version } from "../../harness/scheduler-rows.ts";
import { type MasterRow, workersOf } from "../../harness/worker-rows.ts";
import { limitedUser, OPTIONS, SERVERS } from "./servers.ts";

const NOW = Math.floor(Date.now() / 1000);
const MASTER: MasterRow = { active: 1, lastActive: NOW - 60 };

describe.each(DATABASES)("the workers in $name", ({ dialect, create }) => {
	const open = async (version: Version, rows: string) => {
		const { store } = await openDatabase(locationOf(await create(version, rows)), OPTIONS);
		return new BuildbotAllocations(store);
	};

	describe.each(VERSIONS.filter(hasBuilders))("of Buildbot %s", (version) => {
		const read = async (builders: readonly string[], rows: Parameters<typeof workersOf>[2]) =>
			(await open(version, workersOf(version, dialect, rows))).read(builders);

		it("are those of all masters that a builder runs on, without duplicates", async () => {
			const { slavesets, unknown, allocated } = await read(["Ä build", "b"], {
				masters: [MASTER, MASTER],
				workers: ["w-1", "w-2", "wörker 3", "w-4"],
				configured: [
					{ master: 0, builder: "Ä build", workers: ["w-1", "w-2"] },
					{ master: 1, builder: "Ä build", workers: ["w-2", "wörker 3"] },
					{ master: 0, builder: "b", workers: ["w-1"] },
					{ master: 0, builder: "not asked for", workers: ["w-4"] },
				],
			});
			expect(slavesets.get("Ä build")?.toSorted()).toEqual(["w-1", "w-2", "wörker 3"]);
			expect(slavesets.get("b")).toEqual(["w-1"]);
			expect([...slavesets.keys()].toSorted()).toEqual(["b", "Ä build"]);
			expect(unknown.size).toBe(0);
			// No machine of another pool may have the name of any worker.
			expect(allocated).toEqual({ kind: "known", names: new Set(["w-1", "w-2", "wörker 3", "w-4"]) });
		});

		it("are unknown for a builder that no master has, for example after it was stopped", async () => {
			const { slavesets, unknown } = await read(["gone", "never there", "here"], {
				masters: [MASTER],
				workers: ["w-1"],
				configured: [
					{ master: 0, builder: "gone", workers: [] },
					{ master: 0, builder: "here", workers: ["w-1"] },
				],
			});
			expect([...slavesets.keys()]).toEqual(["here"]);
			expect([...unknown.keys()]).toEqual(["gone", "never there"]);
			expect(unknown.get("gone")).toMatchObject({ code: "not-configured", reason: expect.stringMatching(/stopped/) });
		});

		it("are connected only if their master is active and reported in the last ten minutes", async () => {
			const { connected } = await read(["a"], {
				masters: [MASTER, { active: 0, lastActive: NOW }, { active: 1, lastActive: NOW - 660 }],
				workers: ["here", "of a stopped master", "of a silent master", "away"],
				configured: [{ master: 0, builder: "a", workers: ["here"] }],
				connected: [
					{ master: 0, worker: "here" },
					{ master: 1, worker: "of a stopped master" },
					{ master: 2, worker: "of a silent master" },
				],
			});
			expect(connected).toEqual(new Set(["here"]));
		});

		if (version !== "0.9.0") {
			it("exclude those that are paused or shutting down gracefully, even if none is left", async () => {
				const { slavesets, unknown } = await read(["a", "b"], {
					masters: [MASTER],
					workers: ["w-1", "paused", "graceful"],
					paused: ["paused"],
					graceful: ["graceful"],
					configured: [
						{ master: 0, builder: "a", workers: ["w-1", "paused", "graceful"] },
						{ master: 0, builder: "b", workers: ["paused"] },
					],
				});
				expect(slavesets).toEqual(
					new Map([
						["a", ["w-1"]],
						["b", []],
					]),
				);
				expect(unknown.size).toBe(0);
			});
		}
	});

	it("are reported as missing from a database before Buildbot 0.9.0", async () => {
		const allocations = await open("0.8.14", "");
		await expect(allocations.read(["a"])).rejects.toThrow(
			/"jacuzzi.buildbot" requires .* Buildbot 0\.9\.0 or later, but builders, builder_masters, .* can't be read/,
		);
	});
});

describe.each(SERVERS)("a user of $name", (kind) => {
	const TABLES = ["builders", "builder_masters", "configured_workers", "workers", "connected_workers", "masters"];
	const readAs = async (user: string, tables: readonly string[]) => {
		const rows = workersOf("4.3", kind.dialect, {
			masters: [MASTER],
			workers: ["w"],
			configured: [{ master: 0, builder: "a", workers: ["w"] }],
		});
		const sql = `${schemaOf("4.3", kind.dialect)}\n${rows}\n${limitedUser(kind.dialect, user, tables)}`;
		const address = { ...kind.address(), user, password: "x" };
		const database = await kind.create(kind.address(), sql);
		const { store } = await openDatabase(locationOf(urlOf(address, database)), OPTIONS);
		return new BuildbotAllocations(store).read(["a"]);
	};

	it("requires only SELECT on the six tables", async () => {
		expect((await readAs(`six_${kind.dialect}`, TABLES)).slavesets).toEqual(new Map([["a", ["w"]]]));
	});

	it("gets an error that names the unreadable tables", async () => {
		await expect(readAs(`four_${kind.dialect}`, TABLES.slice(0, 4))).rejects.toThrow(
			/, but connected_workers, masters can't be read\. Let the database user SELECT from them/,
		);
	});
});
