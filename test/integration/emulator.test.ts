/** The packaged action with a third-party EC2 emulator and a scheduler database on a given server. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeInstancesCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Ec2Endpoint } from "../ec2-endpoint/endpoint.ts";
import { createWorld } from "../ec2-endpoint/world.ts";
import { runAction } from "../harness/action.ts";
import { givenEndpoint } from "../harness/given.ts";
import { DATABASES } from "../harness/scheduler-databases.ts";
import { rowsOf } from "../harness/scheduler-rows.ts";

const REGION = "us-east-1";
const CREDENTIALS = {
	AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
	AWS_SECRET_ACCESS_KEY: "example",
	AWS_EC2_METADATA_DISABLED: "true",
};
/** A given emulator still has the instances of earlier runs, so each run has a type of its own. */
const MOZ_TYPE = `emulated-${process.pid}`;

let own: Ec2Endpoint | null = null;
let url: string;
let ec2: EC2Client;
let workspace: string;

beforeAll(async () => {
	const given = givenEndpoint();
	if (given === null) {
		const subnets = [{ subnetId: "subnet-1", availabilityZone: `${REGION}a`, freeAddresses: 250 }];
		own = await Ec2Endpoint.start(createWorld({ regions: { [REGION]: { zones: [`${REGION}a`], subnets } } }));
	}
	url = given ?? own?.url ?? "";
	ec2 = new EC2Client({
		region: REGION,
		endpoint: url,
		credentials: { accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID, secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY },
	});
	const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
	workspace = mkdtempSync(join(tmpdir(), "aws-watch-pending-emulator-"));
	mkdirSync(join(workspace, "configs"));
	writeFileSync(
		join(workspace, "configs/watch_pending.json"),
		JSON.stringify({
			region_priorities: { [REGION]: 1 },
			buildermap: { build: MOZ_TYPE },
			ondemand: { limits: { global: { [MOZ_TYPE]: 10 } } },
		}),
	);
	writeFileSync(
		join(workspace, "configs", MOZ_TYPE),
		JSON.stringify({
			hostname: `${MOZ_TYPE}-%03d`,
			[REGION]: {
				// One of moto's built-in images.
				ami: "ami-12c6146b",
				subnet_ids: Subnets.map(({ SubnetId }) => SubnetId),
				// moto creates an unknown group if a network interface names it.
				security_group_ids: ["sg-0123456789abcdef0"],
				instance_type: "m5.large",
			},
		}),
	);
});
afterAll(async () => {
	ec2.destroy();
	await own?.close();
	rmSync(workspace, { recursive: true });
});

/** Names of the type's instances. */
async function machines(): Promise<readonly (string | undefined)[]> {
	const Filters = [{ Name: "tag:moz-type", Values: [MOZ_TYPE] }];
	const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
	return Reservations.flatMap(({ Instances = [] }) => Instances)
		.map(({ Tags = [] }) => Tags.find(({ Key }) => Key === "Name")?.Value)
		.toSorted();
}

describe.each(DATABASES.slice(0, 1))("with a scheduler database of $name", ({ dialect, create }) => {
	it("launches nothing in a dry run, then what is needed, then nothing more", async () => {
		const requests = ["build 1", "build 2", "build 2", "other"].map((builder) => ({ builder }));
		const databaseUrl = await create("3.7", rowsOf("3.7", dialect, requests));
		const run = (mode: string, runId: string) =>
			runAction({
				workspace,
				runId,
				inputs: { "database-url": databaseUrl, mode },
				environment: { ...CREDENTIALS, AWS_ENDPOINT_URL_EC2: url },
			});
		const dry = await run("dry-run", `${MOZ_TYPE}-1`);
		expect(dry.outputs, dry.log).toMatchObject({ pending: "4", matched: "3", needed: "3", launched: "3" });
		expect(await machines()).toEqual([]);
		const wet = await run("launch", `${MOZ_TYPE}-2`);
		expect(wet.exitCode, wet.log).toBe(0);
		expect(wet.outputs, wet.log).toMatchObject({ needed: "3", launched: "3", shortfall: "0" });
		const names = ["001", "002", "003"].map((number) => `${MOZ_TYPE}-${number}`);
		expect(await machines()).toEqual(names);
		const again = await run("launch", `${MOZ_TYPE}-3`);
		expect(again.outputs, again.log).toMatchObject({ needed: "0", launched: "0" });
		expect(await machines()).toEqual(names);
	});
});
