import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Allocator, type AllocatorOptions } from "../../../src/adapters/jacuzzi/allocator.ts";
import { FixedAllocations } from "../../../src/adapters/jacuzzi/fixed.ts";
import type { AllocationSource } from "../../../src/tick/ports.ts";
import { ManualEnding, NEVER } from "../../harness/ending.ts";
import { listen } from "../../harness/listen.ts";

const SLAVESETS: Readonly<Record<string, readonly string[]>> = {
	"Linux build": ["w-1", "w-2"],
	"a/b?c %": ["w-3"],
	empty: [],
};

let server: Server;
let url: string;
/** Wrong responses before the right ones, by path. */
let wrong: Map<string, (readonly [status: number, body: string])[]>;
let asked: string[];
/** Paths that get no response. */
let hanging: (path: string) => boolean;
let most: { now: number; ever: number };

beforeEach(async () => {
	wrong = new Map();
	asked = [];
	most = { now: 0, ever: 0 };
	hanging = () => false;
	server = createServer((request, response) => {
		const path = request.url ?? "";
		asked.push(path);
		if (hanging(path)) return;
		most.now += 1;
		most.ever = Math.max(most.ever, most.now);
		const machines =
			path === "/v1/allocated/all"
				? Object.values(SLAVESETS).flat()
				: SLAVESETS[decodeURIComponent(path.replace("/v1/builders/", ""))];
		const [status, body] =
			wrong.get(path)?.shift() ?? (machines === undefined ? [404, "{}"] : [200, JSON.stringify({ machines })]);
		// After a turn of the event loop, so that all concurrent requests have arrived.
		setImmediate(() => {
			most.now -= 1;
			response.writeHead(status, { connection: "close" }).end(body);
		});
	});
	url = `http://127.0.0.1:${await listen(server)}/v1`;
});
afterEach(async () => {
	server.closeAllConnections();
	await new Promise((done) => server.close(done));
});

const allocator = (options: Partial<AllocatorOptions> = {}) =>
	new Allocator({ url, timeout: 10_000, total: 20_000, pauses: [1, 1], ending: NEVER, ...options });

describe.each<[string, () => AllocationSource]>([
	["an allocator", () => allocator()],
	["the configuration", () => new FixedAllocations(SLAVESETS)],
])("jacuzzis of %s", (_what, make) => {
	it("are returned by builder, with all allocated names", async () => {
		const { slavesets, unknown, allocated } = await make().read(["Linux build", "a/b?c %", "empty", "none"]);
		expect(slavesets.get("Linux build")).toEqual(["w-1", "w-2"]);
		expect(slavesets.get("a/b?c %")).toEqual(["w-3"]);
		expect(slavesets.get("empty")).toEqual([]);
		expect(slavesets.has("none")).toBe(false);
		expect(unknown.size).toBe(0);
		expect(allocated).toEqual({ kind: "known", names: new Set(["w-1", "w-2", "w-3"]) });
	});
});

describe("an allocator", () => {
	it("receives one request per distinct builder, up to eight at a time", async () => {
		const names = Array.from({ length: 30 }, (_, index) => `builder ${index % 20}`);
		await allocator().read(names);
		expect(asked).toHaveLength(21);
		expect(most.ever).toBeLessThanOrEqual(8);
	});

	it("receives the request again after an invalid response", async () => {
		wrong.set("/v1/builders/empty", [
			[500, ""],
			[200, "not JSON"],
		]);
		expect((await allocator().read(["empty"])).slavesets.get("empty")).toEqual([]);
	});

	it.each([
		[500, "", /HTTP 500/],
		[200, "[]", /not \{"machines"/],
		[200, "<html>", /not \{"machines"/],
	])("that responds with %i %s leaves that builder unknown, with the reason", async (status, body, why) => {
		wrong.set(
			"/v1/builders/empty",
			Array.from({ length: 3 }, () => [status, body] as const),
		);
		const { slavesets, unknown } = await allocator().read(["empty", "Linux build"]);
		expect(slavesets.has("empty")).toBe(false);
		expect(slavesets.has("Linux build")).toBe(true);
		expect(unknown.get("empty")?.reason).toMatch(why);
	});

	it("that fails to list the allocated names leaves them unknown, not empty", async () => {
		wrong.set(
			"/v1/allocated/all",
			Array.from({ length: 3 }, () => [503, ""] as const),
		);
		expect((await allocator().read(["none"])).allocated).toEqual({
			kind: "unknown",
			reason: `the jacuzzi allocator at ${new URL(url).origin} did not answer: HTTP 503`,
		});
	});

	it("that hangs costs the total time once, whatever the number of builders", async () => {
		hanging = () => true;
		const builders = Array.from({ length: 24 }, (_, index) => `builder ${index}`);
		const { unknown, allocated } = await allocator({ total: 300 }).read(builders);
		expect(unknown.size).toBe(24);
		expect(allocated.kind).toBe("unknown");
		expect(asked).toHaveLength(8);
	});

	it("that did not respond is not asked for the remaining builders", async () => {
		hanging = (path) => path.startsWith("/v1/builders/");
		const builders = Array.from({ length: 24 }, (_, index) => `builder ${index}`);
		const { unknown, allocated } = await allocator({ timeout: 1_000 }).read(builders);
		expect(unknown.size).toBe(24);
		expect(unknown.get("builder 23")?.reason).toMatch(/did not answer: .*timeout$/);
		expect(allocated.kind).toBe("known");
		expect(new Set(asked).size).toBe(9);
	});

	it("that sends without end is read up to a megabyte, and still asked for other builders", async () => {
		wrong.set(
			"/v1/builders/empty",
			Array.from({ length: 3 }, () => [200, " ".repeat(2_000_000)] as const),
		);
		const { slavesets, unknown } = await allocator().read(["empty", "Linux build"]);
		expect(unknown.get("empty")?.reason).toMatch(/longer than 1000000 bytes$/);
		expect(slavesets.has("Linux build")).toBe(true);
	});

	it("is not asked once the tick is stopped", async () => {
		const ending = new ManualEnding();
		ending.stopNow();
		const { unknown } = await allocator({ ending }).read(["empty"]);
		expect(unknown.get("empty")?.reason).toContain("stopped by SIGTERM");
		expect(asked).toEqual([]);
	});
});
