/** The packaged action tells Graphite of a tick. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Carbon } from "../harness/carbon.ts";
import { readCommands } from "../harness/runner-commands.ts";
import { Site } from "../harness/site.ts";

const BUILD = "Linux x86-64 mozilla-central build";
let site: Site;
let carbon: Carbon;
beforeEach(async () => {
	[site, carbon] = await Promise.all([Site.start(), Carbon.start()]);
	const path = join(site.workspace, "configs/watch_pending.json");
	const config = JSON.parse(readFileSync(path, "utf8"));
	const graphite = { graphite_host: "127.0.0.1", graphite_port: carbon.port, graphite_prefix: "releng.aws" };
	writeFileSync(path, JSON.stringify({ ...config, ...graphite }));
});
afterEach(() => Promise.all([site[Symbol.asyncDispose](), carbon[Symbol.asyncDispose]()]));

const submit = (builder: string, count: number) => site.database.submit(builder, count, 1_700_000_000);
/** Paths and values, without prefix and time. */
const received = () =>
	Object.fromEntries(
		carbon.received
			.join("")
			.split("\n")
			.flatMap((line) => {
				const [, path, value] = /^releng\.aws\.(\S+) (\d+) \d{10}$/.exec(line) ?? [];
				return path === undefined ? [] : [[path, Number(value)]];
			}),
	);

it("sends pending, needed, running, and started counts", async () => {
	submit(BUILD, 7);
	submit("WINNT 5.2 mozilla-central build", 2);
	site.world.addInstance({
		region: "us-west-2",
		mozType: "tst-linux64",
		lifecycle: "spot",
		instanceType: "m1.medium",
		virtualizationType: "paravirtual",
		rootDeviceType: "instance-store",
	});
	const { exitCode, log } = await site.run();
	expect(exitCode).toBe(0);
	expect(received()).toEqual({
		pending: 9,
		aws_pending: 7,
		"need.bld-linux64.not_jacuzzied": 7,
		"running.us-west-2.tst-linux64.m1-medium.spot.paravirtual.instance-store": 1,
		"started.us-east-1.bld-linux64.c6a-2xlarge.spot.hvm.ebs": 7,
	});
	expect(readCommands(log).lines).toContain(`Sent 5 metrics to Graphite at 127.0.0.1:${carbon.port}.`);
});

it("sends zeros if nothing is pending", async () => {
	await site.tick();
	expect(received()).toEqual({ pending: 0, aws_pending: 0 });
});

it("sends nothing in a dry run or if the database can't be read", async () => {
	submit(BUILD, 7);
	await site.tick({ mode: "dry-run" });
	await site.tick({ "database-url": "sqlite:///nosuch.sqlite" });
	expect(carbon.received).toEqual([]);
});

it("only warns if Graphite fails", async () => {
	submit(BUILD, 7);
	carbon.behave = (socket) => socket.resetAndDestroy();
	const { exitCode, log, outputs, summary } = await site.tick();
	expect(exitCode).toBe(0);
	const annotations = readCommands(log).commands.filter(({ name }) => ["notice", "warning", "error"].includes(name));
	expect(annotations).toMatchObject([
		{ name: "warning", data: expect.stringMatching(/^The metrics could not be sent to Graphite at 127\.0\.0\.1:/) },
	]);
	expect(outputs).toMatchObject({ launched: "7", shortfall: "0" });
	expect(summary).toMatch(/^## ✅ \d+ pending requests? = 7 launched/);
});
