/** How long the packaged action takes if something it calls never answers, and what it does nevertheless. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { HTTP, HTTPS } from "../faults/protocols.ts";
import type { ActionRun } from "../harness/action.ts";
import { FaultyServer } from "../harness/faulty-server.ts";
import { PATIENCE } from "../harness/patience.ts";
import { Site } from "../harness/site.ts";

const BUILDER = "Linux x86-64 mozilla-central build";

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
	it("of the allocator costs 20 s for any number of builders", async () => {
		await using server = await FaultyServer.start("drips", HTTP);
		await using site = await siteWith({ jacuzzi: { url: `http://127.0.0.1:${server.port}` } });
		for (let index = 0; index < 24; index += 1) {
			site.database.submit(`Linux x86-64 branch-${index} build`, 1, site.world.now() - 600);
		}
		const { seconds, outputs, log, exitCode } = await timed(site, {}, {});
		expect(outputs).toMatchObject({ launched: "0" });
		expect(log).toContain("the jacuzzi allocator at");
		expect(exitCode).toBe(1);
		expect(seconds).toBeLessThan(20 + PATIENCE);
	});

	it("of the server of certificates costs 20 s for any number of names", async () => {
		await using server = await FaultyServer.start("drips", HTTPS);
		const certs = { url: `https://localhost:${server.port}/{fqdn}`, cache_dir: "certs" };
		await using site = await siteWith({ certs });
		writeFileSync(join(site.workspace, "configs/bld-linux64.user-data"), "{certs}");
		const { seconds, outputs, log, exitCode } = await timed(site, {}, { environment: TRUST });
		expect(outputs).toMatchObject({ launched: "0" });
		expect(log).toMatch(/::error::The certificate for bld-linux64-ec2-001\S* could not be fetched/);
		expect(exitCode).toBe(1);
		expect(seconds).toBeLessThan(20 + PATIENCE);
	});
});
