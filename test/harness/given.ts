/** Servers that the environment provides, for example service containers. The tests then start none. */
import type { ServerAddress } from "./database-server.ts";

/**
 * `TEST_DATABASE_URLS`: URLs of servers, separated by spaces, whose users can create databases, for example
 * `mysql://root:password@127.0.0.1:3306`. Empty if there are none.
 */
export function givenServers(): readonly ServerAddress[] {
	const urls = process.env["TEST_DATABASE_URLS"]?.split(/\s+/).filter((url) => url !== "") ?? [];
	return urls.map((text) => {
		const { protocol, hostname: host, port, username, password } = new URL(text);
		const kind = { "mysql:": "mysql", "mariadb:": "mysql", "postgresql:": "postgresql" }[protocol];
		if (kind !== "mysql" && kind !== "postgresql")
			throw new Error(`TEST_DATABASE_URLS must name MySQL, MariaDB, or PostgreSQL servers, not "${protocol}"`);
		const [user, secret] = [username, password].map(decodeURIComponent);
		if (port === "" || user === undefined || secret === undefined)
			throw new Error("TEST_DATABASE_URLS lacks a port: write each URL as kind://user:password@host:port");
		return { kind, host, port: Number(port), user, password: secret, socketPath: "" };
	});
}

/** `TEST_EC2_ENDPOINT`: the URL of an EC2 emulator, for example `http://127.0.0.1:5000`; null if there is none. */
export function givenEndpoint(): string | null {
	return process.env["TEST_EC2_ENDPOINT"] || null;
}
