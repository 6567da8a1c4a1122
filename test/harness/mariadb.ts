/** A private MariaDB: a folder of its own, a free port on loopback, gone when it is stopped. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { createConnection } from "mysql2/promise";
import { PATH } from "./ensure-mariadb.ts";
import { freePort } from "./listen.ts";

export interface MariaDbAddress {
	/** Its socket on this machine. */
	readonly socketPath: string;
	readonly host: string;
	readonly port: number;
	/** Has all rights. */
	readonly user: string;
	readonly password: string;
}

/** What the server shows of itself: a certificate of `test/harness/tls`, or null: it offers no TLS. */
export type Certificate = "server" | "other" | null;

export interface MariaDb extends MariaDbAddress {
	stop(): Promise<void>;
}

const TLS = resolve(import.meta.dirname, "tls");
/** Has what a URL must percent-encode, what SQL must escape and what is not ASCII. */
const PASSWORD = "p@ss:w/o#r?d%'\"\\ ü";

/** Starts a server and waits until it answers. */
export async function startMariaDb(certificate: Certificate = "server"): Promise<MariaDb> {
	const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-mariadb-"));
	const env = { ...process.env, PATH };
	const user = `--user=${userInfo().username}`;
	const data = join(folder, "data");
	execFileSync(
		"mariadb-install-db",
		["--no-defaults", `--datadir=${data}`, user, "--auth-root-authentication-method=normal"],
		{ env },
	);
	const setup = join(folder, "setup.sql");
	// By its socket and by its port the user comes from different hosts.
	const users = ["%", "localhost"].map(
		(from) =>
			`CREATE USER 'buildbot'@'${from}' IDENTIFIED BY ${quoted(PASSWORD)};\nGRANT ALL ON *.* TO 'buildbot'@'${from}' WITH GRANT OPTION;\n`,
	);
	writeFileSync(setup, `SET NAMES utf8mb4;\n${users.join("")}`);
	const port = await freePort();
	const server = spawn(
		"mariadbd",
		[
			"--no-defaults",
			`--datadir=${data}`,
			user,
			`--port=${port}`,
			"--bind-address=127.0.0.1",
			`--socket=${join(folder, "socket")}`,
			`--init-file=${setup}`,
			"--character-set-server=utf8mb4",
			// Nothing here outlives the process.
			"--innodb-flush-log-at-trx-commit=0",
			"--skip-log-bin",
			...(certificate === null
				? ["--skip-ssl"]
				: [`--ssl-cert=${join(TLS, `${certificate}.crt`)}`, `--ssl-key=${join(TLS, `${certificate}.key`)}`]),
			"--skip-name-resolve",
			// Without it a server does not know what its guests say of themselves.
			"--performance-schema=ON",
		],
		{ env, stdio: ["ignore", "ignore", "pipe"] },
	);
	const address = { socketPath: join(folder, "socket"), host: "127.0.0.1", port, user: "buildbot", password: PASSWORD };
	try {
		await untilItAnswers(server, address);
	} catch (error) {
		server.kill("SIGKILL");
		throw error;
	}
	return {
		...address,
		stop: async () => {
			const closed = new Promise((done) => server.once("close", done));
			server.kill("SIGKILL");
			await closed;
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** The action's `database-url` for a database of this server. */
export function urlOf({ host, port, user, password }: MariaDbAddress, database: string): string {
	return `mysql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(database)}`;
}

let databases = 0;

/** Makes a database of a name that no other has, runs `sql` in it and returns the name. */
export async function createDatabase(server: MariaDbAddress, sql: string): Promise<string> {
	databases += 1;
	const name = `bb_${process.pid}_${databases}`;
	const { host, port, user, password } = server;
	const connection = await createConnection({
		host,
		port,
		user,
		password,
		charset: "utf8mb4_bin",
		multipleStatements: true,
	});
	try {
		await connection.query(`CREATE DATABASE ${name}; USE ${name};\n${sql}`);
	} finally {
		await connection.end();
	}
	return name;
}

async function untilItAnswers(server: ChildProcess, address: MariaDbAddress): Promise<void> {
	const log = { text: "" };
	server.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
		log.text += chunk;
	});
	let ended = false;
	server
		.on("error", () => {
			ended = true;
		})
		.on("close", () => {
			ended = true;
		});
	while (!ended) {
		try {
			const { host, port, user, password } = address;
			const connection = await createConnection({ host, port, user, password });
			await connection.end();
			return;
		} catch (error) {
			// Until it listens, it refuses; whatever else it says, it says for good.
			if (!(error instanceof Error && "code" in error && error.code === "ECONNREFUSED")) throw error;
			await new Promise((next) => setTimeout(next, 20));
		}
	}
	throw new Error(`mariadbd ended before it answered:\n${log.text}`);
}

function quoted(text: string): string {
	return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
