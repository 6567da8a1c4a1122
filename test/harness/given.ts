/** Servers that the environment gives the tests, which then start none of their own: service containers, above all. */
import type { ServerAddress } from "./database-server.ts";

/**
 * `TEST_DATABASE_URLS`: servers whose users may create databases, split on blanks, such as
 * `mysql://root:password@127.0.0.1:3306`. Empty: none is given.
 */
export function givenServers(): readonly ServerAddress[] {
	const urls = process.env["TEST_DATABASE_URLS"]?.split(/\s+/).filter((url) => url !== "") ?? [];
	return urls.map((text) => {
		const { protocol, hostname: host, port, username, password } = new URL(text);
		const kind = { "mysql:": "mysql", "mariadb:": "mysql", "postgresql:": "postgresql" }[protocol];
		if (kind !== "mysql" && kind !== "postgresql")
			throw new Error(`TEST_DATABASE_URLS has ${protocol}, which is no server`);
		const [user, secret] = [username, password].map(decodeURIComponent);
		if (port === "" || user === undefined || secret === undefined)
			throw new Error("TEST_DATABASE_URLS must name ports");
		return { kind, host, port: Number(port), user, password: secret, socketPath: "" };
	});
}

/** `TEST_EC2_ENDPOINT`: the URL of an emulator of EC2, such as `http://127.0.0.1:5000`; null: none is given. */
export function givenEndpoint(): string | null {
	return process.env["TEST_EC2_ENDPOINT"] || null;
}
