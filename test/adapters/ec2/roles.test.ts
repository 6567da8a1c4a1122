/** Roles over a socket: each leads to an account of its own, whose machines the others do not see. */
import { RunInstancesCommand } from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Ec2Clients } from "../../../src/adapters/ec2/client.ts";
import { openCloud } from "../../../src/adapters/ec2/open.ts";
import { placement, policy } from "../../core/facts.ts";
import { Ec2Endpoint } from "../../ec2-endpoint/endpoint.ts";
import { createWorld, threeZoneRegions, type World } from "../../ec2-endpoint/world.ts";
import { SteppedTimer } from "../../harness/stepped-timer.ts";

const BUILD = "arn:aws:iam::111111111111:role/ci/build";
const ALSO_BUILD = "arn:aws:iam::111111111111:role/also-build";
const TEST = "arn:aws:iam::222222222222:role/test";
const REGIONS = ["us-east-1", "us-west-2"];

let own: World;
let build: World;
let test: World;
let endpoint: Ec2Endpoint;
const environment = { ...process.env };

beforeEach(async () => {
	const account = (accountId: string) => createWorld({ accountId, regions: threeZoneRegions(REGIONS) });
	own = account("123456789012");
	build = account("111111111111");
	test = account("222222222222");
	endpoint = await Ec2Endpoint.start(own, { roles: { [BUILD]: build, [ALSO_BUILD]: build, [TEST]: test } });
	Object.assign(process.env, endpoint.environment);
});
afterEach(async () => {
	for (const name of Object.keys(endpoint.environment)) delete process.env[name];
	Object.assign(process.env, environment);
	await endpoint.close();
});

const open = (runId = "example/builds/1", client = {}) =>
	openCloud({
		policy: policy(),
		run: { id: runId, url: null },
		clock: { now: () => own.now(), elapsed: () => 0 },
		certificates: null,
		client,
	});
const query = (role: string | null, region = "us-west-2") => ({
	region,
	role,
	mozTypes: ["bld"],
	subnetIds: [`subnet-${region}a`],
	spotProducts: [{ productDescription: "Linux/UNIX", instanceTypes: ["c6i.xlarge"] }],
});
const request = (role: string | null) => ({
	pool: { mozType: "bld", slaveset: null },
	placement: placement({ role }),
	count: 2,
	names: ["bld-1", "bld-2"],
	ordinal: 0,
});
const assumed = () => endpoint.journal.calls("AssumeRole");

it("each role sees and launches what is its account's; what is named is, too", async () => {
	for (const [world, name] of [
		[own, "own"],
		[build, "build"],
		[test, "test"],
	] as const) {
		world.addInstance({ region: "us-west-2", mozType: "bld", name });
	}
	const cloud = open();
	const facts = await Promise.all([null, BUILD, TEST].map((role) => cloud.fleet.read(query(role))));
	expect(facts.map(({ role, instances }) => [role, ...instances.map((one) => [one.role, one.name].join(" "))])).toEqual(
		[
			[null, " own"],
			[BUILD, `${BUILD} build`],
			[TEST, `${TEST} test`],
		],
	);
	const outcome = await cloud.launcher.launch(request(TEST), Number.POSITIVE_INFINITY, async () => {});
	expect(outcome).toMatchObject({
		refusal: null,
		namingFailures: [],
		launched: [{ name: "bld-1" }, { name: "bld-2" }],
	});
	const names = [own, build, test].map((world) => world.instances("us-west-2").map(({ tags }) => tags["Name"]));
	expect(names).toEqual([["own"], ["build"], ["test", "bld-1", "bld-2"]]);
	const { instanceId } = build.addInstance({ region: "us-west-2", mozType: "bld" });
	const adoption = { region: "us-west-2", role: BUILD, instanceId, mozType: "bld", name: "adopted" };
	expect(await cloud.launcher.adopt(adoption)).toEqual([]);
	expect(build.instances("us-west-2").at(-1)?.tags["Name"]).toBe("adopted");
});

it("each is assumed once, by its region's STS, for all regions and calls", async () => {
	const cloud = open();
	await Promise.all(REGIONS.flatMap((region) => [BUILD, TEST].map((role) => cloud.fleet.read(query(role, region)))));
	await cloud.launcher.launch(request(TEST), Number.POSITIVE_INFINITY, async () => {});
	expect(assumed().map(({ flat, region, account }) => [flat["RoleArn"], region, account])).toEqual([
		[BUILD, "us-east-1", "123456789012"],
		[TEST, "us-east-1", "123456789012"],
	]);
	expect(cloud.apiCalls()["us-east-1"]).toMatchObject({ AssumeRole: 2 });
	expect(cloud.apiCalls()["us-west-2"]).not.toHaveProperty("AssumeRole");
});

