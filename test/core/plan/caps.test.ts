import { describe, expect, it } from "vitest";
import {
	addressCaps,
	type Caps,
	CapTracker,
	configuredCaps,
	imageCaps,
	nameCaps,
} from "../../../src/core/plan/caps.ts";
import { instance, instances, policy, typeConfig } from "../facts.ts";

const cap = (headroom: number, draws?: { readonly from: string; readonly each: number }): Caps[string] => ({
	code: "cap-tick",
	label: `${headroom}`,
	headroom,
	...(draws === undefined ? {} : { draws }),
});

describe("a cap tracker", () => {
	const two = () => new CapTracker({ wide: cap(10), narrow: cap(3) });

	it("allows what every cap of a launch allows", () => {
		expect(two().available(["wide", "narrow"], 5)).toBe(3);
		expect(two().available(["wide"], 5)).toBe(5);
		expect(two().available([], 5)).toBe(5);
	});

	it("rejects a reservation that exceeds a cap, and keeps all caps as they were", () => {
		const tracker = two();
		expect(() => tracker.reserve(["wide", "narrow"], 4)).toThrow(new RangeError("no room for 4 under wide, narrow"));
		expect(tracker.available(["wide"], 99)).toBe(10);
	});

	it("rejects a key without a cap, which would be no limit", () => {
		expect(() => two().available(["unknown"], 1)).toThrow(new RangeError("no cap has the key unknown"));
	});

	it("gives back what was reserved and not launched", () => {
		const tracker = two();
		tracker.reserve(["wide", "narrow"], 3);
		expect(tracker.available(["narrow"], 9)).toBe(0);
		tracker.settle(["wide", "narrow"], 3, 1);
		expect(tracker.available(["narrow"], 9)).toBe(2);
		expect(tracker.available(["wide"], 99)).toBe(9);
	});

	it("names the exhausted caps in the order in which they are given", () => {
		const tracker = new CapTracker({ a: cap(5), b: cap(0), c: cap(0) });
		expect(tracker.exhausted(["a", "c", "b"])).toEqual(["c", "b"].map((key) => ({ ...cap(0), key })));
		expect(tracker.exhausted(["a"])).toEqual([]);
	});

	it("may free an exhausted cap only while a reservation under it is open", () => {
		const tracker = new CapTracker({ a: cap(2), none: cap(0) });
		expect([tracker.mayFree(["a"]), tracker.mayFree(["none"]), tracker.isUsedUp("a")]).toEqual([true, false, false]);
		tracker.reserve(["a"], 2);
		expect([tracker.mayFree(["a"]), tracker.mayFree(["a", "none"]), tracker.isUsedUp("a")]).toEqual([
			true,
			false,
			false,
		]);
		tracker.settle(["a"], 2, 2);
		expect([tracker.mayFree(["a"]), tracker.isUsedUp("a"), tracker.isUsedUp("none")]).toEqual([false, true, true]);
	});

	describe("with caps that draw on one amount", () => {
		const draws = (each: number) => cap(Math.floor(100 / each), { from: "cost", each });
		const shared = () => new CapTracker({ cost: cap(100), "cost@30": draws(30), "cost@20": draws(20), tick: cap(9) });

		it("allows whole instances of what is left of the amount", () => {
			const tracker = shared();
			expect(tracker.available(["cost@30", "tick"], 9)).toBe(3);
			tracker.reserve(["cost@30", "tick"], 2);
			expect(tracker.available(["cost@30"], 9)).toBe(1);
			expect(tracker.available(["cost@20"], 9)).toBe(2);
			tracker.settle(["cost@30", "tick"], 2, 1);
			expect(tracker.available(["cost@20"], 9)).toBe(3);
			expect(tracker.available(["tick"], 9)).toBe(8);
		});

		it("counts a reservation under one as one that may free the others", () => {
			const tracker = shared();
			tracker.reserve(["cost@20"], 5);
			expect([tracker.mayFree(["cost@30"]), tracker.isUsedUp("cost@30")]).toEqual([true, false]);
		});

		it("names all of them as sharing, and a cap of its own alone", () => {
			expect([...shared().sharing(["cost@20"])].toSorted()).toEqual(["cost", "cost@20", "cost@30"]);
			expect(shared().sharing(["tick", "tick"])).toEqual(["tick"]);
			expect(shared().sharing(["unknown"])).toEqual(["unknown"]);
		});
	});

	it("copies some caps as they are now, without effect on the original", () => {
		const tracker = two();
		tracker.reserve(["wide", "narrow"], 1);
		const copy = tracker.copy(["wide"]);
		copy.reserve(["wide"], 9);
		expect([copy.available(["wide"], 99), tracker.available(["wide"], 99)]).toEqual([0, 9]);
		expect(() => copy.available(["narrow"], 1)).toThrow(RangeError);
	});

	it("copies some caps without a look at all others, so that many pools cost no more than in proportion", () => {
		let looks = 0;
		const caps = new Proxy(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`cap-${index}`, cap(5)])), {
			ownKeys: (target) => {
				looks += 1;
				return Reflect.ownKeys(target);
			},
		});
		const tracker = new CapTracker(caps);
		const before = looks;
		const copy = tracker.copy(["cap-1", "cap-2"]);
		expect(looks).toBe(before);
		expect(copy.available(["cap-1", "cap-2"], 9)).toBe(5);
	});
});

