/** Only EC2's own answer, read whole, says what a call did. Everything else is unknown. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assertOwnAnswer } from "../../../src/adapters/ec2/answer.ts";
import { UnreadAnswer } from "../../../src/adapters/ec2/errors.ts";
import { FleetError } from "../../../src/errors.ts";
import { type Damage, hidingDamages, RESULT_SETS } from "../../ec2-endpoint/damage.ts";
import type { FaultEffect } from "../../ec2-endpoint/faults.ts";
import { names, useCloud } from "./cloud.ts";

const cloud = useCloud();
const READS = [
	"DescribeInstances",
	"DescribeSubnets",
	"DescribeImages",
	"DescribeSpotPriceHistory",
	"DescribeSpotInstanceRequests",
];

const launchDamages = Object.entries(hidingDamages("RunInstances"));
const failures: readonly (readonly [string, FaultEffect])[] = [
	...launchDamages.map(([name, damage]) => [`an answer that ${name}`, { damage }] as const),
	...launchDamages.map(
		([name, damage]) => [`no effect and an answer that ${name}`, { damage, effect: "none" }] as const,
	),
	["a reset before the effect", { reset: "before" }],
	["a reset after the effect", { reset: "after" }],
	["EC2's own InternalError", { error: { code: "InternalError", status: 500 } }],
	["EC2's own Unavailable", { error: { code: "Unavailable", status: 503 } }],
];

describe("a launch after", () => {
	it.each(failures)("%s is repeated under its token and launches once", async (_what, effect) => {
		cloud.endpoint.faults.add({ action: "RunInstances", times: 2, ...effect });
		const { launched, refusal } = await cloud.launch();
		expect(refusal).toBeNull();
		expect(launched).toHaveLength(3);
		expect(cloud.running()).toHaveLength(3);
		const calls = cloud.calls("RunInstances");
		expect(calls).toHaveLength(3);
		expect(new Set(calls.map(({ flat }) => JSON.stringify(flat))).size).toBe(1);
	});

	it.each(failures)("%s until the deadline says how many may have launched", async (_what, effect) => {
		cloud.endpoint.faults.add({ action: "RunInstances", ...effect });
		const { launched, refusal } = await cloud.launch({}, 60);
		expect(launched).toEqual([]);
		expect(refusal).toMatchObject({ kind: "unknown", scope: "pool", possiblyLaunched: 3 });
		expect(refusal?.message).toMatch(/up to 3 may have launched/i);
		expect(cloud.running().length).toBeLessThanOrEqual(3);
		// Pauses of 0.5, 1, 2, 4, 8, 16 seconds; the next would outlast the deadline.
		expect(cloud.calls("RunInstances")).toHaveLength(7);
		expect(cloud.timer.now()).toBeLessThanOrEqual(60_000);
	});

	it("an answer without an instance's id is repeated", async () => {
		cloud.endpoint.faults.add({ action: "RunInstances", times: 1, damage: { kind: "without", element: "item" } });
		expect(await cloud.launch()).toMatchObject({ refusal: null, launched: [{}, {}, {}] });
		expect(cloud.calls("RunInstances")).toHaveLength(2);
	});
});

it("reads EC2's document whatever its content type", async () => {
	const damage: Damage = { kind: "content-type", contentType: "text/html" };
	cloud.endpoint.faults.add({ action: "RunInstances", damage });
	expect(await cloud.launch()).toMatchObject({ refusal: null, launched: [{}, {}, {}] });
	expect(cloud.calls("RunInstances")).toHaveLength(1);
});

it.each([
	["InsufficientInstanceCapacity", 500, "no-capacity"],
	["InvalidParameterValue", 400, "rejected"],
	["SomethingNew", 400, "rejected"],
] as const)("takes %s (HTTP %i) in EC2's error document for a refusal at once", async (code, status, kind) => {
	cloud.endpoint.faults.add({ action: "RunInstances", error: { code, status } });
	expect(await cloud.launch()).toMatchObject({ launched: [], refusal: { kind, code } });
	expect(cloud.calls("RunInstances")).toHaveLength(1);
	expect(cloud.timer.now()).toBe(0);
});

describe("a refusal of a repeated launch", () => {
	const refuse = () => cloud.world.setCapacity("us-west-2a", "c6i.xlarge", "spot", 0);

	it.each([
		["lack of capacity", "InsufficientInstanceCapacity"],
		["a quota", "VcpuLimitExceeded"],
		["a missing image", "InvalidAMIID.NotFound"],
	])("leaves the outcome unknown if it is %s, because the first try may have launched", async (_what, code) => {
		cloud.endpoint.faults.add({ action: "RunInstances", times: 1, reset: "after" });
		cloud.endpoint.faults.add({ action: "RunInstances", error: { code } });
		expect((await cloud.launch()).refusal).toMatchObject({ kind: "unknown", possiblyLaunched: 3 });
		expect(cloud.running()).toHaveLength(3);
	});

	it("leaves the outcome unknown if the first try may still be under way", async () => {
		refuse();
		cloud.endpoint.faults.add({ action: "RunInstances", times: 1, stall: "before-headers", effect: "on-release" });
		const outcome = await cloud.launch({}, 240, cloud.open({ client: { requestTimeout: 50 } }));
		expect(outcome.refusal).toMatchObject({ kind: "unknown", possiblyLaunched: 3, code: "TimeoutError" });
	});

	it("leaves the outcome unknown if a gateway gave up on the first try", async () => {
		refuse();
		const damage: Damage = { kind: "page", status: 504 };
		cloud.endpoint.faults.add({ action: "RunInstances", times: 1, damage, effect: "none" });
		expect((await cloud.launch()).refusal).toMatchObject({ kind: "unknown", possiblyLaunched: 3 });
	});

	it("leaves the outcome unknown if it is throttling or an expired session", async () => {
		for (const error of [
			{ code: "RequestLimitExceeded", status: 503 },
			{ code: "RequestExpired", status: 400 },
		]) {
			cloud.endpoint.faults.clear();
			cloud.endpoint.faults.add({ action: "RunInstances", times: 1, reset: "after" });
			cloud.endpoint.faults.add({ action: "RunInstances", error });
			expect((await cloud.launch()).refusal).toMatchObject({ kind: "unknown", possiblyLaunched: 3 });
		}
	});
});

it.each(["before-headers", "after-headers"] as const)(
	"gives up on an answer that stalls %s, and repeats the launch",
	async (stall) => {
		cloud.endpoint.faults.add({ action: "RunInstances", times: 1, stall });
		const outcome = await cloud.launch({}, 240, cloud.open({ client: { requestTimeout: 50 } }));
		expect(outcome).toMatchObject({ refusal: null, launched: [{}, {}, {}] });
		expect(cloud.running()).toHaveLength(3);
	},
);

describe("a launch that is in flight at the deadline", () => {
	it("is unknown", async () => {
		cloud.endpoint.faults.add({ action: "RunInstances", stall: "before-headers" });
		const outcome = await cloud.launch({}, 0.4, cloud.open({ client: { requestTimeout: 250 } }));
		expect(outcome.refusal).toMatchObject({ kind: "unknown", possiblyLaunched: 3 });
		expect(cloud.calls("RunInstances")).toHaveLength(1);
	});

	it("is unknown after a lost answer, although its repetition was not sent", async () => {
		cloud.endpoint.faults.add({ action: "RunInstances", reset: "after" });
		expect((await cloud.launch({}, 0.4)).refusal).toMatchObject({ kind: "unknown", possiblyLaunched: 3 });
		expect(cloud.running()).toHaveLength(3);
	});
});

describe("with names and one call per machine", () => {
	it("reports the machines whose launch is unknown, and launches no further", async () => {
		cloud.endpoint.faults.add({ action: "RunInstances", skip: 1, damage: { kind: "empty" } });
		const pool = { mozType: "bld", slaveset: names(3) };
		const { launched, refusal } = await cloud.launch({ pool, names: names(3) }, 60);
		expect(launched).toHaveLength(1);
		const named = launched.map(({ instanceId, name }) => [instanceId, name]);
		for (const { instanceId, tags } of cloud.running()) {
			if (named.some(([id]) => id === instanceId)) expect(named).toContainEqual([instanceId, tags["Name"]]);
		}
		expect(refusal).toMatchObject({ kind: "unknown", possiblyLaunched: 2 });
		expect(cloud.running()).toHaveLength(3);
	});
});

describe("a document", () => {
	const set = "<reservationSet/>";
	const response = `<DescribeInstancesResponse>${set}</DescribeInstancesResponse>`;
	const error = (code: string) => `<Response><Errors><Error><Code>${code}</Code></Error></Errors></Response>`;
	const read = (status: number, text: string) => () =>
		assertOwnAnswer("DescribeInstances", status, new TextEncoder().encode(text));

	it.each([
		[200, response],
		[200, `<?xml version="1.0"?>\n${response}\n`],
		[400, error("Whatever")],
		[500, error("InsufficientInstanceCapacity")],
		[503, error("RequestLimitExceeded")],
	])("is EC2's answer with HTTP %i: %s", (status, text) => {
		expect(read(status, text)).not.toThrow();
	});

	it.each([
		[206, response],
		[302, response],
		[404, response],
		[500, response],
		[200, error("Whatever")],
		[302, error("Whatever")],
		[400, error("")],
		[400, "<Response/>"],
		[400, "<Response><Errors><Error/></Errors></Response>"],
		[500, error("Whatever")],
		[200, `${response}<p>`],
		[200, `${response}${response.slice(0, 20)}`],
		[200, "<DescribeInstancesResponse><x><reservationSet/></x></DescribeInstancesResponse>"],
		[200, `<DescribeSubnetsResponse>${set}</DescribeSubnetsResponse>`],
	])("is not EC2's answer with HTTP %i: %s", (status, text) => {
		expect(read(status, text)).toThrow(UnreadAnswer);
	});
});

/** What may happen to one try of a launch. */
const MISHAPS: readonly FaultEffect[] = [
	...failures.map(([, effect]) => effect),
	...launchDamages.map(([, damage]): FaultEffect => ({ damage, effect: "after-answer" })),
	{ throttle: true },
	{ error: { code: "RequestExpired" } },
];

