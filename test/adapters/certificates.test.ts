import { execFileSync } from "node:child_process";
import {
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type CertificateOptions, HttpsCertificates } from "../../src/adapters/certificates.ts";
import { CertificateError } from "../../src/errors.ts";
import { ManualEnding, NEVER } from "../harness/ending.ts";
import { listen } from "../harness/listen.ts";
import { until } from "../harness/patience.ts";

const tls = (file: string) => readFileSync(resolve(import.meta.dirname, "../harness/tls", file), "utf8");
const authorities = getCACertificates("default");
beforeAll(() => setDefaultCACertificates([...authorities, tls("server.crt")]));
afterAll(() => setDefaultCACertificates(authorities));

const PEM = tls("server.crt");
const OTHER = tls("rds.crt");

let server: Server;
let port: number;
let cacheDir: string;
type Answer = readonly [status: number, body: string, headers?: Readonly<Record<string, string>>];
/** Responses in order; the last one repeats. Null: the connection is reset; `hang`: it stays open without a response. */
let answers: (Answer | "hang" | null)[];
let asked: string[];

beforeEach(async () => {
	answers = [[200, PEM]];
	asked = [];
	cacheDir = join(mkdtempSync(join(tmpdir(), "aws-watch-pending-certs-")), "cached");
	server = createServer({ key: tls("server.key"), cert: tls("server.crt") }, (request, response) => {
		asked.push(request.url ?? "");
		const answer = answers.length > 1 ? answers.shift() : answers[0];
		if (answer === "hang") return;
		if (answer === null || answer === undefined) request.socket.destroy();
		else response.writeHead(answer[0], { connection: "close", ...answer[2] }).end(answer[1]);
	});
	port = await listen(server);
});
afterEach(async () => {
	server.closeAllConnections();
	await new Promise((done) => server.close(done));
	rmSync(resolve(cacheDir, ".."), { recursive: true });
});

const certificates = (pauses: readonly number[] = [1, 1], options: Partial<CertificateOptions> = {}) =>
	new HttpsCertificates({
		url: `https://localhost:${port}/getcert.cgi?{fqdn}`,
		cacheDir,
		timeout: 10_000,
		total: 20_000,
		pauses,
		ending: NEVER,
		...options,
	});

describe("a certificate", () => {
	it("is fetched by host name, and cached with access for its owner only", async () => {
		expect(await certificates().get("bld-001.example.com")).toBe(PEM);
		expect(asked).toEqual(["/getcert.cgi?bld-001.example.com"]);
		const kept = join(cacheDir, "bld-001.example.com");
		expect(readFileSync(kept, "utf8")).toBe(PEM);
		expect(statSync(kept).mode & 0o777).toBe(0o600);
		expect(readdirSync(cacheDir)).toEqual(["bld-001.example.com"]);
	});

	it("is read from the cache folder if it is there", async () => {
		await certificates().get("bld-001.example.com");
		writeFileSync(join(cacheDir, "bld-001.example.com"), OTHER);
		expect(await certificates().get("bld-001.example.com")).toBe(OTHER);
		expect(asked).toHaveLength(1);
	});

	it("is requested again after a server error or a broken connection", async () => {
		answers = [[503, "busy"], null, [200, PEM]];
		expect(await certificates().get("bld-001.example.com")).toBe(PEM);
		expect(asked).toHaveLength(3);
	});

	it.each<[string, (typeof answers)[number], number, RegExp]>([
		["is denied", [403, "no"], 1, /HTTP 403/],
		["is empty", [200, " \n"], 3, /empty/],
		["is a page", [200, "<html><body>Sign in</body></html>"], 1, /not PEM/],
		["is a page around a certificate", [200, `<pre>\n${PEM}</pre>`], 1, /not PEM/],
		["calls itself a page", [200, PEM, { "content-type": "text/html; charset=utf-8" }], 1, /not PEM/],
		["breaks off within a block", [200, PEM.slice(0, -30)], 1, /not PEM/],
		["is longer than any certificate", [200, PEM.repeat(1000)], 1, /longer than 64000 bytes/],
		["never comes", null, 3, /fetch failed/],
	])("that %s is an error, and isn't cached", async (_what, answer, tries, why) => {
		answers = [answer];
		const error: unknown = await certificates()
			.get("bld-001.example.com")
			.catch((reason: unknown) => reason);
		expect(error).toBeInstanceOf(CertificateError);
		expect(String(error)).toMatch(
			/certificate for bld-001\.example\.com could not be fetched from https:\/\/localhost/,
		);
		expect(String(error)).toMatch(why);
		expect(asked).toHaveLength(tries);
		expect(() => readdirSync(cacheDir)).toThrow();
	});

	it("that someone put into the cache folder is an error if it isn't PEM", async () => {
		mkdirSync(cacheDir, { recursive: true });
		writeFileSync(join(cacheDir, "bld-001.example.com"), "<html>");
		await expect(certificates().get("bld-001.example.com")).rejects.toThrow(
			/bld-001\.example\.com is not PEM\. Delete/,
		);
		expect(asked).toEqual([]);
	});

	it.each<[string, (path: string) => void, RegExp]>([
		["a folder", (path) => mkdirSync(path), /found a folder/],
		["a named pipe", (path) => execFileSync("mkfifo", [path]), /found a device, a pipe/],
		["an endless device", (path) => symlinkSync("/dev/zero", path), /found a device, a pipe/],
	])("that is %s in the cache folder is an error at once", async (_what, make, why) => {
		mkdirSync(cacheDir, { recursive: true });
		make(join(cacheDir, "bld-001.example.com"));
		await expect(certificates().get("bld-001.example.com")).rejects.toThrow(why);
		expect(asked).toEqual([]);
	});

	it("isn't requested twice in a tick", async () => {
		answers = [[403, "no"]];
		const both = certificates();
		await expect(both.get("bld-1")).rejects.toThrow(/HTTP 403/);
		await expect(both.get("bld-1")).rejects.toThrow(/HTTP 403/);
		expect(asked).toHaveLength(1);
	});

	it("of up to eight names is requested at a time", async () => {
		answers = ["hang"];
		const manual = new ManualEnding();
		const waiting = certificates([1], { ending: manual });
		const results = Array.from({ length: 40 }, (_, index) =>
			waiting.get(`bld-${index}`).catch((error: unknown) => error),
		);
		await until(() => asked.length >= 8);
		manual.endNow();
		for (const result of await Promise.all(results)) expect(String(result)).toContain("stopped by SIGTERM");
		expect(asked).toHaveLength(8);
	});

	it("isn't requested from a server that did not respond for another name", async () => {
		answers = ["hang"];
		const silent = certificates([1, 1], { timeout: 500, total: 30_000 });
		await expect(silent.get("bld-1")).rejects.toThrow(/timeout/);
		await expect(silent.get("bld-2")).rejects.toThrow(/bld-2 .*timeout/);
		expect(asked.map((url) => url.replace(/.*\?/, ""))).toEqual(["bld-1", "bld-1", "bld-1"]);
	});

	it("takes up to the total time, whatever is left of the attempts", async () => {
		answers = ["hang"];
		await expect(certificates([1, 1], { total: 1_000 }).get("bld-1")).rejects.toThrow(/timeout/);
		expect(asked).toHaveLength(1);
	});

	it.each(["../etc", "a/b", "", ".."])("isn't requested for %j, which is not a host name", async (name) => {
		await expect(certificates().get(name)).rejects.toBeInstanceOf(CertificateError);
		expect(asked).toEqual([]);
	});
});
