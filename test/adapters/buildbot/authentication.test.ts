import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { mysql } from "../../../src/adapters/buildbot/mysql.ts";
import { postgresql } from "../../../src/adapters/buildbot/postgresql.ts";
import { type ServerOptions, ServerStore } from "../../../src/adapters/buildbot/server.ts";
import { DatabaseError } from "../../../src/errors.ts";
import { hostingOf } from "../../../src/inputs/database-url.ts";
import { TLS } from "../../harness/database-server.ts";
import { listen } from "../../harness/listen.ts";
import { type Handshake, type Heard, mysqlHandshake } from "../../harness/mysql-handshake.ts";
import { SERVERS, serverOptions } from "./servers.ts";

const PASSWORD = "s3cret ü";
const VERIFIED: Partial<ServerOptions> = {
	tls: "verify-full",
	authorities: [readFileSync(join(TLS, "server.crt"), "utf8")],
};

/** What a server with this handshake received, and the code of the error after it closes the connection. */
async function meet(handshake: Handshake, options: Partial<ServerOptions> = {}): Promise<Heard & { code: string }> {
	const { server, heard } = mysqlHandshake(handshake);
	const port = await listen(server, "localhost");
	const location = { kind: "mysql" as const, host: "localhost", port, user: "u", password: "", database: "b" };
	const store = new ServerStore(
		mysql,
		{ ...location, socketPath: null, searchPath: null, ignoredKeys: [] },
		{ ...serverOptions(PASSWORD), ...options },
	);
	try {
		const error: unknown = await store.withSession("Read from", async () => null).catch((reason: unknown) => reason);
		if (!(error instanceof DatabaseError)) throw error;
		expect(error.message).not.toContain("s3cret");
		return { ...heard, code: error.code };
	} finally {
		await new Promise((done) => server.close(done));
	}
}

it("logs in with caching_sha2_password over TLS", async () => {
	expect(await meet({ plugin: "caching_sha2_password", certificate: "server" }, VERIFIED)).toEqual({
		password: PASSWORD,
		encrypted: true,
		code: "connection-lost",
	});
});

it("logs in with caching_sha2_password without TLS, encrypting the password with the server's key", async () => {
	expect(await meet({ plugin: "caching_sha2_password", certificate: null })).toEqual({
		password: PASSWORD,
		encrypted: false,
		code: "connection-lost",
	});
});

it("reports that the driver lacks ed25519", async () => {
	expect(await meet({ plugin: "client_ed25519", certificate: null })).toMatchObject({ code: "auth-plugin" });
});

it("sends no password in clear text, but a token over verified TLS", async () => {
	const plugin = "mysql_clear_password";
	expect(await meet({ plugin, certificate: null })).toMatchObject({ password: null, code: "auth-plugin" });
	expect(await meet({ plugin, certificate: "server" }, VERIFIED)).toMatchObject({
		password: null,
		code: "auth-plugin",
	});
	expect(await meet({ plugin, certificate: "server" }, { ...VERIFIED, cleartext: true })).toMatchObject({
		password: PASSWORD,
		encrypted: true,
	});
});

it.each(SERVERS)("requests the password of $name for each connection", async ({ driver, address }) => {
	const { password, ...server } = address();
	const database = driver === postgresql ? "postgres" : "mysql";
	let asked = 0;
	const options: ServerOptions = {
		...serverOptions(""),
		password: async () => {
			asked += 1;
			return password;
		},
	};
	const store = new ServerStore(
		driver,
		{ ...server, password: "", database, socketPath: null, searchPath: null, ignoredKeys: [] },
		options,
	);
	for (const _ of [1, 2]) await store.withSession("Read from", (query) => query("SELECT 1"));
	expect(asked).toBe(2);
});

it.each([
	["db.c1abc.us-west-2.rds.amazonaws.com", "us-west-2"],
	["db.cluster-c1abc.us-gov-west-1.rds.amazonaws.com", "us-gov-west-1"],
	["db.proxy-c1abc.eu-central-1.rds.amazonaws.com", "eu-central-1"],
	["db.c1abc.cn-north-1.rds.amazonaws.com.cn", "cn-north-1"],
	["db.example", null],
	["db.us-east-1.rds.amazonaws.com.example", null],
])("finds the region of %s: %s", (host, region) => {
	expect(hostingOf(host)).toEqual(region === null ? { kind: "other" } : { kind: "rds", region });
});
