import fc from "fast-check";
import { expect, test } from "vitest";
import type { Refusal, RefusalScope } from "../../../src/core/launch/refusal.ts";
import { groupKeys, scopeKeys, UnavailableCapacity } from "../../../src/core/launch/unavailable-capacity.ts";
import { subnetCap, tickCap } from "../../../src/core/plan/caps.ts";
import { placement } from "../facts.ts";

const SCOPES: readonly RefusalScope[] = [
	"account",
	"region",
	"lifecycle",
	"quota",
	"capacity",
	"instance-type",
	"zone",
	"image",
	"subnet",
	"placement",
	"type",
	"pool",
	"tick",
];

const somePlacement = fc
	.record({
		lifecycle: fc.constantFrom("spot" as const, "on-demand" as const),
		zone: fc.constantFrom("a", "b"),
		region: fc.constantFrom("us-east-1", "us-west-2"),
		role: fc.constantFrom(null, "arn:aws:iam::111111111111:role/other"),
		instanceType: fc.constantFrom("c6i.xlarge", "m6i.xlarge"),
		imageId: fc.constantFrom("ami-1", "ami-2"),
	})
	.map(({ zone, ...rest }) => {
		const subnetId = `subnet-${rest.region}${zone}-${rest.role}`;
		const caps = [tickCap, subnetCap(subnetId)];
		return placement({ ...rest, availabilityZone: `${rest.region}${zone}`, subnetId, caps });
	});
const somePool = fc.record({
	mozType: fc.constantFrom("bld", "tst"),
	slaveset: fc.constantFrom(null, ["w-1"], ["w-2"]),
});
const somewhere = fc.record({ pool: somePool, placement: somePlacement });

test("a wrong request rules out its EC2 instance type, and the type only if a second one gets the same answer", () => {
	const pool = { mozType: "bld", slaveset: null };
	const at = (instanceType: string, overrides = {}) => placement({ instanceType, ...overrides });
	const unavailable = new UnavailableCapacity();
	const refuse = (instanceType: string, code: string) =>
		unavailable.remember(
			{ pool, placement: at(instanceType), count: 1, names: null, ordinal: 0 },
			{ kind: "rejected", scope: "type", code, message: "m", suggestedZones: [] },
		);
	const isRefused = (instanceType: string, overrides = {}) =>
		unavailable.refusalOf(scopeKeys(pool, at(instanceType, overrides))) !== null;
	refuse("a", "X");
	refuse("a", "X");
	refuse("b", "Y");
	expect([isRefused("a"), isRefused("b"), isRefused("c")]).toEqual([true, true, false]);
	refuse("b", "X");
	expect([isRefused("c"), isRefused("c", { region: "us-east-1" })]).toEqual([true, false]);
});

test.each([
	["no-capacity", "capacity"],
	["no-price", "capacity"],
	["limit", "quota"],
	["no-address", "subnet"],
	["rejected", "type"],
	["unknown", "pool"],
	["stop-all", "account"],
	["timeout", "tick"],
	["lock-lost", "tick"],
] as const)("without a scope of its own, a refusal of kind %s rules out what the scope %s does", (kind, scope) => {
	const pools = [
		{ mozType: "bld", slaveset: null },
		{ mozType: "bld", slaveset: ["w-1"] },
		{ mozType: "tst", slaveset: null },
	];
	const placements = [
		placement(),
		placement({ lifecycle: "on-demand" }),
		placement({ instanceType: "m6i.xlarge" }),
		placement({ availabilityZone: "us-west-2b", subnetId: "subnet-2" }),
		placement({ subnetId: "subnet-3" }),
		placement({ imageId: "ami-other" }),
		placement({ region: "us-east-1", availabilityZone: "us-east-1a", subnetId: "subnet-4" }),
		placement({ role: "arn:other", subnetId: "subnet-5" }),
	];
	const ruledOut = (refusal: Partial<Refusal>) => {
		const unavailable = new UnavailableCapacity();
		const [pool] = pools;
		if (pool === undefined) throw new Error("no pool");
		const request = { pool, placement: placement(), count: 1, names: null, ordinal: 0 };
		unavailable.remember(request, { kind, code: "X", message: "m", suggestedZones: [], ...refusal });
		return pools.flatMap((one) => placements.map((place) => unavailable.refusalOf(scopeKeys(one, place)) !== null));
	};
	// The scope `type` widens with a second refusal only, so its own is compared with the keys.
	if (scope === "type") expect(ruledOut({}).filter(Boolean)).toHaveLength(14);
	else expect(ruledOut({})).toEqual(ruledOut({ scope }));
	expect(ruledOut({}).some(Boolean)).toBe(true);
});

const bld = { mozType: "bld", slaveset: null };
const tst = { mozType: "tst", slaveset: null };
const at = (overrides: Parameters<typeof placement>[0] = {}) => {
	const one = placement(overrides);
	return { ...one, caps: [tickCap, subnetCap(one.subnetId)] };
};

