/** Names by launch index over a socket: user data, tag, and reported name agree, whatever happens on the way. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Cloud } from "../../../src/adapters/ec2/open.ts";
import { parseUserData } from "../../../src/config/user-data.ts";
import type { Outcome } from "../../../src/core/launch/outcome.ts";
import { adopt } from "../../../src/core/plan/adoption.ts";
import { FreeNames } from "../../../src/core/plan/names.ts";
import { placement, policy, typeConfig } from "../../core/facts.ts";
import { hidingDamages } from "../../ec2-endpoint/damage.ts";
import type { FaultEffect } from "../../ec2-endpoint/faults.ts";
import type { WorldInstance } from "../../ec2-endpoint/world.ts";
import { names, QUERY, useCloud } from "./cloud.ts";

const cloud = useCloud();

function typesOf(text = "{names}", tags: Readonly<Record<string, string>> = {}, domain: string | null = null) {
	const type = typeConfig("bld", ["us-west-2"], "bld-%d");
	const regions = Object.fromEntries(
		Object.entries(type.regions).map(([region, config]) => [region, { ...config, tags, domain }]),
	);
	const { template, diagnostics } = parseUserData(text, "bld.user-data");
	expect(diagnostics).toEqual([]);
	return { bld: { ...type, regions, userData: template } };
}
const open = (...args: Parameters<typeof typesOf>) => cloud.open({ policy: { types: typesOf(...args) } });
const userData = ({ userData: text }: WorldInstance) => Buffer.from(text ?? "", "base64").toString();
/** The name that the machine finds in its user data. */
const nameByIndex = (one: WorldInstance) => userData(one).split("\n")[one.launchIndex];
const tagOf = ({ tags }: WorldInstance) => tags["Name"];
const finish = (opened: Cloud) => cloud.timer.until(opened.launcher.finishNaming());

/** What the next run does with machines that have no `Name` tag. */
async function adoptInNextRun(): Promise<void> {
	const opened = open();
	const now = cloud.now() + 120;
	const { instances } = await cloud.read({}, opened);
	const taken = instances.flatMap(({ name }) => name ?? []);
	const free = new FreeNames(taken, new Set());
	const adoptions = adopt({ instances, mozTypes: ["bld"], policy: policy({ types: typesOf() }), names: free, now });
	for (const one of adoptions) await cloud.timer.until(opened.launcher.adopt(one, now + 240));
}

it("launches named machines in one call and tags each with the name at its launch index", async () => {
	cloud.endpoint.faults.add({ action: "RunInstances", damage: { kind: "reversed" } });
	const opened = open("{names}", {}, "example.com");
	const { launched, refusal, namingFailures } = await cloud.launch({ count: 40, names: names(40) }, 240, opened);
	expect({ refusal, namingFailures }).toEqual({ refusal: null, namingFailures: [] });
	expect(cloud.calls("RunInstances")).toHaveLength(1);
	expect(await finish(opened)).toEqual([]);
	const running = cloud.running();
	expect(running.map(tagOf)).toEqual(running.map(nameByIndex));
	expect(running.map(tagOf)).toEqual(names(40));
	expect(running.map(({ tags }) => tags["FQDN"])).toEqual(names(40).map((name) => `${name}.example.com`));
	// The answer has the machines in reverse.
	expect(launched.map(({ name }) => name)).toEqual(names(40).reverse());
	for (const { instanceId, name } of launched) {
		expect(running.find((one) => one.instanceId === instanceId)?.tags["Name"]).toBe(name);
	}
});

it("does not wait for tags before it reports the machines", async () => {
	const fault = cloud.endpoint.faults.add({ action: "CreateTags", hold: true });
	const opened = open();
	const { launched } = await opened.launcher.launch(
		{
			pool: { mozType: "bld", slaveset: null },
			placement: placement(),
			count: 3,
			names: names(3),
			ordinal: 0,
		},
		cloud.now() + 240,
		async () => {},
	);
	expect(launched.map(({ name }) => name)).toEqual(names(3));
	expect(cloud.running().map(tagOf)).toEqual([undefined, undefined, undefined]);
	fault.release();
	await finish(opened);
	expect(cloud.running().map(tagOf)).toEqual(names(3));
});

