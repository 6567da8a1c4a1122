import { expect, it } from "vitest";
import { Stopwatch } from "../../src/tick/stopwatch.ts";

it("measures each stage to the millisecond, including one that throws", async () => {
	let elapsed = 1_000;
	const stopwatch = new Stopwatch({ now: () => 0, elapsed: () => elapsed });
	const step = (milliseconds: number) => async () => {
		elapsed += milliseconds;
		return milliseconds;
	};
	expect(await stopwatch.time("read", step(1234.4))).toBe(1234.4);
	await expect(
		stopwatch.time("launch", async () => {
			elapsed += 5;
			throw new RangeError("x");
		}),
	).rejects.toThrow(RangeError);
	expect(stopwatch.timings).toEqual([
		{ stage: "read", seconds: 1.234 },
		{ stage: "launch", seconds: 0.005 },
	]);
});