it("never runs more than it reports, whatever happens to the tries of a launch", async () => {
	let ordinal = 0;
	await fc.assert(
		fc.asyncProperty(fc.array(fc.constantFrom(...MISHAPS), { maxLength: 8 }), fc.nat(3), async (mishaps, capacity) => {
			cloud.world.setCapacity("us-west-2a", "c6i.xlarge", "spot", capacity);
			cloud.endpoint.faults.clear();
			for (const effect of mishaps) cloud.endpoint.faults.add({ action: "RunInstances", times: 1, ...effect });
			const before = cloud.running().length;
			ordinal += 1;
			const { launched, refusal } = await cloud.launch({ count: 2, ordinal }, 60);
			const running = cloud.running().length - before;
			expect(running).toBeGreaterThanOrEqual(launched.length);
			expect(running).toBeLessThanOrEqual(launched.length + (refusal?.possiblyLaunched ?? 0));
		}),
		{ numRuns: 60 },
	);
});

describe.each(READS)("%s", (action) => {
	const damages = Object.entries(hidingDamages(action));

	it.each(damages)("whose answer %s is read again", async (_what, damage) => {
		cloud.world.addInstance({ region: "us-west-2", mozType: "bld" });
		cloud.endpoint.faults.add({ action, times: 3, damage });
		const facts = await cloud.read();
		expect(facts.instances).toHaveLength(1);
		expect(facts.subnets).toHaveLength(1);
		expect(cloud.calls(action)).toHaveLength(4);
	});

	it.each(damages)("whose answer always %s leaves the region unread", async (_what, damage) => {
		cloud.world.addInstance({ region: "us-west-2", mozType: "bld" });
		cloud.endpoint.faults.add({ action, damage });
		await expect(cloud.read()).rejects.toThrow(FleetError);
	});

	it("whose next token leads back leaves the region unread", async () => {
		cloud.endpoint.faults.add({ action, damage: { kind: "same-token" } });
		await expect(cloud.read()).rejects.toMatchObject({ name: "FleetError", code: "unread-answer" });
		expect(cloud.calls(action).length).toBeLessThanOrEqual(3);
	});
});