describe("configured caps", () => {
	const limits = { global: { bld: 10 }, regions: { "us-east-1": { bld: 4 }, "us-west-2": { bld: 2, tst: 1 } } };
	const caps = (overrides: Partial<Parameters<typeof configuredCaps>[0]> = {}) =>
		configuredCaps({
			policy: policy({ spotLimits: limits, onDemandLimits: { global: { bld: 5 }, regions: {} } }),
			mozTypes: ["bld"],
			instances: [],
			unseen: [],
			maxLaunches: 7,
			...overrides,
		});

	it("are those of the types in demand and max-launches", () => {
		expect(caps()).toEqual({
			tick: { code: "cap-tick", label: "max-launches of 7", headroom: 7 },
			"spot/us-east-1/bld": { code: "cap-region", label: "spot limit of 4 in us-east-1 (0 live)", headroom: 4 },
			"spot/us-west-2/bld": { code: "cap-region", label: "spot limit of 2 in us-west-2 (0 live)", headroom: 2 },
			"spot/global/bld": { code: "cap-global", label: "global spot limit of 10 (0 live)", headroom: 10 },
			"on-demand/global/bld": { code: "cap-global", label: "global on-demand limit of 5 (0 live)", headroom: 5 },
		});
	});

	it("are reduced by live instances of the type and lifecycle, and never below 0", () => {
		const live = [
			...instances(3, { region: "us-west-2" }),
			...instances(9, { region: "us-west-2", mozType: "tst" }),
			...instances(9, { region: "us-west-2", state: "stopped" }),
			instance({ region: "us-west-2", lifecycle: "on-demand", state: "pending" }),
		];
		const headroom = Object.fromEntries(
			Object.entries(caps({ instances: live })).map(([key, one]) => [key, one.headroom]),
		);
		expect(headroom).toEqual({
			tick: 7,
			"spot/us-east-1/bld": 4,
			"spot/us-west-2/bld": 0,
			"spot/global/bld": 7,
			"on-demand/global/bld": 4,
		});
	});

	it("count the whole limit of each region that could not be read", () => {
		const unseen = ["us-east-1", "us-west-2", "eu-west-1"].map((region) => ({ region, role: null }));
		expect(caps({ unseen })["spot/global/bld"]).toEqual({
			code: "cap-global",
			label: "global spot limit of 10 (0 live, up to 6 in us-east-1, us-west-2, which could not be read)",
			headroom: 4,
		});
		expect(caps({ unseen: [{ region: "us-east-1", role: "arn:other" }] })["spot/global/bld"]?.headroom).toBe(10);
	});

	it("leave nothing of a global limit if a region without a limit of its own could not be read, and the type runs there on demand", () => {
		const unseen = (region: string) => caps({ unseen: [{ region, role: null }] });
		expect(unseen("us-east-1")["on-demand/global/bld"]).toEqual({
			code: "cap-global",
			label: "global on-demand limit of 5 (0 live, up to 5 in us-east-1, which could not be read)",
			headroom: 0,
		});
		// The type is not configured there.
		expect(unseen("eu-west-1")["on-demand/global/bld"]?.headroom).toBe(5);
		const onlyWest = { global: { bld: 10 }, regions: { "us-west-2": { bld: 2 } } };
		const spot = caps({ policy: policy({ spotLimits: onlyWest }), unseen: [{ region: "us-east-1", role: null }] });
		expect(spot["spot/global/bld"]?.headroom).toBe(10);
	});

	it("are none for a type that is not configured, whatever could not be read", () => {
		const gone = caps({ mozTypes: ["gone"], unseen: [{ region: "us-east-1", role: null }] });
		expect(Object.keys(gone)).toEqual(["tick"]);
	});

	it("never fall below 0 if more may run than the limit", () => {
		const unseen = ["us-east-1", "us-west-2"].map((region) => ({ region, role: null }));
		expect(caps({ unseen, instances: instances(6) })["spot/global/bld"]?.headroom).toBe(0);
	});
});

it.each([
	["in the slaveset", ["w-1"], null],
	["in the type's list", null, ["a"]],
	["matching bld-%d", null, null],
])("the label of the cap on free names is that they are %s", (where, slaveset, names) => {
	const type = { ...typeConfig("bld", [], "bld-%d"), names };
	const pool = { mozType: "bld", slaveset };
	expect(Object.values(nameCaps(pool, type, 3))).toEqual([
		{ code: "no-name", label: `3 free names ${where}`, headroom: 3 },
	]);
});

it("a subnet has a cap on its free addresses, described by its zone", () => {
	expect(addressCaps([{ subnetId: "subnet-1", availabilityZone: "us-west-2a", freeAddresses: 7 }])).toEqual({
		"subnet/subnet-1": { code: "no-address", label: "7 free addresses in subnet-1 (us-west-2a)", headroom: 7 },
	});
});

it("a pool has a cap on each image's share of its new instances", () => {
	expect(imageCaps({ mozType: "bld", slaveset: null }, { newest: 7, previous: 3 })).toEqual({
		'image/newest/["bld",null]': { code: "image-share", label: "7 on the newest image", headroom: 7 },
		'image/previous/["bld",null]': { code: "image-share", label: "3 on the previous image", headroom: 3 },
	});
});
