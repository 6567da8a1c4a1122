import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Budget, TokenBucket } from "../../../src/adapters/ec2/budget.ts";
import { DeadlineError } from "../../../src/adapters/ec2/errors.ts";
import { SteppedTimer } from "../../harness/stepped-timer.ts";

const never = Number.POSITIVE_INFINITY;
const RATE = { capacity: 10, perSecond: 2 };

/** When each of `count` calls may be made, in milliseconds, if all come at once. */
async function turns(count: number, take: (budget: Budget) => Promise<void>): Promise<readonly number[]> {
	const timer = new SteppedTimer();
	const budget = new Budget(timer);
	const each = Array.from({ length: count }, async () => {
		await take(budget);
		return timer.now();
	});
	return timer.until(Promise.all(each));
}

describe("the budget of a region", () => {
	it.each([
		["RunInstances", 4, 1.95],
		["CreateTags", 95, 9.8],
		["DescribeImages", 90, 19.5],
	])("lets %s go %i times at once, then %d times a second", async (action, burst, perSecond) => {
		const times = await turns(burst + 3, (budget) => budget.take(action, never));
		expect(times.slice(0, burst)).toEqual(Array.from({ length: burst }, () => 0));
		for (const [index, time] of times.slice(burst).entries()) {
			expect(time).toBeCloseTo((1000 * (index + 1)) / perSecond, 6);
		}
	});

	it("lets a thousand instances be launched by one call, and the next call wait for what it took", async () => {
		const [first, second] = await turns(2, (budget) => budget.takeInstances(1000, never));
		expect(first).toBe(0);
		expect(second).toBeCloseTo((1000 * 1000) / 1.95, 6);
		const [, small] = await (async () => {
			const timer = new SteppedTimer();
			const budget = new Budget(timer);
			await budget.takeInstances(1000, never);
			await timer.until(budget.takeInstances(1, never));
			return [null, timer.now()] as const;
		})();
		expect(small).toBeCloseTo((1000 * 2) / 1.95, 6);
	});

	it.each([
		["RunInstances", 5, 2],
		["CreateTags", 100, 10],
		["DescribeImages", 100, 20],
	])("is not throttled for %s if calls take up to half a second to arrive", async (action, capacity, perSecond) => {
		const pauses = fc.array(fc.record({ calls: fc.nat(150), pause: fc.nat(20_000) }), { minLength: 1, maxLength: 5 });
		await fc.assert(
			fc.asyncProperty(pauses, fc.infiniteStream(fc.nat(500)), async (some, delays) => {
				const timer = new SteppedTimer();
				const budget = new Budget(timer);
				const arrivals: number[] = [];
				const calls: Promise<unknown>[] = [];
				const call = async () => {
					await budget.take(action, never);
					arrivals.push(timer.now() + (delays.next().value ?? 0));
				};
				for (const one of some) {
					for (let count = 0; count < one.calls; count += 1) calls.push(call());
					await timer.until(timer.sleep(one.pause));
				}
				await timer.until(Promise.all(calls));
				let level = capacity;
				let last = 0;
				for (const arrival of arrivals.toSorted((a, b) => a - b)) {
					level = Math.min(capacity, level + ((arrival - last) / 1000) * perSecond) - 1;
					last = arrival;
					expect(level).toBeGreaterThanOrEqual(-1e-6);
				}
			}),
			{ numRuns: 25 },
		);
	});

	it("keeps actions apart", async () => {
		const timer = new SteppedTimer();
		const budget = new Budget(timer);
		for (let call = 0; call < 4; call += 1) await budget.take("RunInstances", never);
		await budget.take("CreateTags", never);
		expect(timer.now()).toBe(0);
	});
});

