import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Instance, TerminatedInstance } from "../../../src/core/model/facts.ts";
import { deadlySites, diedYoung, youngDeaths } from "../../../src/core/supply/deaths.ts";
import { instance, NOW, policy, region } from "../facts.ts";

const POLICY = policy();
let serial = 0;

function dead(overrides: Partial<TerminatedInstance> = {}): TerminatedInstance {
	serial += 1;
	return {
		instanceId: `i-dead${serial}`,
		region: "us-east-1",
		availabilityZone: "us-east-1a",
		mozType: "bld",
		lifecycle: "spot",
		instanceType: "c6i.xlarge",
		imageId: "ami-1",
		launchedAt: NOW - 300,
		endedAt: null,
		reason: { code: "Client.VolumeLimitExceeded", message: "Volume limit exceeded" },
		...overrides,
	};
}

function alive(overrides: Partial<Instance> = {}): Instance {
	serial += 1;
	return instance({
		instanceId: `i-alive${serial}`,
		region: "us-east-1",
		mozType: "bld",
		ours: true,
		instanceType: "c6i.xlarge",
		imageId: "ami-1",
		launchedAt: NOW - 300,
		...overrides,
	});
}

const several = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const sites = (terminated: readonly TerminatedInstance[], instances: readonly Instance[] = []) =>
	deadlySites([region("us-east-1", { terminated, instances })], POLICY, NOW);

describe("an instance", () => {
	const SHUT_DOWN = { code: "Client.InstanceInitiatedShutdown", message: "m" };
	it.each<[string, boolean, Partial<TerminatedInstance>]>([
		["that EC2 ended during its launch died young", true, {}],
		["that EC2 ended during a launch an hour ago died young", true, { launchedAt: NOW - 3600 }],
		["that shut down 9 min 59 s after its launch died young", true, { endedAt: NOW - 300 + 599, reason: SHUT_DOWN }],
		["that shut down after 10 min did not", false, { launchedAt: NOW - 900, endedAt: NOW - 300, reason: SHUT_DOWN }],
		["that shut down at an unknown time, launched just now, died young", true, { reason: SHUT_DOWN }],
		[
			"that shut down at an unknown time, launched 10 min ago, did not",
			false,
			{ launchedAt: NOW - 600, reason: SHUT_DOWN },
		],
		["that shut down at an unknown time did not", false, { launchedAt: NOW - 3600, reason: SHUT_DOWN }],
		[
			"without any reason, launched long ago, did not",
			false,
			{ launchedAt: NOW - 3600, reason: { code: "", message: "" } },
		],
		["that was interrupted did not", false, { reason: { code: "Server.SpotInstanceTermination", message: "m" } }],
		["that a person terminated did not", false, { reason: { code: "Client.UserInitiatedShutdown", message: "m" } }],
	])("%s", (_title, expected, overrides) => {
		expect(diedYoung(dead(overrides), NOW)).toBe(expected);
	});
});

describe("a launch site is deadly", () => {
	it("if most of its latest launches died young and none is alive", () => {
		expect(sites(several(40, dead))).toMatchObject([
			{
				mozType: "bld",
				region: "us-east-1",
				instanceType: "c6i.xlarge",
				imageId: "ami-1",
				launches: 10,
				deaths: 10,
				probes: 0,
			},
		]);
	});

	it("apart from other EC2 instance types, images, and types", () => {
		const others = [dead({ instanceType: "m6i.xlarge" }), dead({ imageId: "ami-2" }), dead({ mozType: "tst" })];
		expect(sites([...several(3, dead), ...others])).toHaveLength(4);
	});

	it("although earlier launches worked", () => {
		const worked = several(30, () => dead({ launchedAt: NOW - 3000, endedAt: NOW - 1000 }));
		expect(sites([...worked, ...several(8, dead)])).toHaveLength(1);
	});

	it("while its only living instance is a probe that was launched after the deaths", () => {
		expect(sites(several(4, dead), [alive({ launchedAt: NOW - 60 })])).toMatchObject([{ probes: 1 }]);
	});
});