/** After one refusal of a scope for `bld`, the capacity that is unavailable, and the group of pools it may concern. */
function refuseOnce(scope: RefusalScope) {
	const unavailable = new UnavailableCapacity();
	const request = { pool: bld, placement: at(), count: 1, names: null, ordinal: 0 };
	// A first refusal that names the scope `type` itself reaches less.
	const refusal = scope === "type" ? ({ kind: "rejected" } as const) : ({ kind: "no-capacity", scope } as const);
	const group = unavailable.remember(request, { ...refusal, code: "X", message: "m", suggestedZones: [] });
	return { unavailable, group: group ?? "" };
}

test.each([
	["capacity", ["pool", "type", "subnet", "image"]],
	["quota", ["pool", "type", "zone", "subnet", "image"]],
	["placement", ["pool", "instance type", "image"]],
	["subnet", ["pool", "type", "lifecycle", "instance type", "image"]],
	["zone", ["pool", "lifecycle", "instance type", "subnet", "image"]],
	["image", ["pool", "lifecycle", "instance type", "zone", "subnet"]],
	["instance-type", ["pool", "lifecycle", "zone", "subnet", "image"]],
	["type", ["pool", "lifecycle", "instance type", "zone", "subnet", "image"]],
	["pool", ["lifecycle", "instance type", "zone", "subnet", "image", "region"]],
	["lifecycle", ["pool", "type", "instance type", "zone", "subnet", "image", "region"]],
	["region", ["pool", "type", "lifecycle", "instance type", "zone", "subnet", "image"]],
	["account", ["pool", "type", "lifecycle", "instance type", "zone", "subnet", "image", "region"]],
	["tick", ["pool", "type", "lifecycle", "instance type", "zone", "subnet", "image", "region", "account"]],
] as const)("a refusal of scope %s rules out what has another %j, all of which is in its group", (scope, reach) => {
	const others = {
		pool: { pool: { mozType: "bld", slaveset: ["w-1"] }, placement: at() },
		type: { pool: tst, placement: at() },
		lifecycle: { pool: bld, placement: at({ lifecycle: "on-demand" }) },
		"instance type": { pool: bld, placement: at({ instanceType: "m6i.xlarge" }) },
		zone: { pool: bld, placement: at({ availabilityZone: "us-west-2b", subnetId: "subnet-2" }) },
		subnet: { pool: bld, placement: at({ subnetId: "subnet-3" }) },
		image: { pool: bld, placement: at({ imageId: "ami-other" }) },
		region: {
			pool: bld,
			placement: at({ region: "us-east-1", availabilityZone: "us-east-1a", subnetId: "subnet-4" }),
		},
		// In a region, a type has one account.
		account: { pool: tst, placement: at({ role: "arn:other", subnetId: "subnet-5" }) },
	};
	const { unavailable, group } = refuseOnce(scope);
	const reached = Object.entries(others).filter(
		([, { pool, placement }]) => unavailable.refusalOf(scopeKeys(pool, placement)) !== null,
	);
	expect(reached.map(([what]) => what)).toEqual(reach);
	for (const [what, { pool, placement }] of reached) expect(groupKeys(pool, placement), what).toContain(group);
});

test.each(SCOPES)(
	"a refusal of scope %s concerns its pool, and pools that share nothing only if it is wide",
	(scope) => {
		const { group } = refuseOnce(scope);
		const isWide = ["account", "region", "lifecycle", "tick"].includes(scope);
		const unlike = at({ subnetId: "subnet-6", availabilityZone: "us-west-2c", instanceType: "m6i.xlarge" });
		expect(groupKeys(bld, at())).toContain(group);
		expect(groupKeys(tst, unlike).includes(group)).toBe(isWide);
	},
);

test("no capacity is unavailable before the first refusal", () => {
	expect(new UnavailableCapacity().isEmpty).toBe(true);
	expect(refuseOnce("tick").unavailable.isEmpty).toBe(false);
});

test("a refusal names a group that includes every pool it concerns, and names it once", () => {
	fc.assert(
		fc.property(fc.constantFrom(...SCOPES), somewhere, somewhere, (scope, refused, other) => {
			const unavailable = new UnavailableCapacity();
			const request = { ...refused, count: 1, names: null, ordinal: 0 };
			const refusal = { kind: "no-capacity", scope, code: "X", message: "x", suggestedZones: [] } as const;
			const group = unavailable.remember(request, refusal);
			if (unavailable.refusalOf(scopeKeys(other.pool, other.placement)) !== null) {
				expect(groupKeys(other.pool, other.placement)).toContain(group);
			}
			expect(unavailable.remember(request, refusal)).toBeNull();
		}),
		{ numRuns: 1_000 },
	);
});
