/** Spot machines over several pools, right after EC2 reclaimed some: the packaged action against the EC2 simulator. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Report } from "../../src/core/report/report.ts";
import { Site } from "../harness/site.ts";

const REGION = "us-west-2";

function configuration(): string {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-spread-"));
	const main = {
		region_priorities: { [REGION]: 1 },
		buildermap: { bld: "bld" },
		spot: {
			rules: { bld: [{ instance_type: "c6i.xlarge", bid_price: 0.3 }] },
			limits: { [REGION]: { bld: 100 } },
			spread: { bld: { pools: 3, premium: 0.1 } },
		},
	};
	const region = {
		ami: "ami-1",
		subnet_ids: ["subnet-a", "subnet-b", "subnet-c"],
		security_group_ids: ["sg-1"],
		instance_type: "c6i.xlarge",
	};
	writeFileSync(join(folder, "watch_pending.json"), JSON.stringify(main));
	writeFileSync(join(folder, "bld"), JSON.stringify({ [REGION]: region }));
	return folder;
}

let site: Site;
afterEach(() => site[Symbol.asyncDispose]());

it("spreads a type's machines over the pools, without the one that EC2 has just reclaimed from", async () => {
	const configs = configuration();
	site = await Site.start(configs);
	rmSync(configs, { recursive: true });
	site.database.submit("bld", 12, 1_700_000_000);
	for (const [zone, price] of [["a", 0.1] as const, ["b", 0.101] as const, ["c", 0.103] as const]) {
		site.world.setSpotPrice(REGION, "c6i.xlarge", price, `${REGION}${zone}`);
	}
	for (const age of [1200, 3600]) {
		const machine = { region: REGION, mozType: "bld", lifecycle: "spot", availabilityZone: `${REGION}a`, age } as const;
		site.world.terminate(site.world.addInstance(machine).instanceId, "Server.SpotInstanceTermination");
	}
	const { report, summary, log } = await site.run();
	if (report === null) throw new Error(log);
	const { spotPools, spread }: Report = JSON.parse(report);
	expect(spotPools).toMatchObject([
		{ availabilityZone: "us-west-2a", live: 0, launched: 0, reclaimed: 2 },
		{ availabilityZone: "us-west-2b", live: 0, launched: 6, reclaimed: 0, spotPrice: 0.101 },
		{ availabilityZone: "us-west-2c", live: 0, launched: 6, reclaimed: 0, spotPrice: 0.103 },
	]);
	expect(spread).toEqual([{ mozType: "bld", pools: 3, premium: 0.1, usdPerHour: 0.012 }]);
	expect(summary).toContain("largest pool: 6 of 12 in us-west-2b");
	expect(log).toContain("EC2 reclaimed 2 spot c6i.xlarge in us-west-2a in the last 15 minutes");
	expect(
		site.world
			.live()
			.map(({ availabilityZone }) => availabilityZone)
			.toSorted(),
	).toEqual(["us-west-2b", "us-west-2c"].flatMap((zone) => Array.from({ length: 6 }, () => zone)));
	expect(site.endpoint.journal.counts()[REGION]?.["RunInstances"]).toBe(2);
});
