/** Calls of EC2 when the tick is stopped. */
import { expect, it } from "vitest";
import { ManualEnding } from "../../harness/ending.ts";
import { until } from "../../harness/patience.ts";
import { launchRequest, names, QUERY, useCloud } from "./cloud.ts";

/** For a busy machine. */

const cloud = useCloud();

it("sends no launch after the stop", async () => {
	const ending = new ManualEnding();
	const opened = cloud.open({ ending });
	ending.stopNow();
	const { launched, refusal } = await cloud.launch({}, 240, opened);
	expect(launched).toEqual([]);
	expect(refusal).toMatchObject({ kind: "timeout", scope: "tick", code: "interrupted" });
	expect(refusal?.message).toContain("the run was stopped");
	expect(cloud.calls("RunInstances")).toEqual([]);
});

it("does not repeat a launch after the stop, and reports what may have launched", async () => {
	const ending = new ManualEnding();
	const fault = cloud.endpoint.faults.add({ action: "RunInstances", reset: "after" });
	const launching = cloud.launch({}, 240, cloud.open({ ending }));
	await until(() => fault.hits > 0);
	ending.stopNow();
	const { launched, refusal } = await launching;
	expect(launched).toEqual([]);
	expect(refusal).toMatchObject({ kind: "unknown", possiblyLaunched: 3 });
});

it("awaits the answer of a launch until the end, and names its instances", async () => {
	const ending = new ManualEnding();
	const fault = cloud.endpoint.faults.add({ action: "RunInstances", hold: true });
	const launching = cloud.launch({ names: names(3) }, 240, cloud.open({ ending }));
	await until(() => fault.held > 0);
	ending.stopNow();
	fault.release();
	const { launched, refusal } = await launching;
	expect(refusal).toBeNull();
	expect(launched.map(({ name }) => name)).toEqual(names(3));
});

it.each(["before-headers", "after-headers", "drip"] as const)("gives up a launch at the end (%s)", async (stall) => {
	const ending = new ManualEnding();
	const fault = cloud.endpoint.faults.add({ action: "RunInstances", stall });
	const launching = cloud.launch({}, 240, cloud.open({ ending }));
	await until(() => fault.held > 0);
	ending.endNow();
	expect((await launching).refusal).toMatchObject({
		kind: "unknown",
		possiblyLaunched: 3,
		message: expect.stringContaining("no whole answer before the run ended"),
	});
});

it("gives up a read at the end", async () => {
	const ending = new ManualEnding();
	const fault = cloud.endpoint.faults.add({ action: "DescribeSubnets", stall: "drip" });
	const reading = cloud.read(QUERY, cloud.open({ ending }));
	await until(() => fault.held > 0);
	ending.endNow();
	await expect(reading).rejects.toMatchObject({ code: "TimeoutError" });
});

it("sends no more launches of a request that takes several calls", async () => {
	const ending = new ManualEnding();
	const pool = { mozType: "bld", slaveset: names(9) };
	const fault = cloud.endpoint.faults.add({ action: "RunInstances", hold: true });
	const opened = cloud.open({ ending });
	const launching = cloud.timer.until(
		opened.launcher.launch(launchRequest({ pool, count: 9, names: names(9) }), cloud.now() + 240, async () => {}),
	);
	await until(() => fault.held === 4);
	ending.stopNow();
	fault.release();
	const { launched, refusal } = await launching;
	expect(launched).toHaveLength(4);
	expect(refusal).toMatchObject({ kind: "timeout", code: "interrupted" });
});
