/** Signals to the packaged action and command line while calls are in flight. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FaultHandle } from "../ec2-endpoint/faults.ts";
import type { ActionResult } from "../harness/action.ts";
import { runCli } from "../harness/cli.ts";
import { until } from "../harness/patience.ts";
import { Site } from "../harness/site.ts";

const BUILDER = "Linux x86-64 mozilla-central build";
const REGIONS = ["us-east-1", "us-west-2"];
/** Never takes effect, so that the machines are those of the first launch. */
const SECOND_LAUNCH = { action: "RunInstances", skip: 1, effect: "none" } as const;

let site: Site;
beforeEach(async () => {
	site = await Site.start();
	site.database.submit(BUILDER, 4, site.world.now() - 600);
	// The best placement has two of four, so that another one is needed.
	for (const region of REGIONS) site.world.setCapacity(`${region}a`, "c6a.2xlarge", "spot", 2);
});
afterEach(() => site[Symbol.asyncDispose]());

type Kill = (signal?: NodeJS.Signals) => void;
const machines = () => REGIONS.flatMap((region) => site.world.instances(region));
const launchesOf = ({ report }: ActionResult) => JSON.parse(report ?? "{}").launches;

/** Runs the packaged action, and sends it a signal once the fault holds a call. */
async function runUntilHeld(fault: FaultHandle, signal: NodeJS.Signals): Promise<ActionResult> {
	const { promise: started, resolve } = Promise.withResolvers<Kill>();
	const running = site.run({}, { onStart: resolve });
	const kill = await started;
	await until(() => fault.held > 0);
	kill(signal);
	return running;
}

describe("a signal while launches are in flight", () => {
	it.each([
		["SIGTERM", 143, "before-headers"],
		["SIGINT", 130, "drip"],
	] as const)("%s ends the run with %i, and everything launched is reported", async (signal, exitCode, stall) => {
		const fault = site.endpoint.faults.add({ ...SECOND_LAUNCH, stall });
		const result = await runUntilHeld(fault, signal);
		expect(result.exitCode).toBe(exitCode);
		expect(machines()).toHaveLength(2);
		for (const { instanceId } of machines()) expect(result.log).toContain(instanceId);
		expect(launchesOf(result)).toHaveLength(2);
		expect(result.outputs).toMatchObject({ needed: "4", launched: "2" });
		expect(result.log).toMatch(/TimeoutError.*may have launched/);
		expect(result.log).toContain(`::error::The run was stopped by ${signal}.`);
		expect(result.summary).not.toBe("");
	});

	it("allows a call in flight to be answered, and starts no other", async () => {
		const fault = site.endpoint.faults.add({ action: "RunInstances", hold: true });
		const { promise: started, resolve } = Promise.withResolvers<Kill>();
		// In this process the run has met the signal when `kill` returns, so that the answer comes after it.
		const running = site.tick({}, { onStart: resolve });
		const kill = await started;
		await until(() => fault.held > 0);
		kill("SIGTERM");
		fault.release();
		const result = await running;
		expect(result.exitCode).toBe(143);
		expect(launchesOf(result)).toHaveLength(machines().length);
		expect(machines()).toHaveLength(2);
		expect(site.endpoint.journal.calls("RunInstances")).toHaveLength(1);
		for (const { instanceId, tags } of machines()) {
			expect(result.log).toContain(instanceId);
			expect(tags["Name"]).toBeDefined();
		}
	});
});

it("a signal while EC2 is read launches nothing, and is reported", async () => {
	const fault = site.endpoint.faults.add({ action: "DescribeSubnets", stall: "after-headers" });
	const result = await runUntilHeld(fault, "SIGTERM");
	expect(result.exitCode).toBe(143);
	expect(site.endpoint.journal.calls("RunInstances")).toEqual([]);
	expect(result.outputs).toMatchObject({ pending: "4", launched: "0" });
	expect(result.log).toContain("::error::The run was stopped by SIGTERM.");
});

it("a second signal ends the run at once, without its report", async () => {
	const fault = site.endpoint.faults.add({ action: "RunInstances", hold: true });
	const { promise: started, resolve } = Promise.withResolvers<Kill>();
	const running = site.run({}, { onStart: resolve });
	const kill = await started;
	await until(() => fault.held > 0);
	kill("SIGINT");
	// A signal that closely follows the first counts as the same.
	const repeated = setInterval(() => kill("SIGTERM"), 50);
	const result = await running.finally(() => clearInterval(repeated));
	expect(result.exitCode).toBe(130);
	expect(result).toMatchObject({ outputs: {}, summary: "" });
});

it("a signal ends the command line in the same way, with its summary and log file written", async () => {
	writeFileSync(join(site.workspace, "secrets.json"), JSON.stringify({ db: "sqlite:///state.sqlite" }));
	const fault = site.endpoint.faults.add({ ...SECOND_LAUNCH, stall: "before-headers" });
	const { promise: started, resolve } = Promise.withResolvers<Kill>();
	const running = runCli({
		folder: site.workspace,
		arguments: ["-c", "configs/watch_pending.json", "-k", "secrets.json"],
		environment: site.endpoint.environment,
		onStart: (kill) => resolve((signal) => kill(signal ?? "SIGKILL")),
	});
	const kill = await started;
	await until(() => fault.held > 0);
	kill("SIGTERM");
	const { exitCode, output, errorOutput } = await running;
	expect(exitCode).toBe(143);
	expect(output).toContain("needed");
	expect(errorOutput).toContain("error: The run was stopped by SIGTERM.");
	for (const { instanceId } of machines()) expect(errorOutput).toContain(instanceId);
});
