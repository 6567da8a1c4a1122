import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { openDatabase } from "../../../src/adapters/buildbot/open.ts";
import { BuildbotPendingSource } from "../../../src/adapters/buildbot/pending.ts";
import { type ServerOptions, ServerStore } from "../../../src/adapters/buildbot/server.ts";
import { DatabaseError } from "../../../src/errors.ts";
import { readAuthorities, tlsModeFor, verifiability } from "../../../src/inputs/database-tls.ts";
import { locationOf } from "../../harness/database-location.ts";
import { type DatabaseServer, type ServerAddress, urlOf } from "../../harness/database-server.ts";
import { listen } from "../../harness/listen.ts";
import { createPostgresqlDatabase } from "../../harness/postgresql.ts";
import { rowsOf, schemaOf } from "../../harness/scheduler-rows.ts";
import { Throttle } from "../../harness/throttle.ts";
import { OPTIONS, SERVERS, serverOptions } from "./servers.ts";

const certificate = (name: string) =>
	readFileSync(resolve(import.meta.dirname, `../../harness/tls/${name}.crt`), "utf8");

type Kind = (typeof SERVERS)[number];

/** An empty database on each server, by its port. */
const databases = new Map<number, Promise<string>>();

function databaseOn(kind: Kind, server: ServerAddress): Promise<string> {
	const known = databases.get(server.port) ?? kind.create(server, schemaOf("0.9.0", kind.dialect));
	databases.set(server.port, known);
	return known;
}

/** Reads with these options. Returns the code of the error, or `read`. */
async function outcome(
	kind: Kind,
	server: ServerAddress,
	overrides: Partial<ServerOptions> & { readonly port?: number; readonly socketPath?: string | null } = {},
): Promise<string> {
	const { port = server.port, socketPath = null, ...options } = overrides;
	const database = await databaseOn(kind, server);
	const store = new ServerStore(
		kind.driver,
		{ ...server, host: "localhost", port, database, socketPath, searchPath: null, ignoredKeys: [] },
		{ ...serverOptions(server.password), tls: "verify-full", ...options },
	);
	try {
		await new BuildbotPendingSource(store).read({ minAge: null, maxAge: null });
		return "read";
	} catch (error) {
		if (error instanceof DatabaseError) return error.code;
		throw error;
	}
}

describe.each(SERVERS)("TLS of $name", (kind) => {
	let other: DatabaseServer;
	let plain: DatabaseServer;
	let expired: DatabaseServer;
	beforeAll(async () => {
		[other, plain, expired] = await Promise.all([kind.start("other"), kind.start(null), kind.start("expired")]);
	});
	afterAll(() => Promise.all([other.stop(), plain.stop(), expired.stop()]));

	it("reads from a server with a valid certificate for its name", async () => {
		expect(await outcome(kind, kind.address(), { authorities: [certificate("server")] })).toBe("read");
	});

	it("says whether a certificate is rejected for its authority, its name, or its date", async () => {
		const words = async (server: ServerAddress, authority: string) => {
			const options = { ...serverOptions(server.password), tls: "verify-full" as const };
			const location = { ...server, host: "localhost", database: "b", socketPath: null, searchPath: null };
			const store = new ServerStore(
				kind.driver,
				{ ...location, ignoredKeys: [] },
				{ ...options, authorities: [certificate(authority)] },
			);
			const error: unknown = await store.withSession("Read from", async () => null).catch((reason: unknown) => reason);
			return error instanceof DatabaseError ? error.message : "read";
		};
		expect(await words(kind.address(), "other")).toMatch(/issued by a CA that is not trusted. Set "database-ca"/);
		expect(await words(other, "other")).toMatch(/is for another name. Use a host name of the certificate/);
		expect(await words(expired, "expired")).toMatch(/has expired. Renew it on the server/);
	});

	it("does not trust a CA that is not configured", async () => {
		expect(await outcome(kind, kind.address())).toBe("tls-untrusted");
		expect(await outcome(kind, kind.address(), { authorities: [certificate("other")] })).toBe("tls-untrusted");
	});

	it("does not trust a valid certificate of another host", async () => {
		expect(await outcome(kind, other, { authorities: [certificate("other")] })).toBe("tls-untrusted");
	});

	it("encrypts without verification if TLS is only required", async () => {
		expect(await outcome(kind, other, { tls: "required" })).toBe("read");
	});

	it.each(["required", "verify-full"] as const)("sends nothing unencrypted if TLS is %s", async (tls) => {
		expect(await outcome(kind, plain, { tls })).toBe("tls-unavailable");
	});
});

