import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { resolve } from "node:path";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { MysqlPendingSource } from "../../../src/adapters/buildbot/mysql.ts";
import { type MysqlOptions, MysqlServer } from "../../../src/adapters/buildbot/mysql-server.ts";
import { readAuthorities, tlsModeFor, whyUnverifiable } from "../../../src/adapters/buildbot/tls.ts";
import { parseDatabaseUrl } from "../../../src/adapters/buildbot/url.ts";
import { DatabaseError } from "../../../src/errors.ts";
import { listen } from "../../harness/listen.ts";
import { createDatabase, type MariaDb, type MariaDbAddress, startMariaDb } from "../../harness/mariadb.ts";
import { schemaOf } from "./contract.ts";

const certificate = (name: string) =>
	readFileSync(resolve(import.meta.dirname, `../../harness/tls/${name}.crt`), "utf8");

/** Reads by these options; the code of what went wrong, or `read`. */
async function outcome(
	server: MariaDbAddress,
	overrides: Partial<MysqlOptions> & { readonly port?: number; readonly socketPath?: string | null } = {},
): Promise<string> {
	const { port = server.port, socketPath = null, ...options } = overrides;
	const database = await createDatabase(server, schemaOf("0.9.0", "mysql"));
	const { user, password } = server;
	const source = new MysqlPendingSource(
		new MysqlServer(
			{ kind: "mysql", host: "localhost", port, user, password, database, socketPath, ignoredKeys: [] },
			{
				connectTimeout: 5_000,
				queryTimeout: 5_000,
				pauses: [],
				tls: "verify-full",
				authorities: undefined,
				attributes: {},
				...options,
			},
		),
	);
	try {
		await source.read({ minAge: null, maxAge: null });
		return "read";
	} catch (error) {
		if (error instanceof DatabaseError) return error.code;
		throw error;
	}
}

describe("TLS", () => {
	let other: MariaDb;
	let plain: MariaDb;
	beforeAll(async () => {
		[other, plain] = await Promise.all([startMariaDb("other"), startMariaDb(null)]);
	});
	afterAll(() => Promise.all([other.stop(), plain.stop()]));

	it("reads from a server whose certificate and name are right", async () => {
		expect(await outcome(inject("mariaDb"), { authorities: [certificate("server")] })).toBe("read");
	});

	it("does not trust an authority that it was not told of", async () => {
		expect(await outcome(inject("mariaDb"))).toBe("tls-untrusted");
		expect(await outcome(inject("mariaDb"), { authorities: [certificate("other")] })).toBe("tls-untrusted");
	});

	it("does not trust a good certificate of another host", async () => {
		expect(await outcome(other, { authorities: [certificate("other")] })).toBe("tls-untrusted");
	});

	it("encrypts without asking who it is where only that is required", async () => {
		expect(await outcome(other, { tls: "required" })).toBe("read");
	});

	it.each(["required", "verify-full"] as const)("sends nothing in the clear where it is %s", async (tls) => {
		expect(await outcome(plain, { tls })).toBe("tls-unavailable");
	});

	it.each([
		["mysql://u:p@db.example/b", "verify-full"],
		["mysql://u:p@localhost/b", "disabled"],
		["mysql://u:p@127.0.0.5/b", "disabled"],
		["mysql://u:p@[::1]/b", "disabled"],
		["mysql://u:p@127.example/b", "verify-full"],
		["mysql://u:p@/b?unix_socket=/s", "disabled"],
	])("is decided for %s: %s", (url, mode) => {
		const location = parseDatabaseUrl(url);
		if (location.kind !== "mysql") throw new Error("no MySQL");
		expect(tlsModeFor("auto", location)).toBe(mode);
		expect(tlsModeFor("required", location)).toBe("required");
	});

	it("cannot verify an address or a socket", () => {
		const why = (url: string) => {
			const location = parseDatabaseUrl(url);
			return location.kind === "mysql" ? whyUnverifiable(location) : null;
		};
		expect(why("mysql://u:p@10.1.2.3/b")).toMatch(/give its name/);
		expect(why("mysql://u:p@/b?unix_socket=/s")).toMatch(/socket/);
		expect(why("mysql://u:p@db.example/b")).toBeNull();
	});

	it("takes authorities as text, as a file, and those of RDS", async () => {
		const folder = resolve(import.meta.dirname, "../../harness/tls");
		expect(await readAuthorities("server.crt", folder)).toEqual([certificate("server")]);
		expect(await readAuthorities(certificate("server"), "/")).toEqual([certificate("server")]);
		expect((await readAuthorities("rds", "/"))?.length).toBeGreaterThan(10);
		expect(await readAuthorities(null, "/")).toBeUndefined();
		await expect(readAuthorities("nosuch.crt", folder)).rejects.toThrow(/nosuch/);
		await expect(readAuthorities("README.md", folder)).rejects.toThrow(/no certificate in PEM form/);
	});
});

