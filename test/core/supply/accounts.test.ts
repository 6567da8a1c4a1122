import { describe, expect, it, test } from "vitest";
import { LaunchRun } from "../../../src/core/launch/launch-run.ts";
import type { LaunchRequest, RefusalKind } from "../../../src/core/launch/refusal.ts";
import { makePlan, type PlanInput } from "../../../src/core/plan/plan.ts";
import {
	accountRegions,
	compareAccounts,
	describeAccount,
	distinctInstances,
	roleOf,
} from "../../../src/core/supply/accounts.ts";
import { instance, instances, NOW, planInput, policy, region, typeConfig } from "../facts.ts";

const EAST = "arn:aws:iam::111111111111:role/east";
const TST = "arn:aws:iam::222222222222:role/tst";
const roles = { regions: { "us-east-1": EAST }, types: { tst: TST } };

test("a type's role takes precedence over its region's", () => {
	const some = policy({ roles });
	const table = ["bld", "tst"].map((type) => ["us-east-1", "us-west-2"].map((name) => roleOf(some, type, name)));
	expect(table).toEqual([
		[EAST, null],
		[TST, TST],
	]);
});

test("every account that a type is launched in is read, even without demand, and no other", () => {
	const types = { bld: typeConfig("bld", ["us-east-1", "us-west-2"]), tst: typeConfig("tst", ["us-west-2"]) };
	expect(accountRegions(policy({ roles, types }), ["us-east-1", "us-west-2"])).toEqual([
		{ region: "us-east-1", role: EAST },
		{ region: "us-west-2", role: null },
		{ region: "us-west-2", role: TST },
	]);
});

describe("two accounts in one region", () => {
	const tst = typeConfig("tst", ["us-west-2"], "m-%d");
	const inTst = Object.entries(tst.regions).map(([name, place]) => [
		name,
		{ ...place, subnetIds: ["subnet-tst-a", "subnet-tst-b"] },
	]);
	const some = policy({
		roles: { regions: {}, types: { tst: TST } },
		types: {
			bld: typeConfig("bld", ["us-west-2"], "m-%d"),
			tst: { ...tst, regions: Object.fromEntries(inTst) },
		},
	});
	const own = region("us-west-2");
	const other = region("us-west-2", {
		role: TST,
		subnets: ["a", "b"].map((zone) => ({
			subnetId: `subnet-tst-${zone}`,
			availabilityZone: `us-west-2${zone}`,
			freeAddresses: 250,
		})),
	});
	const demand = ["bld", "tst"].map((mozType) => ({
		pool: { mozType, slaveset: null },
		pending: 4,
		oldestSubmittedAt: NOW,
	}));
	const plan = (overrides: Partial<PlanInput> = {}) =>
		makePlan(planInput({ demand, policy: some, facts: [own, other], ...overrides }));
	/** Where was asked, when each order for a type was answered so, and everything else given. */
	const askedWhen = (mozType: string, kind: RefusalKind, given = plan()) => {
		const launchRun = new LaunchRun(given);
		const queue = [...launchRun.start()];
		const asked: string[] = [];
		for (let request = queue.shift(); request !== undefined; request = queue.shift()) {
			const { pool, placement, count }: LaunchRequest = request;
			asked.push(`${pool.mozType} ${placement.lifecycle} ${placement.availabilityZone}`);
			const refused = pool.mozType === mozType;
			const launched = refused
				? []
				: Array.from({ length: count }, () => ({
						instanceId: "i",
						name: null,
						virtualizationType: null,
						rootDeviceType: null,
					}));
			const refusal = refused ? { kind, code: kind, message: kind, suggestedZones: [] } : null;
			queue.push(...launchRun.settle(request, { launched, refusal, namingFailures: [] }));
		}
		return asked;
	};

	it("each provide their type's subnets, images, and prices", () => {
		const image = { imageId: "ami-tst", mozType: "tst", createdAt: NOW, deprecated: false, devices: [] };
		const dear = own.spotPrices.map((price) => ({ ...price, price: 1 }));
		const { pools } = plan({
			facts: [
				{ ...own, spotPrices: dear },
				{ ...other, images: [image] },
			],
		});
		const placements = pools.map(({ phases }) =>
			phases.flatMap(({ shares }) => shares.flatMap((share) => share.placements)),
		);
		const seen = placements.map((list) => [
			...new Set(list.map(({ role, subnetId, imageId, lifecycle }) => [role, subnetId, imageId, lifecycle].join())),
		]);
		expect(seen).toEqual([
			[",subnet-us-west-2a,ami-configured,on-demand", ",subnet-us-west-2b,ami-configured,on-demand"],
			["spot", "on-demand"].flatMap((lifecycle) =>
				["a", "b"].map((zone) => `${TST},subnet-tst-${zone},ami-tst,${lifecycle}`),
			),
		]);
	});

	it.each(["no-capacity", "no-price", "limit", "stop-all"] as const)("do not share a refusal: %s", (kind) => {
		// What the first type is refused in the end, the second is still asked for: the same zones and EC2 instance type.
		expect(askedWhen("bld", kind, plan({ maxLaunches: 4 })).slice(-1)).toEqual(["tst spot us-west-2a"]);
	});

	it("both end when the tick's time is over", () => {
		expect(askedWhen("bld", "timeout", plan({ maxLaunches: 4 }))).toEqual(["bld spot us-west-2a"]);
	});

	it("share one set of names", () => {
		const facts = [
			{ ...own, instances: [instance({ name: "m-1" })] },
			{ ...other, instances: [instance({ name: "m-2", role: TST })] },
		];
		expect(plan({ facts, policy: some }).pools.map(({ names }) => names)).toEqual([
			["m-3", "m-4", "m-5", "m-6"],
			["m-7", "m-8", "m-9", "m-10"],
		]);
	});

	it("leave only one type without placements if one can't be read", () => {
		const { pools, caps } = plan({
			facts: [own],
			unread: [{ region: "us-west-2", role: TST, machines: null }],
			policy: { ...some, spotLimits: { global: { bld: 150, tst: 150 }, regions: some.spotLimits.regions } },
		});
		expect(pools.map(({ phases }) => phases[0]?.shares[0]?.placements.length)).toEqual([2, 0]);
		expect(pools.map(({ phases }) => phases[0]?.skipped)).toEqual([
			[],
			[{ code: "error", message: `us-west-2 as ${TST} could not be read` }],
		]);
		// What may live there is counted against the limit of the type that it is of.
		expect([caps["spot/global/bld"]?.headroom, caps["spot/global/tst"]?.headroom]).toEqual([150, 50]);
	});

	it("count their instances and names although the rest of one can't be read", () => {
		const machines = { ...other, instances: instances(3, { mozType: "tst", role: TST, launchedAt: NOW, name: "m-1" }) };
		const { pools, caps } = plan({
			facts: [own],
			unread: [{ region: "us-west-2", role: TST, machines }],
			policy: {
				...some,
				spotLimits: { global: { bld: 150, tst: 150 }, regions: some.spotLimits.regions },
				maxHourlyCosts: { tst: 1 },
			},
		});
		expect(pools.map(({ phases }) => phases[0]?.skipped.length)).toEqual([0, 1]);
		expect(pools.map(({ reduction }) => reduction.need)).toEqual([4, 1]);
		expect(pools.map(({ names }) => names?.[0])).toEqual(["m-2", "m-6"]);
		expect([caps["spot/global/bld"]?.headroom, caps["spot/global/tst"]?.headroom]).toEqual([150, 147]);
	});

	it("are one if two roles lead to it: an instance counts once, and is named by its type's role", () => {
		const machine = instance({ mozType: "tst", launchedAt: NOW - 60 });
		const subnets = [...own.subnets, ...other.subnets];
		const same = [
			{ ...own, subnets, instances: [machine, ...instances(3, { launchedAt: NOW - 60 })] },
			{ ...other, subnets, instances: [{ ...machine, role: TST }] },
		];
		for (const facts of [same, same.toReversed()]) {
			const { pools, adoptions } = plan({ facts });
			const roles = pools.map(({ phases }) => phases[0]?.shares[0]?.placements.map(({ role }) => role));
			expect(roles).toEqual([
				[null, null],
				[TST, TST],
			]);
			expect(pools.map(({ supply }) => supply.running.spot)).toEqual([3, 1]);
			expect(adoptions.map(({ mozType, role }) => `${mozType} ${role}`)).toEqual([
				...Array.from({ length: 3 }, () => "bld null"),
				`tst ${TST}`,
			]);
		}
	});

	it("split images by what runs in the type's own account", () => {
		const images = [NOW, NOW - 1].map((createdAt, index) => ({
			imageId: `ami-${index}`,
			mozType: "tst",
			createdAt,
			deprecated: false,
			devices: [],
		}));
		const running = instances(2, { mozType: "tst", imageId: "ami-0", role: TST });
		const { caps } = plan({ facts: [own, { ...other, images, instances: running }], latestAmiPercentage: 50 });
		expect(caps['image/newest/["tst",null]']?.headroom).toBe(1);
	});
});

