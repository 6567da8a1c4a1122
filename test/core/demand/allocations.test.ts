import { describe, expect, it } from "vitest";
import { type Allocations, allocate } from "../../../src/core/demand/allocations.ts";
import type { MappedBuilder } from "../../../src/core/demand/demand.ts";
import { FreeNames } from "../../../src/core/plan/names.ts";
import { ServingInstances } from "../../../src/core/supply/supply.ts";
import { instance, typeConfig } from "../facts.ts";

const mapped = (builder: string, mozType: string | null = "bld"): MappedBuilder => ({
	builder,
	count: 2,
	oldestSubmittedAt: 1,
	mozType,
	slaveset: null,
	skipReason: mozType === null ? "unmatched" : null,
});
const known: Allocations = {
	slavesets: new Map([["bound", ["w-2", "w-1", "w-2"]]]),
	unknown: new Map([["unsure", { code: "allocation-unknown", reason: "no answer" }]]),
	allocated: { kind: "known", names: new Set(["w-1", "w-2"]) },
	connected: new Set(),
};

describe("builders", () => {
	it("get their slaveset, stay unchanged, or are skipped", () => {
		const { builders, skipped } = allocate(
			[mapped("bound"), mapped("free"), mapped("unsure"), mapped("bound", null)],
			known,
		);
		expect(builders.map(({ builder, slaveset }) => [builder, slaveset])).toEqual([
			["bound", ["w-1", "w-2"]],
			["free", null],
			["bound", null],
		]);
		expect(skipped).toEqual([
			{
				builder: { ...mapped("unsure"), skipReason: "allocation-unknown" },
				unknown: { code: "allocation-unknown", reason: "no answer" },
			},
		]);
	});

	it("of the general pool are skipped if the allocated names are unknown", () => {
		const { builders, skipped } = allocate([mapped("bound"), mapped("free")], {
			...known,
			allocated: { kind: "unknown", reason: "no answer" },
		});
		expect(builders.map(({ builder }) => builder)).toEqual(["bound"]);
		expect(skipped.map(({ builder, unknown }) => [builder.builder, unknown.reason])).toEqual([["free", "no answer"]]);
	});
});

describe("a machine with an allocated name", () => {
	const allocated = new Set(["w-1"]);
	it.each([
		["serves its slaveset", "w-1", ["w-1", "w-2"], true],
		["serves no other slaveset", "w-1", ["w-2"], false],
		["serves no general pool", "w-1", null, false],
		["is another than one of the general pool", "w-9", null, true],
		["is another than one without a name", null, null, true],
	] as const)("%s", (_what, name, slaveset, expected) => {
		const serving = new ServingInstances([instance({ name })], allocated).of({ mozType: "bld", slaveset });
		expect(serving).toHaveLength(expected ? 1 : 0);
	});
});

describe("names", () => {
	const type = typeConfig("bld", ["us-west-2"], "bld-%d");
	it("of a slaveset are its own free names", () => {
		const pool = { mozType: "bld", slaveset: ["w-1", "w-2", "w-3"] };
		expect(new FreeNames(new Set(["w-2"]), new Set(["w-1", "w-2", "w-3"])).take(pool, type, 5)).toEqual(["w-1", "w-3"]);
	});

	it("of a slaveset that are no host names are never given, because they would enter user data unchanged", () => {
		const slaveset = ["w-1", "w-2\nrun: evil", "$(evil)", "w 3", '"', "", "..", "w_4.example"];
		expect(new FreeNames(new Set(), new Set(slaveset)).take({ mozType: "bld", slaveset }, type, 9)).toEqual([
			"w-1",
			"w_4.example",
		]);
	});

	it("of the general pool exclude every allocated name", () => {
		const pool = { mozType: "bld", slaveset: null };
		expect(new FreeNames(new Set(["bld-2"]), new Set(["bld-1"])).take(pool, type, 2)).toEqual(["bld-3", "bld-4"]);
		expect(new FreeNames(new Set(), new Set()).take(pool, { ...type, hostname: null }, 2)).toBeNull();
	});
});
