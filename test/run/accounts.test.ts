/** Several AWS accounts: the action assumes their roles, and a role that fails stops only its own account. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { Report } from "../../src/core/report/report.ts";
import { Site } from "../harness/site.ts";

const EAST = "arn:aws:iam::111111111111:role/east";
const TST = "arn:aws:iam::222222222222:role/tst";
const REGIONS = ["us-east-1", "us-west-2"];

/** Types `bld` and `tst` in two regions, each with a subnet of its own in each. */
function configuration(roles: Readonly<Record<string, string>>): string {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-accounts-"));
	const types = ["bld", "tst"];
	const all = (limit: number) => Object.fromEntries(types.map((type) => [type, limit]));
	const main = {
		region_priorities: { "us-east-1": 2, "us-west-2": 1 },
		buildermap: { bld: "bld", tst: "tst" },
		// Without limits of their own, an unread region could have all that the global ones allow.
		ondemand: { limits: { global: all(100), ...Object.fromEntries(REGIONS.map((region) => [region, all(50)])) } },
		roles,
	};
	writeFileSync(join(folder, "watch_pending.json"), JSON.stringify(main, null, "\t"));
	for (const type of types) {
		const places = REGIONS.map((region) => [
			region,
			{
				ami: `ami-${type}`,
				subnet_ids: [`subnet-${type}-${region}`],
				security_group_ids: ["sg-1"],
				instance_type: "m6i.xlarge",
			},
		]);
		writeFileSync(join(folder, type), JSON.stringify({ hostname: "m-%02d", ...Object.fromEntries(places) }));
	}
	return folder;
}

let site: Site;
async function start(roles: Readonly<Record<string, string>>): Promise<void> {
	const configs = configuration(roles);
	site = await Site.start(configs);
	rmSync(configs, { recursive: true });
	for (const builder of ["bld", "tst"]) site.database.submit(builder, 6, 1_700_000_000);
}
afterEach(() => site[Symbol.asyncDispose]());

async function tick() {
	const { exitCode, report, log } = await site.tick();
	if (report === null) throw new Error(log);
	const { launches, failures, apiCalls }: Report = JSON.parse(report);
	const counts: Record<string, number> = {};
	for (const { mozType, region, role } of launches) {
		const key = `${mozType} ${region} ${role}`;
		counts[key] = (counts[key] ?? 0) + 1;
	}
	return { exitCode, counts, failures, apiCalls, log };
}
/** What runs in an account, by type and region. */
const machinesOf = (accountId: string) => {
	const machines =
		site.endpoint.sessions
			.worlds()
			.find((world) => world.accountId === accountId)
			?.instances() ?? [];
	const groups = Map.groupBy(machines, ({ region, tags }) => `${tags["moz-type"]} ${region}`);
	return Object.fromEntries([...groups].map(([key, some]) => [key, some.length]));
};

it("launches each type in its own or its region's account, and counts all accounts", async () => {
	await start({ "us-east-1": EAST, tst: TST });
	const first = await tick();
	expect(first).toMatchObject({ exitCode: 0, failures: [] });
	expect(first.counts).toEqual({
		[`bld us-east-1 ${EAST}`]: 4,
		"bld us-west-2 null": 2,
		[`tst us-east-1 ${TST}`]: 4,
		[`tst us-west-2 ${TST}`]: 2,
	});
	expect(machinesOf("123456789012")).toEqual({ "bld us-west-2": 2 });
	expect(machinesOf("111111111111")).toEqual({ "bld us-east-1": 4 });
	expect(machinesOf("222222222222")).toEqual({ "tst us-east-1": 4, "tst us-west-2": 2 });
	expect(site.endpoint.journal.calls("AssumeRole")).toHaveLength(2);
	const names = site.endpoint.sessions.worlds().flatMap((world) => world.instances().map(({ tags }) => tags["Name"]));
	expect(new Set(names).size).toBe(12);
	expect((await tick()).counts).toEqual({});
});

it("skips a region for the types whose role can't be assumed, launches the rest, and fails the run", async () => {
	await start({ "us-east-1": EAST, tst: TST });
	site.endpoint.faults.add({
		action: "AssumeRole",
		role: EAST,
		error: { code: "AccessDenied", status: 403, message: "no" },
	});
	const { exitCode, counts, failures, log } = await tick();
	expect(counts).toEqual({ "bld us-west-2 null": 6, [`tst us-east-1 ${TST}`]: 4, [`tst us-west-2 ${TST}`]: 2 });
	expect(failures).toMatchObject([{ stage: "read", region: "us-east-1", code: "AccessDenied" }]);
	expect(exitCode).toBe(1);
	expect(log).toMatch(/^::error::Assuming the role arn:aws:iam::111111111111:role\/east failed \(AccessDenied: no\)/m);
});

it("launches in other accounts after the session of one has expired", async () => {
	await start({ tst: TST });
	site.endpoint.watch = (moment, action) => {
		if (moment === "before" && action === "RunInstances") site.endpoint.sessions.expire(TST);
		return "continue";
	};
	const { exitCode, counts, failures } = await tick();
	expect(counts).toEqual({ "bld us-east-1 null": 4, "bld us-west-2 null": 2 });
	expect(new Set(failures.map(({ code, mozType }) => `${code} ${mozType}`))).toEqual(new Set(["RequestExpired tst"]));
	expect(exitCode).toBe(1);
});

it("assumes the roles in a dry run, and launches nothing", async () => {
	await start({ "us-east-1": EAST });
	const { exitCode } = await site.tick({ mode: "dry-run" });
	expect(exitCode).toBe(0);
	expect(site.endpoint.journal.calls("AssumeRole")).toHaveLength(1);
	expect(site.world.live()).toEqual([]);
});
