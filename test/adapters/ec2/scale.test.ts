/** Launches of many machines against EC2's token buckets: as fast as these allow, and never throttled. */

import { expect, it } from "vitest";
import { launchAtScale, type Naming } from "../../harness/launch-at-scale.ts";

/** Seconds that the margin below EC2's buckets costs at the start: a burst has one launch and five tags less. */
const START = 0.75;
const TWO_REGIONS = ["us-east-1", "us-west-2"];

it.each<[Naming, number]>([
	...(["no names", "names", "{fqdn}", "{names}"] as const).flatMap((naming) =>
		[1, 10, 100].map((count): [Naming, number] => [naming, count]),
	),
	["{fqdn}", 500],
])(
	"machines with %s are launched within 1.15 × the bound of EC2's buckets, %i in two regions",
	async (naming, count) => {
		const measured = await launchAtScale({ count, naming, regions: TWO_REGIONS });
		expect(measured).toMatchObject({ launched: count, named: naming === "no names" ? 0 : count });
		expect(measured.throttles).toBe(0);
		expect(measured.lastLaunch).toBeLessThanOrEqual(1.15 * measured.launchBound + START);
		expect(measured.end).toBeLessThanOrEqual(1.15 * measured.bound + START);
	},
);

it("launches 1,000 machines with {names} in one region by one call within 3 seconds", async () => {
	const measured = await launchAtScale({ count: 1000, naming: "{names}", regions: ["us-west-2"] });
	expect(measured).toMatchObject({ launched: 1000, named: 1000, throttles: 0, calls: { RunInstances: 1 } });
	expect(measured.lastLaunch).toBeLessThanOrEqual(3);
	expect(measured.end).toBeLessThanOrEqual(1.15 * measured.bound);
});

it("uses the buckets of all regions for machines that need a call each", async () => {
	const one = await launchAtScale({ count: 60, naming: "{fqdn}", regions: ["us-west-2"] });
	const two = await launchAtScale({ count: 60, naming: "{fqdn}", regions: TWO_REGIONS });
	expect(two.lastLaunch).toBeLessThan(0.5 * one.lastLaunch);
});
