/** A private database server in a folder and on a free port of loopback, both released when it stops. */
import { type SpawnOptions, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { freePort } from "./listen.ts";

export interface ServerAddress {
	readonly kind: "mysql" | "postgresql";
	/** The Unix socket; for PostgreSQL, the folder that contains it. */
	readonly socketPath: string;
	readonly host: string;
	readonly port: number;
	/** A user with all privileges. */
	readonly user: string;
	readonly password: string;
}

/** The server's certificate in `test/harness/tls`; null if it offers no TLS. */
export type Certificate = "server" | "other" | "expired" | null;

export interface DatabaseServer extends ServerAddress {
	stop(): Promise<void>;
}

/** The folder of the certificates. */
export const TLS = resolve(import.meta.dirname, "tls");
/** Contains characters that a URL must percent-encode, that SQL must escape, and that are not ASCII. */
export const PASSWORD = "p@ss:w/o#r?d%'\"\\ ü";

/** The action's `database-url` for a database of this server. */
export function urlOf({ kind, host, port, user, password }: ServerAddress, database: string): string {
	return `${kind}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(database)}`;
}

let databases = 0;

/** A unique name for a database. */
export function newDatabaseName(): string {
	databases += 1;
	return `bb_${process.pid}_${databases}`;
}

interface Startup {
	readonly options: Pick<SpawnOptions, "env" | "uid" | "gid">;
	/** The server's own. */
	readonly folder: string;
	/** What to run for a port. */
	readonly at: (port: number) => { readonly command: readonly string[]; readonly address: ServerAddress };
	/** Connects once, by the socket in the folder: at the port, another server may answer. */
	readonly probe: (address: ServerAddress) => Promise<void>;
	/** Codes of `probe`'s errors while the server is starting. */
	readonly notYet: readonly string[];
}

/** Starts a server and waits until it answers. If its port is taken meanwhile, it starts at another. */
export async function startServer(startup: Startup): Promise<DatabaseServer> {
	for (;;) {
		const server = await startAt(await freePort(), startup);
		if (server !== null) return server;
	}
}

/** Null: the port is taken. */
async function startAt(port: number, { options, folder, at, probe, notYet }: Startup): Promise<DatabaseServer | null> {
	const { command, address } = at(port);
	const [program = "", ...rest] = command;
	const server = spawn(program, rest, { ...options, stdio: ["ignore", "ignore", "pipe"] });
	const log = { text: "", ended: false };
	server.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
		log.text += chunk;
	});
	for (const event of ["error", "close"]) {
		server.on(event, () => {
			log.ended = true;
		});
	}
	const stop = async () => {
		const closed = new Promise((done) => server.once("close", done));
		if (!log.ended) {
			server.kill("SIGKILL");
			await closed;
		}
		rmSync(folder, { recursive: true, force: true });
	};
	while (!log.ended) {
		try {
			await probe(address);
			return { ...address, stop };
		} catch (error) {
			if (!(error instanceof Error && "code" in error && notYet.includes(String(error.code)))) {
				await stop();
				throw error;
			}
			await new Promise((next) => setTimeout(next, 20));
		}
	}
	if (log.text.includes("Address already in use")) return null;
	await stop();
	throw new Error(`${program} exited before it accepted a connection:\n${log.text}`);
}
