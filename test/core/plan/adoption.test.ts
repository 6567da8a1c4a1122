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

test.each([
	["has a name", { name: "bld-007" }],
	["is not ours", { ours: false }],
	["is of another type", { mozType: "tst" }],
	["is not live", { state: "stopped" }],
	["was launched this minute, and may yet get its name from who did", { launchedAt: NOW - 59 }],
])("leaves a machine alone that %s", (_why, overrides) => {
	expect(adopted([instance(overrides)])).toEqual([]);
});
