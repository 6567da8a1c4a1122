import { expect, it } from "vitest";
import { type RetryOptions, retry } from "../../src/adapters/retry.ts";

class TransientError extends Error {}

/** Fails with these errors in order, then succeeds. Counts its calls, and records the pauses instead of waiting. */
function scenario(errors: readonly Error[], overrides: Partial<RetryOptions> = {}) {
	const pauses: number[] = [];
	let attempts = 0;
	const result = retry(
		async () => {
			const error = errors[attempts];
			attempts += 1;
			if (error !== undefined) throw error;
			return "done";
		},
		{
			pauses: [500, 2_000],
			isTransient: (error) => error instanceof TransientError,
			sleep: async (milliseconds) => {
				pauses.push(milliseconds);
			},
			...overrides,
		},
	);
	return { result, pauses, attempts: () => attempts };
}

it("returns the result of the first attempt that succeeds, without a pause", async () => {
	const { result, pauses, attempts } = scenario([]);
	expect(await result).toBe("done");
	expect([attempts(), pauses]).toEqual([1, []]);
});

it("pauses before each further attempt, in the order of the pauses", async () => {
	const { result, pauses, attempts } = scenario([new TransientError("1"), new TransientError("2")]);
	expect(await result).toBe("done");
	expect([attempts(), pauses]).toEqual([3, [500, 2_000]]);
});

it("throws the last error once the pauses are used up", async () => {
	const { result, attempts } = scenario(["1", "2", "3", "4"].map((message) => new TransientError(message)));
	await expect(result).rejects.toThrow("3");
	expect(attempts()).toBe(3);
});

it("makes a single attempt if there are no pauses", async () => {
	const { result, attempts } = scenario([new TransientError("1")], { pauses: [] });
	await expect(result).rejects.toThrow("1");
	expect(attempts()).toBe(1);
});

it("throws an error that isn't transient at once", async () => {
	const { result, pauses, attempts } = scenario([new TransientError("1"), new RangeError("2")]);
	await expect(result).rejects.toThrow(RangeError);
	expect([attempts(), pauses]).toEqual([2, [500]]);
});

it("starts no attempt if the signal has already aborted", async () => {
	const { result, attempts } = scenario([], { signal: AbortSignal.abort(new Error("too late")) });
	await expect(result).rejects.toThrow("too late");
	expect(attempts()).toBe(0);
});

it("starts no further attempt if the signal aborts during a pause", async () => {
	const controller = new AbortController();
	const { result, attempts } = scenario([new TransientError("1")], {
		signal: controller.signal,
		sleep: async () => controller.abort(),
	});
	await expect(result).rejects.toThrow("1");
	expect(attempts()).toBe(1);
});

it("doesn't pause if the signal aborted during the attempt", async () => {
	const controller = new AbortController();
	const pauses: number[] = [];
	const attempt = async () => {
		controller.abort();
		throw new TransientError("1");
	};
	const sleep = async (milliseconds: number) => {
		pauses.push(milliseconds);
	};
	await expect(
		retry(attempt, { pauses: [500], isTransient: () => true, signal: controller.signal, sleep }),
	).rejects.toThrow("1");
	expect(pauses).toEqual([]);
});

it("ends a real pause of an hour when the signal aborts", async () => {
	const controller = new AbortController();
	const attempt = async () => {
		setImmediate(() => controller.abort());
		throw new TransientError("1");
	};
	await expect(
		retry(attempt, { pauses: [3_600_000], isTransient: () => true, signal: controller.signal }),
	).rejects.toThrow("1");
});
