/** When a run ends: each rule on a stepped clock, with signals of a process that isn't this one. */
import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ProcessEnding } from "../../src/adapters/ending.ts";
import { StoppedError } from "../../src/errors.ts";

class FakeProcess extends EventEmitter {
	exitCode = 0;
	readonly exit = vi.fn();
}

let own: FakeProcess;
beforeEach(() => {
	own = new FakeProcess();
	vi.stubGlobal("process", own);
	vi.useFakeTimers({ toFake: ["setTimeout", "performance"] });
});
afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllGlobals();
});

const codeOf = ({ reason }: AbortSignal) => (reason instanceof StoppedError ? reason.code : null);

it("stops launches at the timeout, and ends calls in flight 25 seconds later", () => {
	const ending = new ProcessEnding(60);
	vi.advanceTimersByTime(59_999);
	expect(ending.stop.aborted).toBe(false);
	vi.advanceTimersByTime(1);
	expect(codeOf(ending.stop)).toBe("timeout");
	vi.advanceTimersByTime(24_999);
	expect(ending.end.aborted).toBe(false);
	vi.advanceTimersByTime(1);
	expect(ending.end.aborted).toBe(true);
});

it("has no timeout of its own in a watch", () => {
	const ending = new ProcessEnding(null);
	expect(vi.getTimerCount()).toBe(0);
	expect(ending.stop.aborted).toBe(false);
});

it.each([
	["SIGINT", 130],
	["SIGTERM", 143],
] as const)("after %s ends calls in flight within 5 seconds, and exits with %i", async (signal, exitCode) => {
	const ending = new ProcessEnding(60);
	own.emit(signal);
	expect(codeOf(ending.stop)).toBe("interrupted");
	vi.advanceTimersByTime(4_999);
	expect(ending.end.aborted).toBe(false);
	vi.advanceTimersByTime(1);
	expect(ending.end.aborted).toBe(true);
	expect(own.exit).not.toHaveBeenCalled();
	await ending.exit();
	expect(own.exit).toHaveBeenCalled();
	expect(own.exitCode).toBe(exitCode);
});

it("exits at once after a second signal, but takes one within 100 milliseconds for the first", () => {
	new ProcessEnding(60);
	own.emit("SIGINT");
	vi.advanceTimersByTime(100);
	own.emit("SIGTERM");
	expect(own.exit).not.toHaveBeenCalled();
	vi.advanceTimersByTime(1);
	own.emit("SIGTERM");
	expect(own.exit).toHaveBeenCalledOnce();
	expect(own.exitCode).toBe(130);
});
