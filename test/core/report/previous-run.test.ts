import { describe, expect, it } from "vitest";
import { latenessWarning } from "../../../src/core/report/previous-run.ts";

describe("lateness", () => {
	it.each([
		[900, 300, false],
		[901, 300, true],
		[100_000, null, false],
		[0, 300, false],
	])("of a gap of %i s with %s s expected is reported: %s", (gapSeconds, expectedSeconds, late) => {
		expect(latenessWarning({ gapSeconds, expectedSeconds }) !== null).toBe(late);
	});

	it.each([
		[1860, 300, "in the last 31 min, although one is scheduled every 5 min."],
		[7200, 1800, "in the last 2 h, although one is scheduled every 30 min."],
		[15_300, 3600, "in the last 4 h 15 min, although one is scheduled every 1 h."],
	])("of a gap of %i s is described, with a remedy", (gapSeconds, expectedSeconds, words) => {
		const message = latenessWarning({ gapSeconds, expectedSeconds });
		expect(message).toContain(words);
		expect(message).toContain("move the cron");
	});
});