it("launches a slaveset in one call if its machines find their names in the user data", async () => {
	const opened = open();
	const pool = { mozType: "bld", slaveset: ["alice", "bob", "carol"] };
	await cloud.launch({ pool, names: pool.slaveset }, 240, opened);
	expect(cloud.calls("RunInstances")).toHaveLength(1);
	await finish(opened);
	expect(cloud.running().map(tagOf)).toEqual(pool.slaveset);
	expect(cloud.running().map(nameByIndex)).toEqual(pool.slaveset);
});

it("counts a machine under its name before it is tagged", async () => {
	cloud.endpoint.faults.add({ action: "CreateTags", throttle: true });
	await cloud.launch({ names: names(3) }, 240, open());
	const { instances } = await cloud.read();
	expect(instances.map(({ name, lacksNameTag }) => [name, lacksNameTag])).toEqual(names(3).map((name) => [name, true]));
});

describe("a batch", () => {
	it("has as many machines as the 16 KB of user data have room for", async () => {
		cloud.world.setFreeAddresses("us-west-2", "subnet-us-west-2a", 2000);
		const long = Array.from({ length: 400 }, (_, index) => `bld-${String(index).padStart(4, "0")}`);
		const opened = open("#!/bin/sh\n{fqdns}\n", {}, "a-rather-long-domain.build.example.com");
		const { launched, refusal } = await cloud.launch({ count: 400, names: long }, 240, opened);
		expect(refusal).toBeNull();
		expect(launched).toHaveLength(400);
		expect(cloud.calls("RunInstances").map(({ flat }) => flat["MaxCount"])).toEqual(["341", "59"]);
		await finish(opened);
		for (const one of cloud.running()) {
			const lines = userData(one).split("\n").slice(1);
			expect(lines[one.launchIndex]).toBe(one.tags["FQDN"]);
		}
	});

	it.each([
		["its type", 43, 0],
		["its type and its launch template", 3, 40],
	])("has as many machines as its tags can hold names of beside those of %s", async (_whose, own, templateTags) => {
		const unlike = Array.from({ length: 300 }, (_, index) => `w${(index * 7919) % 100_003}-${index}-x`);
		const tags = Object.fromEntries(Array.from({ length: own }, (_, index) => [`tag-${index}`, "x"]));
		cloud.world.setFreeAddresses("us-west-2", "subnet-us-west-2a", 2000);
		const opened = open("{names}", tags);
		const request = { count: 300, names: unlike, placement: placement({ templateTags }) };
		const { launched } = await cloud.launch(request, 240, opened);
		expect(launched).toHaveLength(300);
		expect(cloud.calls("RunInstances").length).toBeGreaterThan(10);
		await finish(opened);
		expect(cloud.running().map(tagOf)).toEqual(unlike);
		expect(cloud.running().map(nameByIndex)).toEqual(unlike);
	});

	it("is split by a quota, with the names from the first on", async () => {
		cloud.region().quotas = { instances: 11 };
		const opened = open();
		const { launched } = await cloud.launch({ count: 40, names: names(40) }, 240, opened);
		await finish(opened);
		expect(launched.map(({ name }) => name)).toEqual(names(11));
		expect(cloud.running().map(nameByIndex)).toEqual(names(11));
		expect(cloud.running().map(tagOf)).toEqual(names(11));
	});
});

it("leaves what can't be tagged by the deadline to the next run, under the same names", async () => {
	cloud.endpoint.faults.add({ action: "CreateTags", skip: 1, throttle: true });
	const opened = open();
	const { launched } = await cloud.launch({ count: 5, names: names(5) }, 30, opened);
	const late = await finish(opened);
	expect(late.map(({ code }) => code).filter((code) => code !== "timeout" && code !== "RequestLimitExceeded")).toEqual(
		[],
	);
	expect(launched.map(({ name }) => name)).toEqual(names(5));
	expect(cloud.running().flatMap((one) => tagOf(one) ?? [])).toHaveLength(1);
	cloud.endpoint.faults.clear();
	await adoptInNextRun();
	expect(cloud.running().map(tagOf)).toEqual(names(5));
});

