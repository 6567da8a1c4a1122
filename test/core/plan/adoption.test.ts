import { expect, test } from "vitest";
import { adopt } from "../../../src/core/plan/adoption.ts";
import { FreeNames } from "../../../src/core/plan/names.ts";
import { instance, NOW, policy, typeConfig } from "../facts.ts";

const named = policy({ types: { bld: { ...typeConfig("bld", ["us-west-2"], "bld-%03d") } } });
const adopted = (instances: ReturnType<typeof instance>[], taken: string[] = []) =>
	adopt({
		instances,
		mozTypes: ["bld"],
		policy: named,
		names: new FreeNames(taken, new Set(["bld-004"])),
		now: NOW,
	}).map(({ instanceId, name }) => `${instanceId} ${name}`);

test("unnamed instances of ours get the lowest free names, the oldest first", () => {
	const old = instance({ instanceId: "i-old", launchedAt: NOW - 900 });
	const newer = instance({ instanceId: "i-new", launchedAt: NOW - 300 });
	expect(adopted([newer, old], ["bld-001"])).toEqual(["i-old bld-002", "i-new bld-003"]);
});

test("instances launched at the same time are named in the order of their IDs", () => {
	const twins = ["i-2", "i-1"].map((instanceId) => instance({ instanceId, launchedAt: NOW - 60 }));
	expect(adopted(twins)).toEqual(["i-1 bld-001", "i-2 bld-002"]);
});

test("an instance whose user data names it keeps that name, and takes no other", () => {
	const given = instance({ instanceId: "i-1", name: "bld-009", lacksNameTag: true });
	const unreadable = instance({ instanceId: "i-2", lacksNameTag: true });
	const nameless = instance({ instanceId: "i-3", lacksNameTag: false });
	const adoptions = adopt({
		instances: [given, unreadable, nameless],
		mozTypes: ["bld"],
		policy: named,
		names: new FreeNames([], new Set()),
		now: NOW,
	});
	const where = { region: "us-west-2", role: null, mozType: "bld" };
	expect(adoptions).toEqual([
		{ ...where, instanceId: "i-1", name: "bld-009", isGiven: true },
		{ ...where, instanceId: "i-3", name: "bld-001", isGiven: false },
	]);
});

test("types are named in order, those without names or configuration get none, and names are taken only as needed", () => {
	const types = {
		tst: typeConfig("tst", ["us-west-2"], "m-%d"),
		bld: typeConfig("bld", ["us-west-2"], "m-%d"),
		none: typeConfig("none", ["us-west-2"]),
	};
	const names = new FreeNames([], new Set());
	const instances = ["tst", "bld", "none", "gone"].map((mozType) => instance({ mozType }));
	const adoptions = adopt({
		instances: [...instances, instance({ mozType: "bld", lacksNameTag: true })],
		mozTypes: ["tst", "none", "gone", "bld"],
		policy: policy({ types }),
		names,
		now: NOW,
	});
	expect(adoptions.map(({ mozType, name }) => `${mozType} ${name}`)).toEqual(["bld m-1", "tst m-2"]);
	expect(names.take({ mozType: "bld", slaveset: null }, types.bld, 1)).toEqual(["m-3"]);
});

test.each([
	["has a name", { name: "bld-007" }],
	["is not ours", { ours: false }],
	["is of another type", { mozType: "tst" }],
	["is not live", { state: "stopped" }],
	["was launched this minute, and may yet get its name from who did", { launchedAt: NOW - 59 }],
])("leaves a machine alone that %s", (_why, overrides) => {
	expect(adopted([instance(overrides)])).toEqual([]);
});
