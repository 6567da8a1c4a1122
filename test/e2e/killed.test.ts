/** The packaged action, killed at each of the endpoint's answers while it launches, and what the next runs do. */
import { beforeAll, describe, expect, it } from "vitest";
import { Site } from "../harness/site.ts";

const PENDING = [
	["Linux x86-64 mozilla-central build", 3],
	["Ubuntu VM 12.04 x64 mozilla-central opt test mochitest-1", 2],
] as const;
const NEEDED = 5;
const REGIONS = ["us-east-1", "us-west-2"];

async function start(): Promise<Site> {
	const site = await Site.start();
	const now = Math.floor(Date.now() / 1000);
	for (const [builder, count] of PENDING) site.database.submit(builder, count, now - 600);
	// The best placement has two of three, so that another one is needed.
	for (const region of REGIONS) site.world.setCapacity(`${region}a`, "c6a.2xlarge", "spot", 2);
	return site;
}
const isLaunching = (action: string) => action === "RunInstances" || action === "CreateTags";
const machines = (site: Site) => REGIONS.flatMap((region) => site.world.instances(region));

/** Kills the first run at the `call`th of some calls; returns whether it came to that. */
async function killAt(
	site: Site,
	moment: "before" | "after",
	call: number,
	isMeant: (action: string) => boolean = isLaunching,
): Promise<boolean> {
	let kill = () => {};
	let seen = 0;
	site.endpoint.watch = (when, action) => {
		if (when !== moment || !isMeant(action)) return "continue";
		seen += 1;
		if (seen < call) return "continue";
		kill();
		return "silence";
	};
	const { exitCode } = await site.run(
		{},
		{
			runId: "1",
			onStart: (killProcess) => {
				kill = killProcess;
			},
		},
	);
	site.endpoint.watch = () => "continue";
	return exitCode === null;
}

async function callsOfAnUndisturbedRun(): Promise<number> {
	await using site = await start();
	await site.tick({}, { runId: "1" });
	expect(machines(site)).toHaveLength(NEEDED);
	return site.endpoint.journal.calls().filter(({ action }) => isLaunching(action)).length;
}

async function killAndRunAgain(moment: "before" | "after", call: number, runId: string): Promise<void> {
	await using site = await start();
	expect(await killAt(site, moment, call)).toBe(true);
	await site.tick({ "fail-on": "never" }, { runId });
	expect(machines(site).length, `call ${call}`).toBeLessThanOrEqual(NEEDED);
	for (const { tags } of machines(site)) {
		expect(tags).toMatchObject({
			"moz-type": expect.any(String),
			"moz-state": "ready",
			"moz-created": expect.any(String),
		});
	}

	// Minutes later, the next scheduled run sees and names all.
	site.world.settle();
	site.world.ageInstances(180);
	const next = await site.tick({}, { runId: "3" });
	const names = machines(site).map(({ tags }) => tags["Name"]);
	expect(names, `call ${call}`).toHaveLength(NEEDED);
	expect(new Set(names).size).toBe(NEEDED);
	expect(names).not.toContain(undefined);
	expect(next.exitCode).toBe(0);
	const pools: { running: { spot: number; onDemand: number } }[] = JSON.parse(next.report ?? "{}").pools;
	const running = pools.reduce((sum, { running: { spot, onDemand } }) => sum + spot + onDemand, 0);
	expect(running + Number(next.outputs["launched"]), `call ${call}`).toBe(NEEDED);
}

let calls: number;
beforeAll(async () => {
	calls = await callsOfAnUndisturbedRun();
	expect(calls).toBeGreaterThan(NEEDED);
});

it("killed while it reads EC2, has launched nothing, and the next run launches what is needed", async () => {
	await using site = await start();
	expect(await killAt(site, "before", 1, (action) => action === "DescribeInstances")).toBe(true);
	expect(machines(site)).toEqual([]);
	expect(await site.tick({}, { runId: "2" })).toMatchObject({ exitCode: 0, outputs: { launched: String(NEEDED) } });
	expect(machines(site)).toHaveLength(NEEDED);
});

describe.each(["before", "after"] as const)("killed %s a call takes effect", (moment) => {
	it.each([
		["the same run again", "1"],
		["a new run", "2"],
	])(
		"%s and the next launch no more than is needed, and leave none unnamed",
		async (_what, runId) => {
			// Each has a site of its own, and mostly waits for its processes.
			await Promise.all(Array.from({ length: calls }, (_, index) => killAndRunAgain(moment, index + 1, runId)));
		},
		120_000,
	);
});