describe("a guest of the database", () => {
	it("comes by a socket too", async () => {
		const server = inject("mariaDb");
		expect(await outcome(server, { tls: "disabled", socketPath: server.socketPath, port: 1 })).toBe("read");
		expect(await outcome(server, { tls: "disabled", socketPath: "/nosuch/socket" })).toBe("connection-refused");
	});

	it("may only read, and is stopped by the server in time", async () => {
		const server = inject("mariaDb");
		const database = await createDatabase(server, schemaOf("0.9.0", "mysql"));
		const { host, port, user, password } = server;
		const connection = await createConnection({ host, port, user, password });
		await connection.query("SET GLOBAL general_log = 1, GLOBAL log_output = 'TABLE'");
		const source = new MysqlPendingSource(
			new MysqlServer(
				{ kind: "mysql", host, port, user, password, database, socketPath: null, ignoredKeys: [] },
				{
					connectTimeout: 5_000,
					queryTimeout: 7_000,
					pauses: [],
					tls: "disabled",
					authorities: undefined,
					attributes: {},
				},
			),
		);
		await source.read({ minAge: null, maxAge: null });
		await connection.query("SET GLOBAL general_log = 0");
		const [logged] = await connection.query(
			"SELECT CONVERT(argument USING utf8mb4) AS argument FROM mysql.general_log",
		);
		await connection.end();
		const text = JSON.stringify(logged);
		expect(text).toContain("SET SESSION TRANSACTION READ ONLY");
		expect(text).toContain("max_statement_time = 7");
	});

	it("says that the connection broke wherever in the answer it breaks", async () => {
		const server = inject("mariaDb");
		let allowed = 0;
		const proxy = createServer((client) => {
			const upstream = connect(server.port, server.host);
			let passed = 0;
			client.pipe(upstream);
			upstream.on("data", (chunk: Buffer) => {
				client.write(chunk.subarray(0, Math.max(0, allowed - passed)));
				passed += chunk.length;
				if (passed > allowed) client.destroy();
			});
			for (const socket of [client, upstream]) socket.on("error", () => undefined);
			client.on("close", () => upstream.destroy());
			upstream.on("close", () => client.destroy());
		});
		const port = await listen(proxy, "localhost");
		const codes = new Set<string>();
		try {
			for (allowed = 0; !codes.has("read"); allowed += 50) {
				codes.add(await outcome(server, { tls: "disabled", port }));
			}
			expect([...codes].toSorted()).toEqual(["connection-lost", "read"]);
		} finally {
			await new Promise((done) => proxy.close(done));
		}
	});

	it("tries again where the connection is refused or breaks, and no further than it was told", async () => {
		const server = inject("mariaDb");
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
			expect(await outcome(server, { tls: "disabled", port, pauses: [1, 1] })).toBe("read");
			expect(broken).toHaveLength(2);
			breaks = 2;
			expect(await outcome(server, { tls: "disabled", port, pauses: [1] })).toBe("connection-lost");
			breaks = 1;
			expect(await outcome(server, { tls: "disabled", port, pauses: [] })).toBe("connection-lost");
		} finally {
			await new Promise((done) => proxy.close(done));
		}
	});
});
