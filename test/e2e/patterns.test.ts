/**
 * Patterns that run away, in the packaged action. Without a bound, they would take minutes. The bound itself is tested on
 * a stepped clock.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Site } from "../harness/site.ts";

it("patterns that run away do not hold up a tick, and builders of earlier patterns are served", async () => {
	await using site = await Site.start();
	const submittedAt = Math.floor(Date.now() / 1000) - 600;
	site.database.submit("Linux x86-64 mozilla-central build", 2, submittedAt);
	for (let index = 0; index < 60; index += 1) site.database.submit(`${"a".repeat(40)}!${index}`, 1, submittedAt);
	const file = join(site.workspace, "configs/watch_pending.json");
	const config = JSON.parse(readFileSync(file, "utf8"));
	for (let index = 0; index < 30; index += 1) config.buildermap[`(${index}|a+)+$`] = "bld-linux64";
	writeFileSync(file, JSON.stringify(config));
	const { report, exitCode, outputs } = await site.run();
	expect(exitCode).toBe(0);
	expect(outputs).toMatchObject({ launched: "2", unmatched: "60" });
	const { failures } = JSON.parse(report ?? "{}");
	expect(failures[0]).toMatchObject({ stage: "mapping", code: "pattern-timeout" });
});