describe("a bucket", () => {
	it("is empty after throttling, and fills half as fast, down to an eighth", async () => {
		const timer = new SteppedTimer();
		const bucket = new TokenBucket(RATE, timer);
		bucket.slowDown(0);
		await timer.until(bucket.take(1, never));
		expect(timer.now()).toBe(1000);
		for (let time = 0; time < 9; time += 1) {
			await timer.until(timer.sleep(1));
			bucket.slowDown(timer.now());
		}
		const before = timer.now();
		await timer.until(bucket.take(1, never));
		expect(timer.now() - before).toBe(4000);
	});

	it("counts throttling of calls that were in flight together once", async () => {
		const timer = new SteppedTimer();
		const bucket = new TokenBucket(RATE, timer);
		for (let call = 0; call < 50; call += 1) bucket.slowDown(0);
		await timer.until(bucket.take(1, never));
		expect(timer.now()).toBe(1000);
	});

	it("recovers by a sixteenth with each success that was sent after throttling", async () => {
		const timer = new SteppedTimer();
		const bucket = new TokenBucket({ capacity: 1, perSecond: 1 }, timer);
		bucket.slowDown(0);
		for (let call = 0; call < 50; call += 1) bucket.speedUp(0);
		await timer.until(bucket.take(1, never));
		expect(timer.now()).toBe(2000);
		for (let call = 0; call < 4; call += 1) bucket.speedUp(timer.now());
		await timer.until(bucket.take(1, never));
		expect(timer.now()).toBeCloseTo(2000 + 1000 / 0.75);
		for (let call = 0; call < 50; call += 1) bucket.speedUp(timer.now());
		const before = timer.now();
		await timer.until(bucket.take(1, never));
		expect(timer.now() - before).toBeCloseTo(1000);
	});

	it("serves those who wait as soon as tokens are given back", async () => {
		const timer = new SteppedTimer();
		const bucket = new TokenBucket(RATE, timer);
		await bucket.take(10, never);
		const waiting = bucket.take(10, never);
		bucket.refund(10);
		await waiting;
		expect(timer.now()).toBe(0);
	});

	it("never holds more than its capacity, whatever is given back", async () => {
		const timer = new SteppedTimer();
		const bucket = new TokenBucket(RATE, timer);
		bucket.refund(10);
		await bucket.take(10, never);
		await timer.until(bucket.take(1, never));
		expect(timer.now()).toBe(500);
	});

	it("rejects a wait that would outlast the deadline at once, and serves the next", async () => {
		const timer = new SteppedTimer();
		const bucket = new TokenBucket(RATE, timer);
		await bucket.take(9, never);
		const late = bucket.take(5, 1999);
		const small = bucket.take(1, 1999);
		await expect(late).rejects.toThrow(DeadlineError);
		await small;
		expect(timer.now()).toBe(0);
	});

	it("rejects those whose turn throttling moves past their deadline", async () => {
		const timer = new SteppedTimer();
		const bucket = new TokenBucket(RATE, timer);
		await bucket.take(10, never);
		const waiting = bucket.take(2, 1500);
		bucket.slowDown(0);
		await expect(waiting).rejects.toThrow(DeadlineError);
		expect(timer.now()).toBe(0);
	});

	it("forgets those who stop waiting, and serves the next", async () => {
		const timer = new SteppedTimer();
		const bucket = new TokenBucket(RATE, timer);
		await bucket.take(9, never);
		const stopped = new AbortController();
		const waiting = bucket.take(5, never, stopped.signal);
		const small = bucket.take(1, never);
		stopped.abort();
		await expect(waiting).rejects.toThrow(DeadlineError);
		await small;
		await expect(bucket.take(1, never, stopped.signal)).rejects.toThrow(DeadlineError);
		expect(timer.now()).toBe(0);
	});

	it("gives nothing from the deadline on", async () => {
		const timer = new SteppedTimer();
		const bucket = new TokenBucket(RATE, timer);
		await expect(bucket.take(1, 0)).rejects.toThrow(DeadlineError);
	});

	it("never lets more go in any span of time than it holds and gets back in it", async () => {
		const steps = fc.array(fc.record({ count: fc.integer({ min: 1, max: 7 }), pause: fc.nat(4000) }), {
			maxLength: 20,
		});
		await fc.assert(
			fc.asyncProperty(steps, async (some) => {
				const timer = new SteppedTimer();
				const bucket = new TokenBucket(RATE, timer);
				const granted: { readonly at: number; readonly count: number }[] = [];
				const all: Promise<unknown>[] = [];
				for (const { count, pause } of some) {
					all.push(bucket.take(count, never).then(() => granted.push({ at: timer.now(), count })));
					await timer.until(timer.sleep(pause));
				}
				await timer.until(Promise.all(all));
				for (const [index, { at: from }] of granted.entries()) {
					let sum = 0;
					for (const { at, count } of granted.slice(index)) {
						sum += count;
						expect(sum).toBeLessThanOrEqual(RATE.capacity + ((at - from) / 1000) * RATE.perSecond + 1e-3);
					}
				}
			}),
			{ numRuns: 50 },
		);
	});
});
