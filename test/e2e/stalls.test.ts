/** How long the packaged action takes if something it calls never answers, and what it does nevertheless. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import type { ActionRun } from "../harness/action.ts";
import { Site } from "../harness/site.ts";
import { type Stall, StallingServer } from "../harness/stalling-server.ts";

const BUILDER = "Linux x86-64 mozilla-central build";
const STALLS: readonly Stall[] = ["before-headers", "after-headers", "drip"];
const ROLE = "arn:aws:iam::111111111111:role/build";
/** Seconds for starting the process and everything that answers, on a busy machine. */
const REST = 15;

const tls = (file: string) => readFileSync(resolve(import.meta.dirname, "../harness/tls", file), "utf8");
const SERVER = { key: tls("server.key"), cert: tls("server.crt") };
const TRUST = { NODE_EXTRA_CA_CERTS: resolve(import.meta.dirname, "../harness/tls/server.crt") };

async function siteWith(more: object = {}): Promise<Site> {
	const site = await Site.start();
	const main = join(site.workspace, "configs/watch_pending.json");
	writeFileSync(main, JSON.stringify({ ...JSON.parse(readFileSync(main, "utf8")), ...more }));
	site.database.submit(BUILDER, 4, site.world.now() - 600);
	return site;
}

async function timed(site: Site, inputs: Readonly<Record<string, string>>, overrides: Partial<ActionRun>) {
	const start = performance.now();
	const result = await site.run(inputs, overrides);
	return { ...result, seconds: (performance.now() - start) / 1000 };
}

describe.concurrent("an answer that never ends", () => {
	it.each(STALLS)("of EC2 in one region (%s) skips it after 30 s, and the others launch", async (stall) => {
		await using site = await siteWith();
		site.endpoint.faults.add({ region: "us-west-2", action: "DescribeInstances", stall });
		const { seconds, outputs, log, exitCode } = await timed(site, {}, {});
		expect(outputs).toMatchObject({ launched: "4" });
		expect(log).toMatch(/::error::Reading the instances of us-west-2 .*skipped in this run/);
		expect(exitCode).toBe(1);
		expect(seconds).toBeLessThan(30 + REST);
	});

	it.each(STALLS)("of STS (%s) skips the role after 12 s, and the others launch", async (stall) => {
		await using site = await siteWith({ roles: { "us-west-2": ROLE } });
		site.endpoint.faults.add({ action: "AssumeRole", stall });
		const { seconds, outputs, log, exitCode } = await timed(site, {}, {});
		expect(outputs).toMatchObject({ launched: "4" });
		expect(log).toMatch(/::error::Assuming the role .*us-west-2 is skipped/);
		expect(exitCode).toBe(1);
		expect(seconds).toBeLessThan(12 + REST);
	});

	it.each(STALLS)("of the allocator (%s) costs 20 s for any number of builders", async (stall) => {
		await using server = await StallingServer.http(stall);
		await using site = await siteWith({ jacuzzi: { url: `http://127.0.0.1:${server.port}` } });
		for (let index = 0; index < 24; index += 1) {
			site.database.submit(`Linux x86-64 branch-${index} build`, 1, site.world.now() - 600);
		}
		const { seconds, outputs, log, exitCode } = await timed(site, {}, {});
		expect(outputs).toMatchObject({ launched: "0" });
		expect(log).toContain("the jacuzzi allocator at");
		expect(exitCode).toBe(1);
		expect(seconds).toBeLessThan(20 + REST);
	});

	it.each(STALLS)("of the server of certificates (%s) costs 20 s for any number of names", async (stall) => {
		await using server = await StallingServer.http(stall, SERVER);
		const certs = { url: `https://localhost:${server.port}/{fqdn}`, cache_dir: "certs" };
		await using site = await siteWith({ certs });
		writeFileSync(join(site.workspace, "configs/bld-linux64.user-data"), "{certs}");
		const { seconds, outputs, log, exitCode } = await timed(site, {}, { environment: TRUST });
		expect(outputs).toMatchObject({ launched: "0" });
		expect(log).toMatch(/::error::The certificate for bld-linux64-ec2-001\S* could not be fetched/);
		expect(exitCode).toBe(1);
		expect(seconds).toBeLessThan(20 + REST);
	});

	it("of GitHub's API costs 5 s", async () => {
		await using server = await StallingServer.http("drip");
		await using site = await siteWith();
		const environment = {
			GITHUB_API_URL: `http://127.0.0.1:${server.port}`,
			GITHUB_WORKFLOW_REF: "example/builds/.github/workflows/watch.yml@refs/heads/main",
		};
		const { seconds, outputs, exitCode } = await timed(site, { "github-token": "ghs_token" }, { environment });
		expect(outputs).toMatchObject({ launched: "4" });
		expect(exitCode).toBe(0);
		expect(seconds).toBeLessThan(5 + REST);
	});

	it("of Graphite costs 10 s", async () => {
		await using server = await StallingServer.silent((onSocket) => createServer({ allowHalfOpen: true }, onSocket));
		await using site = await siteWith({
			graphite_host: "127.0.0.1",
			graphite_port: server.port,
			graphite_prefix: "test",
		});
		const { seconds, outputs, log, exitCode } = await timed(site, {}, {});
		expect(outputs).toMatchObject({ launched: "4" });
		expect(log).toContain("::warning::The metrics could not be sent to Graphite");
		expect(exitCode).toBe(0);
		expect(seconds).toBeLessThan(10 + REST);
	});

	it("of the database ends the run after 10 s", async () => {
		await using server = await StallingServer.silent((onSocket) => createServer(onSocket));
		await using site = await siteWith();
		const inputs = { "database-url": `mysql://user:pw@127.0.0.1:${server.port}/db` };
		const { seconds, outputs, log, summary, exitCode } = await timed(site, inputs, {});
		expect(outputs["launched"]).toBeUndefined();
		expect(log).toMatch(/::error::The lock could not be taken .* it timed out/);
		expect(summary).toContain("timeout");
		expect(exitCode).toBe(1);
		expect(seconds).toBeLessThan(10 + REST);
	});

	it.each(STALLS)(
		"to a launch (%s) ends the run within 30 s of timeout, with what may have launched",
		async (stall) => {
			await using site = await siteWith();
			site.endpoint.faults.add({ action: "RunInstances", stall });
			const { seconds, outputs, report, exitCode } = await timed(site, { timeout: "10" }, {});
			expect(outputs).toMatchObject({ launched: "0" });
			expect(JSON.parse(report ?? "{}").pools).toMatchObject([{ possiblyLaunched: 4 }]);
			expect(exitCode).toBe(1);
			expect(seconds).toBeLessThan(10 + 30 + REST);
		},
	);
});
