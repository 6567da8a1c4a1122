/** Launch templates that would change what a launch is: the action does not launch with them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Report } from "../../src/core/report/report.ts";
import { Site } from "../harness/site.ts";

const TEMPLATE = "lt-0123456789abcdef0";

/** On-demand only, with a limit of 4. */
async function start(data: Readonly<Record<string, string>>): Promise<Site> {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-templates-"));
	const main = {
		region_priorities: { "us-east-1": 1 },
		buildermap: { bld: "bld" },
		ondemand: { limits: { global: { bld: 4 } } },
	};
	const region = {
		ami: "ami-bld",
		subnet_ids: ["subnet-us-east-1a"],
		security_group_ids: ["sg-1"],
		instance_type: "m6i.xlarge",
		launch_template: { id: TEMPLATE },
	};
	writeFileSync(join(folder, "watch_pending.json"), JSON.stringify(main));
	writeFileSync(join(folder, "bld"), JSON.stringify({ "us-east-1": region }));
	const site = await Site.start(folder);
	rmSync(folder, { recursive: true });
	Object.assign(site.world.region("us-east-1"), {
		launchTemplates: new Map([[TEMPLATE, { launchTemplateId: TEMPLATE, versions: [{ data }] }]]),
	});
	site.database.submit("bld", 9, 1_700_000_000);
	return site;
}

it("launches no spot instance that an on-demand limit would not count", async () => {
	await using site = await start({ "InstanceMarketOptions.MarketType": "spot" });
	const { exitCode, report, summary } = await site.tick();
	expect(site.world.live()).toEqual([]);
	expect(exitCode).toBe(1);
	const { exclusions }: Report = JSON.parse(report ?? "");
	expect(exclusions).toMatchObject([{ code: "template", lifecycle: "on-demand" }]);
	expect(summary).toContain("has the market type spot, so it would not launch on demand");
});

it("launches with a template that changes nothing", async () => {
	await using site = await start({ KeyName: "key" });
	expect((await site.tick()).exitCode).toBe(0);
	expect(site.world.live()).toHaveLength(4);
});