it("an instance that two roles see counts as its type's own, whichever comes first", () => {
	const some = policy({ roles: { regions: {}, types: { tst: "arn:a" } } });
	const seenBy = (role: string) =>
		region("us-west-2", { role, instances: [instance({ instanceId: "i-1", mozType: "tst", role })] });
	for (const facts of [
		["arn:a", "arn:b"],
		["arn:b", "arn:a"],
	]) {
		expect(distinctInstances(facts.map(seenBy), some).map(({ role }) => role)).toEqual(["arn:a"]);
	}
	const untyped = ["arn:b", "arn:a"].map((role) =>
		region("us-west-2", { role, instances: [instance({ instanceId: "i-1", mozType: null, role })] }),
	);
	expect(distinctInstances(untyped, some).map(({ role }) => role)).toEqual(["arn:b"]);
	const ofRegion = policy({ roles: { regions: { "us-west-2": "arn:a" }, types: {} } });
	expect(distinctInstances(untyped, ofRegion).map(({ role }) => role)).toEqual(["arn:b"]);
});

test("accounts are ordered by region, then by role, and described by both", () => {
	const accounts = [
		{ region: "us-west-2", role: "arn:b" },
		{ region: "us-west-2", role: "arn:a" },
		{ region: "us-west-2", role: null },
		{ region: "us-east-1", role: "arn:c" },
	];
	expect(accounts.map((one) => compareAccounts(one, { ...one }))).toEqual([0, 0, 0, 0]);
	expect(accounts.toSorted(compareAccounts).map(describeAccount)).toEqual([
		"us-east-1 as arn:c",
		"us-west-2",
		"us-west-2 as arn:a",
		"us-west-2 as arn:b",
	]);
});
