import fc from "fast-check";
import { expect, test } from "vitest";
import type { RefusalScope } from "../../../src/core/launch/refusal.ts";
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