describe("the TLS of a URL", () => {
	it.each([
		["mysql://u:p@db.example/b", "verify-full"],
		["mysql://u:p@localhost/b", "disabled"],
		["mysql://u:p@127.0.0.5/b", "disabled"],
		["mysql://u:p@[::1]/b", "disabled"],
		["mysql://u:p@127.example/b", "verify-full"],
		["mysql://u:p@/b?unix_socket=/s", "disabled"],
		["postgresql://u:p@db.example/b", "verify-full"],
		["postgresql://u:p@/b?host=/s", "disabled"],
		["postgresql://u:p@%2Fs/b", "disabled"],
		["postgresql://u:p@/b?host=db.example", "verify-full"],
		["postgresql://u:p@/b?host=s", "verify-full"],
	])("resolves auto for %s to %s", (url, mode) => {
		const location = locationOf(url);
		if (location.kind === "sqlite") throw new Error("no server");
		expect(tlsModeFor("auto", location)).toBe(mode);
		expect(tlsModeFor("required", location)).toBe("required");
	});

	it.each([
		["mysql://u:p@10.1.2.3/b", "ip-address"],
		["mysql://u:p@[2001:db8::1]/b", "ip-address"],
		["mysql://u:p@/b?unix_socket=/s", "socket"],
		["mysql://u:p@db.example/b", "verifiable"],
	])("can be verified for a host name only: %s is %s", (url, kind) => {
		const location = locationOf(url);
		if (location.kind === "sqlite") throw new Error("no server");
		expect(verifiability(location)).toEqual({ kind });
	});

	it("reads CA certificates from text, from a file, and for RDS", async () => {
		const folder = resolve(import.meta.dirname, "../../harness/tls");
		expect(await readAuthorities("server.crt", folder)).toEqual([certificate("server")]);
		expect(await readAuthorities(certificate("server"), "/")).toEqual([certificate("server")]);
		expect((await readAuthorities("rds", "/"))?.length).toBeGreaterThan(10);
		expect(await readAuthorities(null, "/")).toBeUndefined();
		await expect(readAuthorities("nosuch.crt", folder)).rejects.toThrow(
			/"nosuch.crt" can't be used: the file does not exist/,
		);
		await expect(readAuthorities("README.md", folder)).rejects.toThrow(/no PEM certificate/);
	});

	const pem = certificate("server");
	it.each([
		["literal \\n", pem.replaceAll("\n", "\\n"), /\\n as two characters/],
		["quotes", `"${pem}"`, /is in quotes/],
		["no end", pem.slice(0, pem.length / 2), /truncated/],
		["a truncated body", pem.replace(/\n[^-\n]+\n(?=-----END)/, "\n"), /certificate 1 of it is truncated or damaged/],
		["a second certificate that is damaged", `${pem}${pem.replace("MII", "MIJ")}`, /certificate 2 of it/],
		["a private key", "-----BEGIN PRIVATE KEY-----\nMIIs3cret\n-----END PRIVATE KEY-----", /no PEM certificate/],
		["four dashes", pem.replaceAll("-----", "----"), /no PEM certificate/],
		["a body alone", pem.replaceAll(/-----.*-----\n/g, ""), /no PEM certificate/],
		["a body on one line", pem.replaceAll(/-----.*-----|\n/g, "").repeat(2), /no PEM certificate/],
	])("rejects CA certificates with %s without repeating them", async (_what, text, why) => {
		const error: unknown = await readAuthorities(text, "/").catch((reason: unknown) => reason);
		if (!(error instanceof Error)) throw new Error("accepted");
		expect(error.message).toMatch(why);
		expect(error.message.length).toBeLessThan(120);
		expect(error.message).not.toContain("MII");
	});
});