describe("deadly launch sites", () => {
	it("are in a fixed order, with EC2's reason for the latest death", () => {
		const reason = (code: string) => ({ code, message: "m" });
		const found = sites([
			...several(2, () => dead({ instanceType: "m6i.xlarge", reason: reason("First"), launchedAt: NOW - 500 })),
			dead({ instanceType: "m6i.xlarge", reason: reason("Last"), launchedAt: NOW - 100 }),
			...several(3, () => dead({ instanceType: "c6i.xlarge" })),
		]);
		expect(found.map(({ instanceType }) => instanceType)).toEqual(["c6i.xlarge", "m6i.xlarge"]);
		expect(found[1]).toMatchObject({ launches: 3, deaths: 3, reason: reason("Last") });
	});

	it("are not cleared by an instance that another launched, or that is of another account", () => {
		const before = { launchedAt: NOW - 1800 };
		expect(sites(several(3, dead), [alive({ ...before, ours: false })])).toHaveLength(1);
		expect(sites(several(3, dead), [alive({ ...before, mozType: null })])).toHaveLength(1);
		const roles = { regions: {}, types: { bld: "arn:bld" } };
		const facts = ["arn:bld", "arn:other"].map((role) =>
			region("us-east-1", {
				role,
				terminated: several(3, dead),
				instances: [],
			}),
		);
		expect(deadlySites(facts, policy({ roles }), NOW).map(({ role, launches }) => [role, launches])).toEqual([
			["arn:bld", 3],
		]);
	});

	it("count an instance once that is about to be terminated", () => {
		const dying = dead({ instanceId: "i-1" });
		const [site] = sites([dying, ...several(2, dead)], [alive({ instanceId: "i-1", state: "shutting-down" })]);
		expect(site).toMatchObject({ launches: 3, deaths: 3, probes: 0 });
	});
});

describe("a launch site is not deadly", () => {
	it("if half of its latest launches worked", () => {
		const worked = several(5, () => dead({ launchedAt: NOW - 800, endedAt: NOW - 100 }));
		expect(sites([...several(5, () => dead({ launchedAt: NOW - 800 })), ...worked])).toEqual([]);
	});

	it("if an instance of the same batch is alive", () => {
		expect(sites(several(39, dead), [alive()])).toEqual([]);
	});

	it("if a probe has survived for ten minutes", () => {
		const before = several(9, () => dead({ launchedAt: NOW - 1800 }));
		expect(sites(before, [alive({ launchedAt: NOW - 600 })])).toEqual([]);
		expect(sites(before, [alive({ launchedAt: NOW - 599 })])).toHaveLength(1);
	});

	it("because of instances that are not ours", () => {
		expect(
			sites(
				[],
				several(20, () => alive({ ours: false, state: "stopped" })),
			),
		).toEqual([]);
	});

	it("if nothing died young, whatever runs, stops, or was interrupted", () => {
		const someEnd = fc.record({
			launchedAt: fc.integer({ min: NOW - 7200, max: NOW }),
			reason: fc.constantFrom(
				"Server.SpotInstanceTermination",
				"Client.UserInitiatedShutdown",
				"Client.InstanceInitiatedShutdown",
			),
			age: fc.integer({ min: 600, max: 7200 }),
		});
		const someInstance = fc.record({
			launchedAt: fc.integer({ min: NOW - 7200, max: NOW }),
			state: fc.constantFrom("pending", "running", "stopping", "stopped", "shutting-down"),
		});
		fc.assert(
			fc.property(fc.array(someEnd), fc.array(someInstance), (ends, living) => {
				const terminated = ends.map(({ launchedAt, age, reason }) =>
					dead({ launchedAt: launchedAt - age, endedAt: launchedAt, reason: { code: reason, message: "" } }),
				);
				expect(
					sites(
						terminated,
						living.map((one) => alive(one)),
					),
				).toEqual([]);
			}),
		);
	});
});

it("instances that died young are those of the type's own account", () => {
	const roles = { regions: {}, types: { tst: "arn:tst" } };
	const facts = [null, "arn:tst"].map((role) =>
		region("us-east-1", {
			role,
			terminated: [
				dead({ instanceId: "i-1", mozType: "tst" }),
				dead({ instanceId: "i-2" }),
				dead({ instanceId: "i-3", launchedAt: NOW - 900, endedAt: NOW - 300 }),
			],
		}),
	);
	expect(youngDeaths(facts, policy({ roles }), NOW).map(({ instanceId }) => instanceId)).toEqual(["i-2", "i-1"]);
});
