import { describe, expect, it } from "vitest";
import { firstBuildsLine, neverConnectedWarning } from "../../../src/core/report/first-builds.ts";
import type { ReportedNeverConnected } from "../../../src/core/report/report.ts";
import { HEURISTICS } from "../facts.ts";

const line = (median: number | null, slowest: number | null, freshInstanceDelay = 1200) =>
	firstBuildsLine({
		firstBuilds: { machines: slowest === null ? 0 : 12, median, slowest, neverConnected: [] },
		heuristics: { ...HEURISTICS, freshInstanceDelay },
	});

describe("the line on the first builds", () => {
	it("has the measured times next to the delay", () => {
		expect(line(240, 900)).toBe(
			"Launch to first build: median 4 min, slowest 15 min (12 machines launched in the last day); fresh_instance_delay is 20 min.",
		);
	});

	it("is empty if nothing was measured or planned, and counts a single machine as one", () => {
		expect(line(null, null)).toBe("");
		expect(firstBuildsLine({ firstBuilds: null, heuristics: HEURISTICS })).toBe("");
		const firstBuilds = { machines: 1, median: 1, slowest: 1, neverConnected: [] };
		expect(firstBuildsLine({ firstBuilds, heuristics: null })).toBe("");
		expect(firstBuildsLine({ firstBuilds, heuristics: HEURISTICS })).toContain("(1 machine launched in the last day)");
	});

	it.each([
		[
			"lower the delay if the slowest needs less than half of it",
			480,
			1200,
			/long after .* lower fresh_instance_delay to about 600\.$/,
		],
		["change nothing if the slowest needs half of it", 600, 1200, /is 20 min\.$/],
		["change nothing if the slowest needs all of it", 1200, 1200, /is 20 min\.$/],
		[
			"raise the delay if the slowest needs more",
			1201,
			1200,
			/no longer count as fresh.* Raise fresh_instance_delay to about 1500,/,
		],
		["change nothing if the delay is too short to be lowered", 20, 60, /is 1 min\.$/],
	])("advises to %s", (_what, slowest, delay, text) => {
		expect(line(slowest, slowest, delay)).toMatch(text);
	});
});

describe("the warning on machines that never connected", () => {
	const NOW = "2026-11-27T12:00:00.000Z";
	const group = (overrides: Partial<ReportedNeverConnected> = {}): ReportedNeverConnected => ({
		mozType: "bld",
		region: "us-west-2",
		availabilityZone: "us-west-2a",
		instanceType: "c6i.xlarge",
		imageId: "ami-1",
		count: 1,
		launchedAt: "2026-11-27T11:00:00.000Z",
		...overrides,
	});

	it("names the image of most of them, and how long ago the last was launched", () => {
		const last = "2026-11-27T11:20:00.000Z";
		const groups = [group({ count: 2, launchedAt: last }), group({ availabilityZone: "us-west-2b" })];
		expect(neverConnectedWarning(groups, NOW)).toMatch(
			/^3 machines launched 40 min ago or earlier never connected to Buildbot, all of them on image ami-1\. Check the image/,
		);
		expect(neverConnectedWarning(groups, null)).toMatch(/^3 machines never connected to Buildbot, all of them on/);
		expect(neverConnectedWarning([...groups, group({ imageId: "ami-2", count: 2 })], NOW)).toMatch(
			/^5 machines .*, 3 of them on image ami-1\. /,
		);
	});

	it("names the placement of most of them if their images differ", () => {
		const groups = [group(), group({ imageId: "ami-2" })];
		expect(neverConnectedWarning(groups, NOW)).toMatch(/all of them on c6i\.xlarge in us-west-2a\. Check the subnets/);
	});

	it("is empty if they have nothing in common, or if it is only one", () => {
		const other = group({ imageId: "ami-2", availabilityZone: "us-west-2b" });
		expect(neverConnectedWarning([group(), other], NOW)).toBe("");
		expect(neverConnectedWarning([group()], NOW)).toBe("");
		expect(neverConnectedWarning([], NOW)).toBe("");
	});
});
