/** Half a simulated day of watches and ticks with random faults; `npm run bench -- soak` runs a week. */
import { expect, it } from "vitest";
import { soak } from "../harness/soak.ts";

it("accounts for every machine over half a day of watches, ticks, and faults, and serves every request", async () => {
	const { ticks, launched, unlisted, mishaps, problems, waits, left } = await soak({ days: 0.5, seed: 2, scale: 1 });
	expect(problems).toEqual([]);
	expect(left).toBe(0);
	// The half day was not an idle one.
	expect(ticks).toBeGreaterThan(50);
	expect(launched).toBeGreaterThan(50);
	expect(unlisted).toBeGreaterThan(0);
	expect(mishaps).toBeGreaterThan(30);
	expect(waits.length).toBeGreaterThan(200);
}, 240_000);
