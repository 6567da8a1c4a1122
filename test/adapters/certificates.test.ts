import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HttpsCertificates } from "../../src/adapters/certificates.ts";
import { CertificateError } from "../../src/errors.ts";
import { listen } from "../harness/listen.ts";

const tls = (file: string) => readFileSync(resolve(import.meta.dirname, "../harness/tls", file), "utf8");
const authorities = getCACertificates("default");
beforeAll(() => setDefaultCACertificates([...authorities, tls("server.crt")]));
afterAll(() => setDefaultCACertificates(authorities));

let server: Server;
let port: number;
let cacheDir: string;
/** Responses in order; the last one repeats. Null: the connection is reset. */
let answers: (readonly [status: number, body: string] | null)[];
let asked: string[];

beforeEach(async () => {
	answers = [[200, "certificate of a host"]];
	asked = [];
	cacheDir = join(mkdtempSync(join(tmpdir(), "aws-watch-pending-certs-")), "cached");
	server = createServer({ key: tls("server.key"), cert: tls("server.crt") }, (request, response) => {
		asked.push(request.url ?? "");
		const answer = answers.length > 1 ? answers.shift() : answers[0];
		if (answer === null || answer === undefined) request.socket.destroy();
		else response.writeHead(answer[0], { connection: "close" }).end(answer[1]);
	});
	port = await listen(server);
});
afterEach(async () => {
	server.closeAllConnections();
	await new Promise((done) => server.close(done));
	rmSync(resolve(cacheDir, ".."), { recursive: true });
});

const certificates = (pauses: readonly number[] = [1, 1]) =>
	new HttpsCertificates({
		url: `https://localhost:${port}/getcert.cgi?{fqdn}`,
		cacheDir,
		timeout: 10_000,
		pauses,
	});

describe("a certificate", () => {
	it("is fetched by host name, and cached with access for its owner only", async () => {
		expect(await certificates().get("bld-001.example.com")).toBe("certificate of a host");
		expect(asked).toEqual(["/getcert.cgi?bld-001.example.com"]);
		const kept = join(cacheDir, "bld-001.example.com");
		expect(readFileSync(kept, "utf8")).toBe("certificate of a host");
		expect(statSync(kept).mode & 0o777).toBe(0o600);
		expect(readdirSync(cacheDir)).toEqual(["bld-001.example.com"]);
	});

	it("is read from the cache folder if it is there", async () => {
		await certificates().get("bld-001.example.com");
		writeFileSync(join(cacheDir, "bld-001.example.com"), "from the folder");
		expect(await certificates().get("bld-001.example.com")).toBe("from the folder");
		expect(asked).toHaveLength(1);
	});

	it("is requested again after a server error or a broken connection", async () => {
		answers = [[503, "busy"], null, [200, "at last"]];
		expect(await certificates().get("bld-001.example.com")).toBe("at last");
		expect(asked).toHaveLength(3);
	});

	it.each<[string, (typeof answers)[number], number, RegExp]>([
		["is denied", [403, "no"], 1, /HTTP 403/],
		["is empty", [200, " \n"], 3, /empty/],
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

	it.each(["../etc", "a/b", "", ".."])("isn't requested for %j, which is not a host name", async (name) => {
		await expect(certificates().get(name)).rejects.toBeInstanceOf(CertificateError);
		expect(asked).toEqual([]);
	});
});
