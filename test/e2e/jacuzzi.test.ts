/** Builders that are bound to named workers. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Report } from "../../src/core/report/report.ts";
import { Site } from "../harness/site.ts";

const BOUND = "Linux mozilla-central build";
const FREE = "Linux x86-64 mozilla-central build";

async function siteWith(jacuzzi: unknown): Promise<Site> {
	const site = await Site.start();
	const main = join(site.workspace, "configs/watch_pending.json");
	writeFileSync(main, JSON.stringify({ ...JSON.parse(readFileSync(main, "utf8")), jacuzzi }));
	return site;
}

it("get only instances with their names, and the general pool gets none of them", async () => {
	await using site = await siteWith({ builders: { [BOUND]: ["bld-linux64-ec2-001", "bld-linux64-ec2-002"] } });
	const now = Math.floor(Date.now() / 1000);
	site.database.submit(BOUND, 5, now - 60);
	site.database.submit(FREE, 2, now - 60);
	const result = await site.run();
	const { pools, launches }: Report = JSON.parse(result.report ?? "{}");
	expect(pools.find(({ slaveset }) => slaveset !== null)).toMatchObject({
		slaveset: ["bld-linux64-ec2-001", "bld-linux64-ec2-002"],
		pending: 5,
		launched: 2,
		shortfall: 3,
		reasons: [
			{ code: "launched", count: 2 },
			{ code: "no-name", count: 3 },
		],
	});
	const names = (bound: boolean) =>
		launches.filter(({ slaveset }) => (slaveset !== null) === bound).map(({ name }) => name);
	expect(names(true).toSorted()).toEqual(["bld-linux64-ec2-001", "bld-linux64-ec2-002"]);
	expect(names(false).toSorted()).toEqual(["bld-linux64-ec2-003", "bld-linux64-ec2-004"]);
	// Counted by their names, they have them from their first moment: in the tags of the call that launches them.
	expect(
		site.endpoint.journal.calls("RunInstances").filter(({ flat }) => JSON.stringify(flat).includes("ec2-:001-002:")),
	).toHaveLength(1);
	const again = await site.tick();
	expect(again.outputs).toMatchObject({ launched: "0" });
});

it("get none if the allocator does not answer, and are not sent to the general pool", async () => {
	await using site = await siteWith({ url: "http://127.0.0.1:9/v1" });
	site.database.submit(BOUND, 5, 1_700_000_000);
	const result = await site.tick();
	expect(result.exitCode).toBe(1);
	expect(site.endpoint.journal.calls()).toHaveLength(0);
	expect(result.log).toMatch(
		/^::error::Nothing was launched for the 5 pending requests of .* the jacuzzi allocator at http:\/\/127\.0\.0\.1:9 did not answer/m,
	);
	expect(result.outputs).toMatchObject({ pending: "5", matched: "5", launched: "0" });
	const { pending }: Report = JSON.parse(result.report ?? "{}");
	expect(pending.builders).toMatchObject([{ builder: BOUND, count: 5, reason: "allocation-unknown" }]);
	expect(pending.reasons).toMatchObject([{ code: "allocation-unknown", count: 5 }]);
});

it("come from the master's own tables, share a pool if their workers are the same, and never get a connected name", async () => {
	await using site = await siteWith({ buildbot: true });
	const now = Math.floor(Date.now() / 1000);
	const workers = ["w-1", "w-2", "w-3", "w-4"];
	for (const [builder, some] of [
		[BOUND, workers],
		["Linux mozilla-inbound build", workers.toReversed()],
		[FREE, []],
	] as const) {
		site.database.submit(builder, 5, now - 60);
		if (some.length > 0) site.database.configure(builder, some, now);
	}
	site.database.connect("w-2");
	site.world.addInstance({ region: "us-west-2", mozType: "bld-linux64", name: "w-3", age: 10_000 });
	const { log, report, exitCode } = await site.tick();
	const { pools, launches, failures }: Report = JSON.parse(report ?? "{}");
	expect(pools).toMatchObject([{ slaveset: workers, pending: 10, launched: 2, shortfall: 8 }]);
	expect(launches.map(({ name }) => name).toSorted()).toEqual(["w-1", "w-4"]);
	// A builder whose master is stopped is not served, which is said and is no failure of the run.
	expect(failures).toMatchObject([{ stage: "jacuzzi", code: "not-configured" }]);
	expect(log).toMatch(
		/^::warning::Nothing was launched for the 5 pending requests of "Linux x86-64 .*Start the master/m,
	);
	expect(exitCode).toBe(0);
	// All names are taken: there is nothing to launch, and nothing is wrong.
	const again = await site.tick();
	expect(again.outputs).toMatchObject({ launched: "0" });
	expect(again.exitCode).toBe(0);
});
