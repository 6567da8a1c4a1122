/** The job summary of a run. */
import { expect, it } from "vitest";
import { parseReport } from "../../scripts/saved-report.ts";
import { plainText } from "../../src/adapters/terminal/text.ts";
import { summarize } from "../../src/summary/summary.ts";
import { Site } from "../harness/site.ts";

const BUILD = "Linux x86-64 mozilla-central build";

it("depends only on the saved report", async () => {
	await using site = await Site.start();
	site.database.submit(BUILD, 30, Math.floor(Date.now() / 1000) - 600);
	site.database.submit("WINNT | <b>build</b>", 2, Math.floor(Date.now() / 1000) - 600);
	site.world.setCapacity("us-west-2a", "c6i.2xlarge", "spot", 2);
	const { exitCode, summary, report } = await site.tick({ "max-launches": "20" });
	expect(exitCode).toBe(0);
	const saved = parseReport(report ?? "");
	// Nothing of it is lost on the way.
	expect(saved).toEqual(JSON.parse(report ?? ""));
	expect(saved.timings.map(({ stage }) => stage)).toEqual(["lock", "pending", "mapping", "read", "plan", "launch"]);
	expect(saved.launches.every(({ spotPrice }) => spotPrice !== null && spotPrice > 0)).toBe(true);
	expect(summary).toBe(`${summarize(saved)}\n`);
	expect(summary).toContain("max-launches of 20 left 20; 20 launched");
});

it("contains no secret, and neither do the report and the outputs", async () => {
	await using site = await Site.start();
	const secret = "sqlite:///state.sqlite";
	site.database.submit(`${BUILD} of ${secret}`, 1, 1_700_000_000);
	const { summary, report, outputs } = await site.tick({ "database-url": secret });
	expect(plainText(summary)).toContain(`${BUILD} of ***`);
	for (const text of [plainText(summary), report, JSON.stringify(outputs)]) expect(text).not.toContain(secret);
});