describe.each(SERVERS)("a connection to $name", (kind) => {
	it("can use a socket", async () => {
		const server = kind.address();
		expect(await outcome(kind, server, { tls: "disabled", socketPath: server.socketPath })).toBe("read");
		expect(await outcome(kind, server, { tls: "disabled", socketPath: "/nosuch/socket" })).toBe("connection-refused");
	});

	it("is read-only, and the server enforces the query timeout", async () => {
		const server = kind.address();
		const database = await kind.create(server, "CREATE TABLE a (id INT)");
		const location = { ...server, database, socketPath: null, searchPath: null, ignoredKeys: [] };
		const open = (queryTimeout: number) =>
			new ServerStore(kind.driver, location, { ...serverOptions(server.password), queryTimeout });
		await expect(open(10_000).withSession("Written to", (query) => query("INSERT INTO a VALUES (1)"))).rejects.toThrow(
			/read.only transaction/i,
		);
		const asked = { mysql: "SELECT @@max_statement_time AS t", postgresql: "SHOW statement_timeout" }[kind.dialect];
		const shown = await open(7_000).withSession("Asked", (query) => query(asked));
		expect(JSON.stringify(shown)).toMatch(/"(?:t":"?7(?:\.0+)?"?|statement_timeout":"7s")}/);
	});

	it("is reported as lost wherever it breaks in the answer", async () => {
		const server = kind.address();
		await using proxy = await Throttle.start(server);
		const read = () => outcome(kind, server, { tls: "disabled", port: proxy.port });
		proxy.allowed = Number.POSITIVE_INFINITY;
		expect(await read()).toBe("read");
		const whole = proxy.passed;
		for (let part = 0; part < 24; part += 1) {
			proxy.allowed = Math.floor((part * whole) / 24);
			expect(await read(), `${proxy.allowed} of ${whole} bytes`).toBe("connection-lost");
		}
	});

	it("times out wherever the server stops in the answer", async () => {
		const server = kind.address();
		await using proxy = await Throttle.start(server);
		proxy.allowed = Number.POSITIVE_INFINITY;
		expect(await outcome(kind, server, { tls: "disabled", port: proxy.port })).toBe("read");
		const whole = proxy.passed;
		proxy.breaks = false;
		for (const share of [0, 0.25, 0.5, 0.75, 1]) {
			proxy.allowed = Math.ceil((whole - 1) * share);
			const code = await outcome(kind, server, {
				tls: "disabled",
				port: proxy.port,
				connectTimeout: 200,
				queryTimeout: 200,
				// A timeout must not be retried as a broken connection would be.
				pauses: [1, 1],
			});
			expect(code, `${share}`).toBe("timeout");
		}
	});

	it("is retried as often as configured if it is refused or breaks", async () => {
		const server = kind.address();
		const broken: Socket[] = [];
		let breaks = 2;
		const proxy = createServer((client) => {
			if (breaks > 0) {
				breaks -= 1;
				broken.push(client);
				client.destroy();
				return;
			}
			const upstream = connect(server.port, server.host);
			client.pipe(upstream).pipe(client);
			for (const socket of [client, upstream]) socket.on("error", () => undefined);
			client.on("close", () => upstream.destroy());
		});
		const port = await listen(proxy, "localhost");
		try {
			expect(await outcome(kind, server, { tls: "disabled", port, pauses: [1, 1] })).toBe("read");
			expect(broken).toHaveLength(2);
			breaks = 2;
			expect(await outcome(kind, server, { tls: "disabled", port, pauses: [1] })).toBe("connection-lost");
			breaks = 1;
			expect(await outcome(kind, server, { tls: "disabled", port, pauses: [] })).toBe("connection-lost");
		} finally {
			await new Promise((done) => proxy.close(done));
		}
	});
});

it("a search path in the URL decides which schema of PostgreSQL is read", async () => {
	const server = inject("postgresql");
	const rows = rowsOf("0.9.0", "postgresql", [{ builder: "a" }]);
	const sql = `CREATE SCHEMA bb; SET search_path = bb; ${schemaOf("0.9.0", "postgresql")}\n${rows}`;
	const url = urlOf(server, await createPostgresqlDatabase(server, sql));
	const read = async (parameters: string) => {
		const { pending } = await openDatabase(locationOf(`${url}${parameters}`), OPTIONS);
		return pending.read({ minAge: null, maxAge: null });
	};
	expect((await read("?options=-csearch_path=bb")).builders).toMatchObject([{ builder: "a", count: 1 }]);
	await expect(read("")).rejects.toMatchObject({ code: "not-a-buildbot-database" });
});