it.each([
	["DescribeInstances", "instancesSet"],
	["DescribeInstances", "instanceId"],
	["DescribeInstances", "launchTime"],
	["DescribeSubnets", "availableIpAddressCount"],
	["DescribeSpotPriceHistory", "spotPrice"],
])("leaves the region unread if %s lacks %s", async (action, element) => {
	cloud.world.addInstance({ region: "us-west-2", mozType: "bld" });
	cloud.world.setSpotPrice("us-west-2", "c6i.xlarge", 0.07);
	cloud.endpoint.faults.add({ action, damage: { kind: "without", element } });
	await expect(cloud.read()).rejects.toMatchObject({
		name: "FleetError",
		code: "unread-answer",
		message: expect.stringContaining("lacks"),
	});
});

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
	"leaves the region unread if a spot price is %d",
	async (price) => {
		cloud.world.setSpotPrice("us-west-2", "c6i.xlarge", price);
		await expect(cloud.read()).rejects.toMatchObject({ message: expect.stringContaining("for a spot price") });
	},
);

it("names an instance only if EC2 says so", async () => {
	for (const damage of Object.values(hidingDamages("CreateTags"))) {
		cloud.endpoint.faults.clear();
		cloud.endpoint.faults.add({ action: "CreateTags", times: 1, damage });
		const { namingFailures } = await cloud.launch({ count: 2, names: names(2), ordinal: cloud.running().length });
		expect(namingFailures).toEqual([]);
	}
	expect(RESULT_SETS["CreateTags"]).toBe("return");
});
