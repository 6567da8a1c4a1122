/** Metrics over a real socket. */
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sendMetrics } from "../../src/adapters/graphite.ts";
import type { Metric } from "../../src/core/report/metrics.ts";
import { MetricsError } from "../../src/errors.ts";
import { Carbon } from "../harness/carbon.ts";
import { CLOSED_PORT } from "../harness/listen.ts";

const NOW = 1_800_000_000;
const METRICS = [
	{ path: "aws_pending", value: 20 },
	{ path: "need.bld.not_jacuzzied", value: 0 },
];
let carbon: Carbon;
beforeEach(async () => {
	carbon = await Carbon.start();
});
afterEach(() => carbon[Symbol.asyncDispose]());

const send = (overrides: { metrics?: readonly Metric[]; port?: number; timeout?: number } = {}) => {
	const { metrics = METRICS, port = carbon.port, timeout = 10_000 } = overrides;
	return sendMetrics(metrics, { host: "127.0.0.1", port, prefix: "releng.aws" }, NOW, timeout);
};

async function expectError(sending: Promise<void>, message: RegExp): Promise<void> {
	const error: unknown = await sending.catch((reason: unknown) => reason);
	expect(error).toBeInstanceOf(MetricsError);
	expect(String(error)).toMatch(message);
}

describe("metrics", () => {
	it("are sent over one connection, as lines of path, value, and time", async () => {
		await send();
		expect(carbon.received).toEqual([`releng.aws.aws_pending 20 ${NOW}\nreleng.aws.need.bld.not_jacuzzied 0 ${NOW}\n`]);
	});

	it("are sent to a server that responds with text", async () => {
		carbon.behave = (socket) => socket.resume().once("end", () => socket.end("thank you\n"));
		await send();
	});

	it("are sent completely if they exceed the socket buffer", async () => {
		const metrics = Array.from({ length: 100_000 }, (_, index) => ({ path: `need.type-${index}`, value: index }));
		await send({ metrics });
		expect(carbon.received[0]?.match(/^releng\.aws\.need\.type-\d+ \d+ 1800000000\n/gm)).toHaveLength(100_000);
	});
});

describe("an error is thrown, with a remedy, if Graphite", () => {
	it.each<[string, (socket: Socket) => void]>([
		["resets the connection", (socket) => socket.resetAndDestroy()],
		["resets it after reading", (socket) => socket.once("data", () => socket.resetAndDestroy())],
	])("%s", async (_what, behave) => {
		carbon.behave = behave;
		await expectError(
			send(),
			/could not be sent to Graphite at 127\.0\.0\.1:\d+: .*ECONNRESET.* Check .*graphite_host/,
		);
	});

	it("is not listening", async () => {
		await expectError(send({ port: CLOSED_PORT }), /: connect ECONNREFUSED .* Check .*graphite_host/);
	});

	it.each<[string, (socket: Socket) => void]>([
		["reads nothing", (socket) => socket.pause()],
		["does not close", (socket) => socket.resume()],
	])("%s until the timeout", async (_what, behave) => {
		carbon.behave = behave;
		const metrics = Array.from({ length: 100_000 }, (_, index) => ({ path: `need.type-${index}`, value: index }));
		await expectError(send({ metrics, timeout: 100 }), /it timed out after 0\.1 s\. .*Check .*graphite_host/);
	});
});
