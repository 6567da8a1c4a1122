/** A private PostgreSQL. */
import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import {
	type Certificate,
	type DatabaseServer,
	newDatabaseName,
	PASSWORD,
	type ServerAddress,
	startServer,
	TLS,
} from "./database-server.ts";
import { PATH, postgresqlFolder } from "./ensure-servers.ts";

/** Starts a server and waits until it answers. */
export async function startPostgresql(certificate: Certificate = "server"): Promise<DatabaseServer> {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-postgresql-"));
	const options = { env: { PATH, LC_ALL: "C.UTF-8" }, cwd: folder, ...ownerOf(folder) };
	const data = join(folder, "data");
	const passwordFile = join(folder, "password");
	writeFileSync(passwordFile, PASSWORD);
	execFileSync(
		join(postgresqlFolder(), "initdb"),
		[
			`--pgdata=${data}`,
			"--username=buildbot",
			`--pwfile=${passwordFile}`,
			"--auth=scram-sha-256",
			"--encoding=UTF8",
			"--no-sync",
		],
		{ ...options, stdio: ["ignore", "ignore", "pipe"] },
	);
	const tls = certificate === null ? [] : ["-cssl=on", ...certificateIn(folder, certificate, options.uid)];
	return startServer({
		options,
		folder,
		at: (port) => ({
			command: [
				join(postgresqlFolder(), "postgres"),
				`-D${data}`,
				`-p${port}`,
				"-clisten_addresses=127.0.0.1",
				`-cunix_socket_directories=${folder}`,
				// No data outlives the process, so none needs to be durable.
				"-cfsync=off",
				// In its folder, since a killed server can't remove it elsewhere.
				"-cdynamic_shared_memory_type=mmap",
				...tls,
			],
			address: {
				kind: "postgresql",
				socketPath: folder,
				host: "127.0.0.1",
				port,
				user: "buildbot",
				password: PASSWORD,
			},
		}),
		probe: async (address) => (await connectPostgresql({ ...address, host: folder }, "postgres")).end(),
		// It has no socket until it listens, and then briefly answers that it is starting up.
		notYet: ["ENOENT", "ECONNREFUSED", "57P03"],
	});
}

/** A connection with all privileges. */
export async function connectPostgresql(address: ServerAddress, database: string): Promise<pg.Client> {
	const { host, port, user, password } = address;
	const client = new pg.Client({ host, port, user, password, database, ssl: false });
	await client.connect();
	return client;
}

/** Creates a database with a unique name, runs `sql` in it, and returns the name. */
export async function createPostgresqlDatabase(server: ServerAddress, sql: string): Promise<string> {
	const name = newDatabaseName();
	for (const [database, statements] of [
		["postgres", `CREATE DATABASE ${name}`],
		[name, sql],
	] as const) {
		const client = await connectPostgresql(server, database);
		try {
			await client.query(statements);
		} finally {
			await client.end();
		}
	}
	return name;
}

/** PostgreSQL refuses to run as root. In that case, it runs as the user that its package created. */
function ownerOf(folder: string): { readonly uid?: number; readonly gid?: number } {
	if (process.getuid?.() !== 0) return {};
	const [uid = 0, gid = 0] = ["-u", "-g"].map((flag) =>
		Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" })),
	);
	chownSync(folder, uid, gid);
	return { uid, gid };
}

/** Copies of the certificate and its key: the server's user must own them, and nobody else may read them. */
function certificateIn(folder: string, name: Exclude<Certificate, null>, uid: number | undefined): readonly string[] {
	return (["crt", "key"] as const).map((kind) => {
		const copy = join(folder, `server.${kind}`);
		writeFileSync(copy, readFileSync(join(TLS, `${name}.${kind}`)), { mode: 0o600 });
		if (uid !== undefined) chownSync(copy, uid, -1);
		return `-cssl_${kind === "crt" ? "cert" : "key"}_file=${copy}`;
	});
}
