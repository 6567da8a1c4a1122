/** A dry run proves the role and the resources: EC2 says what it would refuse, and nothing is launched. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Report } from "../../src/core/report/report.ts";
import { Site } from "../harness/site.ts";

let site: Site;
beforeEach(async () => {
	site = await Site.start();
	site.database.submit("Linux x86-64 build", 5, 1_700_000_000);
});
afterEach(() => site[Symbol.asyncDispose]());

async function dryRun() {
	const { exitCode, report, log, summary } = await site.tick({ mode: "dry-run" });
	if (report === null) throw new Error(log);
	const { failures, launches, exclusions }: Report = JSON.parse(report);
	expect(site.world.live()).toEqual([]);
	return { exitCode, failures, launches, exclusions, log, summary };
}

it("succeeds if EC2 would permit every launch", async () => {
	const { exitCode, failures, launches, log } = await dryRun();
	expect(failures).toEqual([]);
	expect(launches).toHaveLength(5);
	expect(exitCode).toBe(0);
	expect(log).toMatch(/^bld-linux64: spot \S+ in \S+ would be permitted\.$/m);
});

it.each<[string, { readonly code: string; readonly status?: number; readonly message: string }]>([
	["a missing permission", { code: "UnauthorizedOperation", status: 403, message: "not authorized" }],
	["a missing image", { code: "InvalidAMIID.NotFound", message: "the image does not exist" }],
	["a missing security group", { code: "InvalidGroup.NotFound", message: "the group does not exist" }],
	["a missing key pair", { code: "InvalidKeyPair.NotFound", message: "the key does not exist" }],
	["a missing instance profile", { code: "InvalidParameterValue", message: "Invalid IAM Instance Profile name" }],
])("reports %s, and fails", async (_what, error) => {
	site.endpoint.faults.add({ action: "RunInstances", parameters: { DryRun: "true" }, error });
	const { exitCode, failures } = await dryRun();
	expect(exitCode).toBe(1);
	expect(failures).toMatchObject([
		{
			stage: "launch",
			mozType: "bld-linux64",
			code: error.code,
			message: expect.stringMatching(/^Dry run: EC2 would refuse spot /),
		},
	]);
});

it("does not fail for missing capacity, which may be there for the launch", async () => {
	site.endpoint.faults.add({
		action: "RunInstances",
		parameters: { DryRun: "true" },
		error: { code: "InsufficientInstanceCapacity", status: 500, message: "none left" },
	});
	expect(await dryRun()).toMatchObject({ exitCode: 0, failures: [] });
});

it("warns about a configured subnet that does not exist, and uses the others", async () => {
	const [subnetId = ""] = site.world.region("us-west-2").subnets.keys();
	site.world.region("us-west-2").subnets.delete(subnetId);
	const { exitCode, exclusions, log } = await dryRun();
	expect(exitCode).toBe(0);
	expect(exclusions).toContainEqual(
		expect.objectContaining({
			code: "no-subnet",
			message: expect.stringContaining(`subnet ${subnetId} does not exist in us-west-2`),
		}),
	);
	expect(log).toMatch(new RegExp(`^::warning::.*${subnetId}`, "m"));
});
