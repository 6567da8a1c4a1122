import { describe, expect, it } from "vitest";
import { byAddressesLeft, SuggestedZones } from "../../../src/core/launch/placement-order.ts";
import { placement } from "../facts.ts";

const at = (zone: string, overrides: Parameters<typeof placement>[0] = {}) =>
	placement({ availabilityZone: zone, subnetId: `subnet-${zone}`, ...overrides });
const suggest = (...suggestedZones: readonly string[]) => ({
	...({ kind: "no-capacity", code: "x", message: "m" } as const),
	suggestedZones,
});
const zonesOf = (placements: readonly ReturnType<typeof placement>[]) =>
	placements.map(({ subnetId }) => subnetId.slice(7));

describe("placements in zones that EC2 suggests", () => {
	const placements = ["a", "b", "c", "d"].map((zone) => at(zone));

	it("come before the others that the suggestion concerns, each group in its order", () => {
		const zones = new SuggestedZones();
		expect(zones.first(placements)).toBe(placements);
		zones.remember(at("a"), suggest("d", "b"));
		expect(zonesOf(zones.first(placements))).toEqual(["b", "d", "a", "c"]);
	});

	it.each([
		["lifecycle", { lifecycle: "on-demand" }],
		["EC2 instance type", { instanceType: "m6i.xlarge" }],
		["region", { region: "us-east-1" }],
		["account", { role: "arn:other" }],
	] as const)("keep their position among placements of another %s", (_what, overrides) => {
		const zones = new SuggestedZones();
		zones.remember(at("a"), suggest("c"));
		const others = ["a", "c"].map((zone) => at(zone, overrides));
		expect(zones.first(others)).toEqual(others);
		expect(zonesOf(zones.first([at("a"), at("x", overrides), at("c")]))).toEqual(["c", "x", "a"]);
	});

	it("are those of the latest suggestion, which a refusal without one leaves", () => {
		const zones = new SuggestedZones();
		zones.remember(at("a"), suggest("b"));
		zones.remember(at("a"), suggest("d"));
		zones.remember(at("a"), suggest());
		expect(zonesOf(zones.first(placements))).toEqual(["d", "a", "b", "c"]);
	});
});

describe("placements that differ only in their subnets", () => {
	const left: Readonly<Record<string, number>> = { "subnet-1": 1, "subnet-2": 9, "subnet-3": 5 };
	const sorted = (overrides: readonly Parameters<typeof placement>[0][]) =>
		byAddressesLeft(
			overrides.map((one, index) => placement({ subnetId: `subnet-${index + 1}`, ...one })),
			({ subnetId }) => left[subnetId] ?? 0,
		).map(({ subnetId }) => subnetId);

	it("start where the most addresses are left", () => {
		expect(sorted([{}, {}, {}])).toEqual(["subnet-2", "subnet-3", "subnet-1"]);
	});

	it.each([
		{ lifecycle: "on-demand" as const },
		{ instanceType: "m6i.xlarge" },
		{ availabilityZone: "us-west-2b" },
		{ imageId: "ami-other" },
		{ maxPrice: 0.9 },
	])("stay in their position among others: %j", (other) => {
		expect(sorted([{}, other, {}])).toEqual(["subnet-3", "subnet-2", "subnet-1"]);
	});
});