it("gives no other name to a machine whose names can't be read", async () => {
	cloud.world.addInstance({
		region: "us-west-2",
		mozType: "bld",
		age: 900,
		tags: { "moz-created": "1", "moz-names": "a:9-1:" },
	});
	await adoptInNextRun();
	expect(cloud.running().map(tagOf)).toEqual([undefined]);
});

it("skips a region in which a machine's launch index is missing", async () => {
	cloud.endpoint.faults.add({ action: "CreateTags", throttle: true });
	await cloud.launch({ names: names(3) }, 30, open());
	cloud.endpoint.faults.add({ action: "DescribeInstances", damage: { kind: "without", element: "amiLaunchIndex" } });
	await expect(cloud.read(QUERY)).rejects.toThrow("launch index");
});

describe("tag, name by index, and reported name agree", () => {
	const damages = {
		...hidingDamages("RunInstances"),
		"lacks the launch indexes": { kind: "without", element: "amiLaunchIndex" },
		"repeats a launch index": { kind: "with", element: "amiLaunchIndex", content: "1" },
		"has an impossible launch index": { kind: "with", element: "amiLaunchIndex", content: "1000" },
		"has a launch index that is no number": { kind: "with", element: "amiLaunchIndex", content: "x" },
		"is reversed": { kind: "reversed" },
	} as const;

	async function check(outcome: Outcome): Promise<void> {
		for (const { instanceId, name } of outcome.launched) {
			const one = cloud.running().find((running) => running.instanceId === instanceId);
			if (one === undefined) throw new Error(`${instanceId} does not run`);
			if (name !== null) expect(name).toBe(nameByIndex(one));
		}
		const tagged = cloud.running().filter((one) => tagOf(one) !== undefined);
		expect(tagged.map(tagOf)).toEqual(tagged.map(nameByIndex));
		cloud.endpoint.faults.clear();
		await adoptInNextRun();
		expect(cloud.running().map(tagOf)).toEqual(cloud.running().map(nameByIndex));
		const all = cloud.running().map(tagOf);
		expect(new Set(all).size).toBe(all.length);
	}

	it.each(Object.entries(damages))("if the answer to a launch %s", async (_what, damage) => {
		cloud.endpoint.faults.add({ action: "RunInstances", damage });
		const opened = open();
		const outcome = await cloud.launch({ count: 4, names: names(4) }, 30, opened);
		await finish(opened);
		await check(outcome);
		expect(cloud.running()).toHaveLength(4);
	});

	it("at every kill point, in every part of a batch", async () => {
		const effects: FaultEffect[] = [
			{ reset: "before" },
			{ reset: "after" },
			{ throttle: true },
			{ error: { code: "InternalError", status: 500 } },
			...Object.values(damages).map((damage) => ({ damage })),
		];
		const mishap = fc.record({
			action: fc.constantFrom("RunInstances", "CreateTags"),
			skip: fc.nat(8),
			times: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
			effect: fc.constantFrom(...effects),
		});
		await fc.assert(
			fc.asyncProperty(
				fc.record({
					count: fc.integer({ min: 1, max: 12 }),
					capacity: fc.nat(14),
					quota: fc.option(fc.nat(12), { nil: undefined }),
					mishaps: fc.array(mishap, { maxLength: 3 }),
					slaveset: fc.boolean(),
				}),
				async ({ count, capacity, quota, mishaps, slaveset }) => {
					await cloud.start();
					cloud.world.setCapacity("us-west-2a", "c6i.xlarge", "spot", capacity);
					if (quota !== undefined) cloud.region().quotas = { instances: quota };
					for (const { effect, times, ...fault } of mishaps) {
						cloud.endpoint.faults.add({ ...fault, ...(times === undefined ? {} : { times }), ...effect });
					}
					const opened = open();
					const pool = { mozType: "bld", slaveset: slaveset ? names(count) : null };
					const outcome = await cloud.launch({ pool, count, names: names(count) }, 20, opened);
					await finish(opened);
					expect(cloud.running().length).toBeLessThanOrEqual(count);
					await check(outcome);
				},
			),
			{ numRuns: 60 },
		);
	}, 120_000);
});