it("side by side: both are under way before either is answered", async () => {
	const hold = endpoint.faults.add({ action: "AssumeRole", hold: true });
	const reading = Promise.all([BUILD, TEST].map((role) => open().fleet.read(query(role))));
	while (hold.held < 2) await new Promise((turn) => setImmediate(turn));
	hold.release();
	await expect(reading).resolves.toHaveLength(2);
});

it.each([
	["example/builds/16201", "aws-watch-pending-example-builds-16201"],
	[`${"o".repeat(60)}/r/16201`, `aws-watch-pending-${"o".repeat(38)}-r-16201`],
])("the session of the run %s is called %s, and lasts an hour", async (runId, name) => {
	await open(runId).fleet.read(query(BUILD));
	expect(assumed()[0]?.flat).toEqual({ RoleArn: BUILD, RoleSessionName: name, DurationSeconds: "3600" });
});

describe("a role that fails", () => {
	const failureOf = (cloud: ReturnType<typeof open>, role = BUILD) =>
		cloud.fleet.read(query(role)).then(
			() => null,
			(error: unknown) => error,
		);

	it("is a region that cannot be read; the message says whose policies to change", async () => {
		endpoint.faults.add({
			action: "AssumeRole",
			role: BUILD,
			error: { code: "AccessDenied", status: 403, message: "no" },
		});
		const cloud = open();
		expect(await failureOf(cloud)).toMatchObject({
			name: "FleetError",
			code: "AccessDenied",
			message: `Assuming the role ${BUILD} failed (AccessDenied: no), so us-west-2 is left out of this run for the types that are launched with it. Allow sts:AssumeRole on it in the policy of the role that this run was started with, and name that role in its trust policy.`,
		});
		await expect(cloud.fleet.read(query(TEST))).resolves.toMatchObject({ role: TEST });
		await expect(cloud.fleet.read(query(null))).resolves.toMatchObject({ role: null });
		// Asked again, the answer would be the same.
		await failureOf(cloud);
		expect(assumed().filter(({ flat }) => flat["RoleArn"] === BUILD)).toHaveLength(1);
	});

	it("since the first credentials are expired", async () => {
		endpoint.faults.add({
			action: "AssumeRole",
			error: { code: "ExpiredTokenException", status: 403, message: "old" },
		});
		expect(await failureOf(open())).toMatchObject({
			code: "ExpiredTokenException",
			message: expect.stringMatching(/^Assuming the role .* failed \(ExpiredTokenException: old\).*session is valid/),
		});
	});

	it("since STS does not answer in time, after three tries", async () => {
		endpoint.faults.add({ action: "AssumeRole", hold: true });
		const failure = await failureOf(open("1", { requestTimeout: 50 }));
		expect(failure).toMatchObject({ code: "ETIMEDOUT", message: expect.stringContaining("Assuming the role") });
		expect(assumed()).toHaveLength(3);
	});

	it("is outlived where STS throttles once", async () => {
		endpoint.faults.add({ action: "AssumeRole", times: 1, error: { code: "Throttling", message: "slowly" } });
		await expect(open().fleet.read(query(BUILD))).resolves.toMatchObject({ role: BUILD });
	});

	it("while it launches ends the launching of its account", async () => {
		const cloud = open();
		await cloud.fleet.read(query(BUILD));
		endpoint.sessions.expire(BUILD);
		const outcome = await cloud.launcher.launch(request(BUILD), Number.POSITIVE_INFINITY, async () => {});
		expect(outcome).toMatchObject({ launched: [], refusal: { kind: "stop-all", code: "RequestExpired" } });
	});
});

it("EC2's budgets are the account's: two roles of one share them, another account has its own", async () => {
	const timer = new SteppedTimer();
	const clients = new Ec2Clients("1", { timer });
	const launch = (role: string) =>
		clients.for({ region: "us-west-2", role }).send(
			new RunInstancesCommand({
				ImageId: "ami-0123456789abcdef0",
				InstanceType: "c6i.xlarge",
				SubnetId: "subnet-us-west-2a",
				MinCount: 1,
				MaxCount: 1,
			}),
		);
	await timer.until(Promise.all([BUILD, BUILD, BUILD, BUILD, BUILD, TEST].map(launch)));
	expect(timer.now()).toBe(0);
	await timer.until(launch(ALSO_BUILD));
	expect(timer.now()).toBe(500);
	clients.close();
});
