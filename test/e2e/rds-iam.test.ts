/** A token of IAM instead of a password, from the action's inputs to the server's ears. */
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { TLS } from "../harness/database-server.ts";
import { listen } from "../harness/listen.ts";
import { mysqlHandshake } from "../harness/mysql-handshake.ts";
import { Site } from "../harness/site.ts";

const HOST = "db.c1abc.us-west-2.rds.amazonaws.com";
/** Lets a name of AWS stand for this machine, in the action's process. */
const RESOLVE = `--import data:text/javascript,${encodeURIComponent(
	`import dns from "node:dns"; import { syncBuiltinESMExports } from "node:module";
	const lookup = dns.lookup;
	dns.lookup = (host, ...rest) => lookup(host.endsWith(".rds.amazonaws.com") ? "127.0.0.1" : host, ...rest);
	syncBuiltinESMExports();`,
)}`;

let site: Site;
beforeEach(async () => {
	site = await Site.start();
});
afterEach(() => site[Symbol.asyncDispose]());

it("connects only to the server of the region in its host name", async () => {
	const { server, heard } = mysqlHandshake({ plugin: "mysql_clear_password", certificate: "rds" });
	const port = await listen(server);
	const result = await site.run(
		{
			"database-url": `mysql://buildbot@${HOST}:${port}/bb`,
			"database-auth": "rds-iam",
			"database-ca": join(TLS, "rds.crt"),
		},
		{ environment: { NODE_OPTIONS: RESOLVE } },
	);
	await new Promise((done) => server.close(done));
	const token = new URL(`https://${heard.password}`);
	expect(token.host).toBe(`${HOST}:${port}`);
	expect(Object.fromEntries(token.searchParams)).toMatchObject({
		Action: "connect",
		DBUser: "buildbot",
		"X-Amz-Credential": expect.stringMatching(/\/us-west-2\/rds-db\/aws4_request$/),
		"X-Amz-Expires": "900",
	});
	expect(result.exitCode).toBe(1);
	const signature = token.searchParams.get("X-Amz-Signature") ?? "";
	for (const text of [result.log, result.summary, result.errorOutput, result.report]) {
		expect(text).not.toContain(signature);
	}
	expect(site.endpoint.journal.calls()).toEqual([]);
});

it("is rejected for a server outside RDS, a URL with a password, or an unverified server", async () => {
	const result = await site.run({
		"database-url": "postgresql://buildbot:s3cret@localhost/bb",
		"database-auth": "rds-iam",
	});
	expect(result.exitCode).toBe(1);
	for (const requirement of ["an Amazon RDS host", "no password", "verify-full"]) {
		expect(result.log).toMatch(new RegExp(`^::error::Invalid input "database-auth": "rds-iam" .* ${requirement}`, "m"));
	}
	expect(result.log.replace(/::add-mask::.*/g, "")).not.toContain("s3cret");
});
