/** A private MariaDB. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type Connection, createConnection } from "mysql2/promise";
import {
	type Certificate,
	type DatabaseServer,
	newDatabaseName,
	PASSWORD,
	type ServerAddress,
	startServer,
	TLS,
} from "./database-server.ts";
import { PATH } from "./ensure-servers.ts";

/** Starts a server and waits until it answers. */
export async function startMariaDb(certificate: Certificate = "server"): Promise<DatabaseServer> {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-mariadb-"));
	// In a shared temporary folder, another server would delete this one's files when it starts.
	const env = { ...process.env, PATH, TMPDIR: folder };
	const user = `--user=${userInfo().username}`;
	const data = join(folder, "data");
	execFileSync(
		"mariadb-install-db",
		["--no-defaults", `--datadir=${data}`, user, "--auth-root-authentication-method=normal"],
		{ env },
	);
	const setup = join(folder, "setup.sql");
	// The host differs between connections by socket and by port.
	const users = ["%", "localhost"].map(
		(from) =>
			`CREATE USER 'buildbot'@'${from}' IDENTIFIED BY ${quoted(PASSWORD)};\nGRANT ALL ON *.* TO 'buildbot'@'${from}' WITH GRANT OPTION;\n`,
	);
	writeFileSync(setup, `SET NAMES utf8mb4;\n${users.join("")}`);
	const socketPath = join(folder, "socket");
	return startServer({
		options: { env },
		folder,
		at: (port) => ({
			command: [
				"mariadbd",
				"--no-defaults",
				`--datadir=${data}`,
				user,
				`--port=${port}`,
				"--bind-address=127.0.0.1",
				`--socket=${socketPath}`,
				`--init-file=${setup}`,
				"--character-set-server=utf8mb4",
				// No data outlives the process, so none needs to be durable.
				"--innodb-flush-log-at-trx-commit=0",
				"--skip-log-bin",
				...(certificate === null
					? ["--skip-ssl"]
					: [`--ssl-cert=${join(TLS, `${certificate}.crt`)}`, `--ssl-key=${join(TLS, `${certificate}.key`)}`]),
				"--skip-name-resolve",
				// Provides the connection attributes that clients send.
				"--performance-schema=ON",
			],
			address: { kind: "mysql", socketPath, host: "127.0.0.1", port, user: "buildbot", password: PASSWORD },
		}),
		probe: async ({ user: name, password }) => (await createConnection({ socketPath, user: name, password })).end(),
		// The socket exists before the server listens to it.
		notYet: ["ENOENT", "ECONNREFUSED"],
	});
}

/** A connection with all privileges that accepts several statements at once. */
export async function connectMariaDb(address: ServerAddress): Promise<Connection> {
	const { host, port, user, password } = address;
	return createConnection({ host, port, user, password, charset: "utf8mb4_bin", multipleStatements: true });
}

/** Creates a database with a unique name, runs `sql` in it, and returns the name. */
export async function createMariaDbDatabase(server: ServerAddress, sql: string): Promise<string> {
	const name = newDatabaseName();
	const connection = await connectMariaDb(server);
	try {
		await connection.query(`CREATE DATABASE ${name}; USE ${name};\n${sql}`);
	} finally {
		await connection.end();
	}
	return name;
}

function quoted(text: string): string {
	return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
