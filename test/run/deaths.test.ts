/** Instances that EC2 ends at once: the action probes instead of launching them all again. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Report } from "../../src/core/report/report.ts";
import { configure } from "../faults/services.ts";
import { Site } from "../harness/site.ts";

let site: Site;
beforeEach(async () => {
	site = await Site.start();
	site.database.submit("Linux x86-64 build", 40, 1_700_000_000);
});
afterEach(() => site[Symbol.asyncDispose]());

const CAUSE = "Client.VolumeLimitExceeded";

/** Runs a tick as another workflow run, so that its tokens are new, a minute after the one before. */
async function tick(run: number) {
	site.world.ageInstances(60);
	const { exitCode, report, summary } = await site.tick({}, { runId: String(run) });
	if (report === null) throw new Error(summary);
	const parsed: Report = JSON.parse(report);
	return { exitCode, report: parsed, summary };
}

it("launches only probes where all die, then elsewhere, and fails the run if they die everywhere", async () => {
	for (const name of ["us-east-1", "us-west-2"]) site.world.region(name).deaths = [{ cause: CAUSE, after: 0 }];
	const launched: number[] = [];
	for (let run = 1; run <= 7; run += 1) {
		const { report } = await tick(run);
		launched.push(report.launches.length);
	}
	expect(launched[0]).toBe(40);
	// Each EC2 instance type and region is tried once with what the others left; after that, each gets one probe.
	const last = await tick(8);
	const siteOf = ({ region, instanceType, imageId }: Report["launches"][number]) =>
		`${region} ${instanceType} ${imageId}`;
	expect(new Set(last.report.launches.map(siteOf)).size).toBe(last.report.launches.length);
	expect(launched.at(-1)).toBe(last.report.launches.length);
	expect(last.exitCode).toBe(1);
	expect(last.summary).toMatch(/^## ❌ 40 pending requests = .*; new instances die everywhere/);
	expect(last.report.failures).toMatchObject([{ stage: "launch", code: "died-young", mozType: "bld-linux64" }]);
	expect(last.report.deaths.every(({ code }) => code === CAUSE)).toBe(true);
	expect(last.report.deaths.reduce((sum, { count }) => sum + count, 0)).toBe(
		launched.reduce((sum, count) => sum + count, 0),
	);
	expect(last.summary).toContain("died within 10 minutes of launch in the last hour");
});

it("launches everything again once a probe has survived", async () => {
	// A probe that has survived is still fresh, so that it counts in full.
	configure(site, { heuristics: { fresh_instance_delay: 1200 } });
	for (const name of ["us-east-1", "us-west-2"]) site.world.region(name).deaths = [{ cause: CAUSE, after: 0 }];
	for (let run = 1; run <= 6; run += 1) await tick(run);
	for (const name of ["us-east-1", "us-west-2"]) site.world.region(name).deaths = [];
	const probes = (await tick(7)).report.launches.length;
	expect((await tick(8)).report.launches).toEqual([]);
	site.world.ageInstances(600);
	expect((await tick(9)).report.launches.length).toBe(40 - probes);
});
