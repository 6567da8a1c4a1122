/** Roles over a socket: each leads to an account of its own, whose instances the others do not see. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCloud } from "../../../src/adapters/ec2/open.ts";
import { placement, policy } from "../../core/facts.ts";
import { Ec2Endpoint } from "../../ec2-endpoint/endpoint.ts";
import { createWorld, threeZoneRegions, type World } from "../../ec2-endpoint/world.ts";
import { NEVER } from "../../harness/ending.ts";
import { SteppedTimer } from "../../harness/stepped-timer.ts";
import { launchRequest } from "./cloud.ts";

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
		run: { id: runId, step: "", url: null },
		clock: { now: () => own.now(), elapsed: () => 0 },
		ending: NEVER,
		proxies: null,
		certificates: null,
		client,
	});
const query = (role: string | null, region = "us-west-2") => ({
	region,
	role,
	mozTypes: ["bld"],
	subnetIds: [`subnet-${region}a`],
	templates: [],
	spotProducts: [{ productDescription: "Linux/UNIX", instanceTypes: ["c6i.xlarge"] }],
});
const request = (role: string | null) =>
	launchRequest({ placement: placement({ role }), count: 2, names: ["bld-1", "bld-2"] });
const assumed = () => endpoint.journal.calls("AssumeRole");

it("reads, launches, and names with each role in that role's account alone", async () => {
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
	const adoption = { region: "us-west-2", role: BUILD, instanceId, mozType: "bld", name: "adopted", isGiven: false };
	expect(await cloud.launcher.adopt(adoption, Number.POSITIVE_INFINITY)).toEqual([]);
	expect(build.instances("us-west-2").at(-1)?.tags["Name"]).toBe("adopted");
});

it("assumes each role once, by a region's STS, for all regions and calls", async () => {
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

it("assumes roles side by side", async () => {
	const hold = endpoint.faults.add({ action: "AssumeRole", hold: true });
	const reading = Promise.all([BUILD, TEST].map((role) => open().fleet.read(query(role))));
	while (hold.held < 2) await new Promise((turn) => setImmediate(turn));
	hold.release();
	await expect(reading).resolves.toHaveLength(2);
});

it.each([
	["example/builds/16201", "aws-watch-pending-example-builds-16201"],
	[`${"o".repeat(60)}/r/16201`, `aws-watch-pending-${"o".repeat(38)}-r-16201`],
])("calls the session of the run %s %s, for an hour", async (runId, name) => {
	await open(runId).fleet.read(query(BUILD));
	expect(assumed()[0]?.flat).toEqual({ RoleArn: BUILD, RoleSessionName: name, DurationSeconds: "3600" });
});

describe("a role that can't be assumed", () => {
	const failureOf = (cloud: ReturnType<typeof open>, role = BUILD) =>
		cloud.fleet.read(query(role)).then(
			() => null,
			(error: unknown) => error,
		);

	it("leaves its regions unread, and the message says whose policies to change", async () => {
		endpoint.faults.add({
			action: "AssumeRole",
			role: BUILD,
			error: { code: "AccessDenied", status: 403, message: "no" },
		});
		const cloud = open();
		expect(await failureOf(cloud)).toMatchObject({
			name: "FleetError",
			code: "AccessDenied",
			message: `Assuming the role ${BUILD} failed (AccessDenied: no), so us-west-2 is skipped in this run for the types that are launched with it. Allow sts:AssumeRole on it in the policy of the role that this run started with, and name that role in its trust policy.`,
		});
		await expect(cloud.fleet.read(query(TEST))).resolves.toMatchObject({ role: TEST });
		await expect(cloud.fleet.read(query(null))).resolves.toMatchObject({ role: null });
		// A refusal holds for the whole tick.
		await failureOf(cloud);
		expect(assumed().filter(({ flat }) => flat["RoleArn"] === BUILD)).toHaveLength(1);
	});

	it("is reported if the first credentials have expired", async () => {
		endpoint.faults.add({
			action: "AssumeRole",
			error: { code: "ExpiredTokenException", status: 403, message: "old" },
		});
		expect(await failureOf(open())).toMatchObject({
			code: "ExpiredTokenException",
			message: expect.stringMatching(
				/^Assuming the role .* failed \(ExpiredTokenException: old\).*session has expired/,
			),
		});
	});

	it("is reported if STS does not answer three times", async () => {
		endpoint.faults.add({ action: "AssumeRole", hold: true });
		const failure = await failureOf(open("1", { requestTimeout: 250 }));
		expect(failure).toMatchObject({ code: "ETIMEDOUT", message: expect.stringContaining("Assuming the role") });
		expect(assumed()).toHaveLength(3);
	});

	it("is reported if what answers is not STS", async () => {
		endpoint.faults.add({ action: "AssumeRole", damage: { kind: "garbage" } });
		const message = expect.stringContaining("failed (unread-answer: the answer is not STS's)");
		expect(await failureOf(open())).toMatchObject({ code: "unread-answer", message });
	});

	it("is assumed at the second try if STS throttles once", async () => {
		endpoint.faults.add({ action: "AssumeRole", times: 1, error: { code: "Throttling", message: "slowly" } });
		await expect(open().fleet.read(query(BUILD))).resolves.toMatchObject({ role: BUILD });
	});

	it("ends launching in its account if its session expires", async () => {
		const cloud = open();
		await cloud.fleet.read(query(BUILD));
		endpoint.sessions.expire(BUILD);
		const outcome = await cloud.launcher.launch(request(BUILD), Number.POSITIVE_INFINITY, async () => {});
		expect(outcome).toMatchObject({
			launched: [],
			refusal: { kind: "stop-all", scope: "account", code: "RequestExpired" },
		});
	});
});

it("shares EC2's budgets between roles of one account, and gives another account its own", async () => {
	const timer = new SteppedTimer();
	const cloud = open("1", { timer });
	const launch = (role: string, ordinal: number) =>
		cloud.launcher.launch({ ...request(role), names: null, ordinal }, Number.POSITIVE_INFINITY, async () => {});
	await timer.until(Promise.all([BUILD, BUILD, BUILD, BUILD, TEST].map(launch)));
	expect(timer.now()).toBe(0);
	await timer.until(launch(ALSO_BUILD, 9));
	expect(timer.now()).toBeCloseTo(1000 / 1.95);
	cloud.close();
});
