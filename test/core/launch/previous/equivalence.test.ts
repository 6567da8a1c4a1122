/** The launch run and the plan before and after the rewrite, side by side. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { LaunchRun } from "../../../../src/core/launch/launch-run.ts";
import type { LaunchRequest } from "../../../../src/core/launch/refusal.ts";
import type { Policy } from "../../../../src/core/model/policy.ts";
import { makePlan, type PlanInput } from "../../../../src/core/plan/plan.ts";
import { HEURISTICS, instance, NOW, planInput, policy, region, spotRule, typeConfig } from "../../facts.ts";
import { LaunchRun as PreviousRun } from "./launch/launch-run.ts";
import type { LaunchRequest as PreviousRequest, RefusalKind } from "./launch/refusal.ts";
import { makePlan as previousPlan } from "./plan/plan.ts";

const REGIONS = ["us-east-1", "us-west-2", "eu-west-1"];
const TYPES = ["bld", "tst", "try", "win"];
const KINDS: readonly RefusalKind[] = [
	"no-capacity",
	"no-price",
	"limit",
	"no-address",
	"rejected",
	"unknown",
	"stop-all",
	"timeout",
];
const ROLE = "arn:aws:iam::111111111111:role/other";
const counters: Record<string, number> = {};
const count = (what: string, by = 1) => {
	counters[what] = (counters[what] ?? 0) + by;
};

type Draw = <T>(arbitrary: fc.Arbitrary<T>) => T;

function someInput(draw: Draw): PlanInput {
	const bool = (percent: number) => draw(fc.noBias(fc.nat(99))) < percent;
	const nat = (max: number) => draw(fc.noBias(fc.nat(max)));
	const regions = REGIONS.slice(0, bool(20) ? 1 : 2 + nat(1));
	const types = TYPES.slice(0, 1 + nat(3));
	const tight = bool(40);
	const limit = () => nat(tight ? 12 : 60);
	const byType = (percent: number) =>
		Object.fromEntries(types.filter(() => bool(percent)).map((type) => [type, limit()]));
	const limits = (global: number, regional: number) => ({
		global: byType(global),
		regions: Object.fromEntries(regions.map((name) => [name, byType(regional)])),
	});
	const rules = [
		spotRule({ ignoredAzs: bool(20) ? [`${regions[0]}a`] : [] }),
		spotRule({ instanceType: "m6i.xlarge", performanceConstant: 1.5 }),
		spotRule({ productDescription: "Windows" }),
	];
	const zones = ["a", "b", "c"];
	const hostnames = ["bld-%02d", "%03d.host", "w-%01d", "bld-%03d"];
	const shared = bool(30);
	const roles = { regions: bool(20) ? { [regions[0] ?? ""]: ROLE } : {}, types: bool(30) ? { tst: ROLE } : {} };
	const custom: Policy = policy({
		regionPriorities: Object.fromEntries(regions.map((name) => [name, nat(4)])),
		roles,
		heuristics: { ...HEURISTICS, scope: bool(50) ? "pool" : "lifecycle", oldDivisor: 1 + nat(5) },
		spotRules: Object.fromEntries(types.filter(() => bool(75)).map((type) => [type, rules.filter(() => bool(70))])),
		spotLimits: limits(40, 90),
		onDemandLimits: limits(85, 40),
		types: Object.fromEntries(
			types.map((type) => {
				const names = bool(10) ? Array.from({ length: nat(12) }, (_, index) => `named-${index}`) : null;
				const config = typeConfig(type, regions, bool(40) ? (hostnames[nat(3)] ?? null) : null);
				const regional = Object.entries(config.regions)
					.filter(() => bool(90))
					.map(([name, where]) => [
						name,
						{
							...where,
							subnetIds: zones
								.flatMap((zone) => ["", "2"].map((suffix) => `subnet-${name}${zone}${suffix}`))
								.filter(() => bool(75)),
						},
					]);
				return [type, { ...config, names, regions: Object.fromEntries(regional) }];
			}),
		),
	});
	const someRoles = Object.keys(roles.types).length + Object.keys(roles.regions).length > 0 ? [null, ROLE] : [null];
	const facts = regions.flatMap((name) =>
		someRoles.map((role) =>
			region(name, {
				role,
				subnets: zones.flatMap((zone) =>
					["", "2"].map((suffix) => ({
						subnetId: `subnet-${name}${zone}${suffix}`,
						availabilityZone: `${name}${zone}`,
						freeAddresses: nat(tight ? 8 : 60),
					})),
				),
				images: types.flatMap((mozType) =>
					Array.from({ length: nat(3) }, (_, age) => ({
						imageId: `ami-${name}-${mozType}-${age}`,
						mozType,
						createdAt: NOW - nat(3),
						devices: [],
					})),
				),
				instances: Array.from({ length: nat(8) }, () =>
					instance({
						region: name,
						role,
						mozType: draw(fc.constantFrom(...types, null)),
						lifecycle: draw(fc.constantFrom("spot" as const, "on-demand" as const)),
						state: draw(fc.constantFrom("pending", "running", "stopped")),
						launchedAt: NOW - nat(3000),
						name: bool(60) ? `${bool(50) ? "bld-0" : "w-"}${nat(9)}` : null,
						loaned: bool(10),
						mozState: draw(fc.constantFrom("ready", null, "locked")),
						imageId: `ami-${name}-${types[0]}-0`,
					}),
				),
				spotPrices: zones.flatMap((zone) =>
					["c6i.xlarge", "m6i.xlarge"]
						.filter(() => bool(80))
						.map((instanceType) => ({
							availabilityZone: `${name}${zone}`,
							instanceType,
							productDescription: bool(80) ? "Linux/UNIX" : "Windows",
							price: nat(bool(80) ? 10 : 30) / 100,
						})),
				),
				spotRequests: Array.from({ length: nat(6) }, () => ({
					availabilityZone: `${name}${draw(fc.constantFrom(...zones))}`,
					instanceType: draw(fc.constantFrom("c6i.xlarge", "m6i.xlarge")),
					createdAt: NOW - nat(1200),
					statusCode: bool(15) ? "price-too-low" : "fulfilled",
				})),
			}),
		),
	);
	const workers = ["bld-01", "bld-02", "w-1", "w-2", "w-3", "w-4", "w-5"];
	const slavesets = types.flatMap((type) =>
		Array.from({ length: bool(20) ? nat(9) : nat(2) }, () => ({ type, slaveset: workers.filter(() => bool(45)) })),
	);
	const unread = regions.filter(() => bool(10)).map((name) => ({ region: name, role: null }));
	const pools = [
		...slavesets.map(({ type, slaveset }) => ({ mozType: type, slaveset })),
		...types.map((mozType) => ({ mozType, slaveset: null })),
	];
	return planInput({
		demand: draw(fc.shuffledSubarray(pools, { minLength: Math.ceil(pools.length / 2) })).map((pool) => ({
			pool,
			pending: 1 + nat(shared ? 6 : 35),
			oldestSubmittedAt: NOW - nat(900),
		})),
		policy: custom,
		facts: facts.filter((some) => !unread.some((one) => one.region === some.region && one.role === some.role)),
		unread,
		allocated: new Set(slavesets.flatMap(({ slaveset }) => slaveset)),
		connected: new Set(workers.filter(() => bool(20))),
		latestAmiPercentage: bool(40) ? 100 : nat(100),
		maxLaunches: tight ? nat(25) : 20 + nat(150),
	});
}

/** Runs both, and compares after every answer. */
function runBoth(input: PlanInput, draw: Draw): void {
	const plan = makePlan(input);
	expect(plan).toEqual(previousPlan(input));
	const stored = JSON.parse(JSON.stringify(plan)) as typeof plan;
	const now = new LaunchRun(plan);
	const before = new PreviousRun(stored);
	const given: LaunchRequest[] = [];
	const inFlight: { now: LaunchRequest; before: PreviousRequest }[] = [];
	const add = (ours: readonly LaunchRequest[], theirs: readonly PreviousRequest[]) => {
		expect(ours).toEqual(theirs);
		count("requests", ours.length);
		count("requests with ordinal above 0", ours.filter(({ ordinal }) => ordinal > 0).length);
		count("requests with names", ours.filter(({ names }) => names !== null).length);
		count("requests of a slaveset", ours.filter(({ pool }) => pool.slaveset !== null).length);
		count(
			"requests on an image share",
			ours.filter(({ placement }) => placement.caps.some((key) => key.startsWith("image/"))).length,
		);
		count("requests with a role", ours.filter(({ placement }) => placement.role !== null).length);
		count("on-demand requests", ours.filter(({ placement }) => placement.lifecycle === "on-demand").length);
		for (const [index, request] of ours.entries()) {
			const other = theirs[index];
			if (other !== undefined) inFlight.push({ now: request, before: other });
		}
		given.push(...ours);
	};
	add(now.start(), before.start());
	if (new Set(inFlight.map(({ now: { pool } }) => pool)).size > 1) count("plans that start several pools at once");
	const generosity = draw(fc.constantFrom(0, 0.3, 0.6, 0.9));
	const isNarrow = draw(fc.noBias(fc.nat(2))) > 0;
	const kinds = draw(fc.noBias(fc.subarray(KINDS.slice(0, isNarrow ? 4 : 8), { minLength: 1 })));
	while (inFlight.length > 0) {
		const [both] = inFlight.splice(draw(fc.noBias(fc.nat(inFlight.length - 1))), 1);
		if (both === undefined) break;
		const request = both.now;
		const isFull = draw(fc.noBias(fc.double({ min: 0, max: 1, noNaN: true }))) < generosity;
		const over = draw(fc.noBias(fc.nat(99))) < 1 ? 1 : 0;
		const launched = isFull ? request.count + over : draw(fc.nat(request.count));
		const kind = launched >= request.count ? null : draw(fc.option(fc.constantFrom(...kinds), { freq: 12 }));
		const { region: name } = request.placement;
		const suggested = draw(fc.nat(2)) > 0 ? [] : draw(fc.subarray([`${name}a`, `${name}b`, `${name}c`]));
		const nameless = draw(fc.nat(4)) > 0 ? 0 : draw(fc.nat(launched));
		const isShuffled = draw(fc.boolean());
		const indexes = Array.from({ length: launched }, (_, index) => index);
		const unnamed = new Set(
			isShuffled
				? draw(fc.shuffledSubarray(indexes, { minLength: nameless, maxLength: nameless }))
				: indexes.slice(0, nameless),
		);
		const instances = indexes.map((index) => ({
			instanceId: `i-${given.length}-${index}`,
			name: unnamed.has(index) ? null : (request.names?.[index] ?? null),
			virtualizationType: "hvm",
			rootDeviceType: "ebs",
		}));
		const namingFailures = [...unnamed].map(() => ({ code: "x", message: "y" }));
		const refusal = kind === null ? null : { kind, code: `code-${kind}-${given.length}`, message: "m" };
		count(launched < request.count ? `refusals: ${kind ?? "none given"}` : "requests fully served");
		if (launched > 0 && launched < request.count) count("partial outcomes");
		if (launched > request.count) count("outcomes above the count");
		if (refusal !== null && suggested.length > 0) count("suggestions");
		if (unnamed.size > 0 && request.names !== null) count("naming failures");
		const before_ = given.length;
		add(
			now.settle(both.now, {
				launched: instances,
				refusal: refusal === null ? null : { ...refusal, suggestedZones: suggested },
				namingFailures,
			}),
			before.settle(both.before, {
				launched: instances,
				refusal: refusal === null ? null : { ...refusal, zones: suggested },
				namingFailures,
			}),
		);
		const others = given.slice(before_).filter(({ pool }) => pool !== request.pool).length;
		count("requests made possible by another pool's answer", others);
		if (others > 1) count("answers that let several other pools request");
	}
	const result = now.result();
	const expected = before.result();
	expect(result.pools).toEqual(expected.pools);
	expect(result.launches).toEqual(expected.launches);
	expect(
		result.refusals.map(({ request, refusal: { suggestedZones: zones, ...rest } }) => ({
			request,
			refusal: { ...rest, zones },
		})),
	).toEqual(expected.refusals.map(({ request, refusal }) => ({ request, refusal })));
	for (const pool of result.pools) {
		for (const { code } of pool.reasons) count(`reasons: ${code}`);
		if (pool.phases.length > 1) count("pools in their second phase");
		for (const phase of pool.phases) if (phase.caps.length > 1) count("phases held by several caps");
		if (pool.reasons.some(({ message }) => message.includes("; "))) count("reasons with several causes");
	}
	for (const { pool, phases } of plan.pools) {
		if (phases.length === 1) count("pools without spot");
		if (phases.some(({ disabled }) => disabled)) count("pools with on-demand disabled");
		if (phases.some(({ shares }) => shares.length > 1)) count("pools with several shares");
		if (phases.every(({ shares }) => shares.every(({ placements }) => placements.length === 0)))
			count("pools without placement");
		if (pool.slaveset !== null) count("slavesets");
	}
	const types = plan.pools.map(({ pool }) => pool.mozType);
	if (new Set(types).size < types.length) count("plans with several pools of a type");
	count("plans");
	count("adoptions", plan.adoptions.length);
	count("pools", plan.pools.length);
	count("launches", result.launches.length);
}

test("requests, launches, and results are the same as before", () => {
	fc.assert(
		fc.property(fc.gen(), (gen) => {
			const draw: Draw = (arbitrary) => gen(() => arbitrary);
			runBoth(someInput(draw), draw);
		}),
		{ numRuns: Number(process.env["RUNS"] ?? 3000), endOnFailure: true },
	);
	console.log(JSON.stringify(counters, Object.keys(counters).sort(), 1));
}, 600_000);
