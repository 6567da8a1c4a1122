/** Failing database servers: the action reports them in time and clearly, without AWS calls or secrets. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SERVERS } from "../adapters/buildbot/servers.ts";
import { type DatabaseServer, TLS, urlOf } from "../harness/database-server.ts";
import { rowsOf, schemaOf } from "../harness/scheduler-rows.ts";
import { Site } from "../harness/site.ts";
import { Throttle } from "../harness/throttle.ts";

let site: Site;
beforeAll(async () => {
	site = await Site.start();
});
afterAll(() => site[Symbol.asyncDispose]());

// Side by side: most of the time is waiting for what the action itself allows.
// The process ends with its error: its bounds are 10 seconds to connect and three tries, well within vitest's minute.
describe.concurrent.each(SERVERS)("$name", (kind) => {
	let other: DatabaseServer;
	let plain: DatabaseServer;
	beforeAll(async () => {
		[other, plain] = await Promise.all([kind.start("other"), kind.start(null)]);
	});
	afterAll(() => Promise.all([other.stop(), plain.stop()]));

	async function expectRefusal(url: string, inputs: Readonly<Record<string, string>>, why: RegExp): Promise<void> {
		const result = await site.tick({ "database-url": url, ...inputs });
		expect(result.exitCode).toBe(1);
		expect(result.log).toMatch(why);
		expect(site.endpoint.journal.calls()).toEqual([]);
		const { password } = kind.address();
		const visible = [result.log.replace(/^::add-mask::.*$/gm, ""), result.errorOutput, result.summary, result.report];
		for (const secret of [url, password, encodeURIComponent(password)]) {
			expect(visible.join("\n")).not.toContain(secret);
		}
	}

	it("that accepts and never answers", async () => {
		await using silent = await Throttle.start(kind.address());
		silent.breaks = false;
		const url = urlOf({ ...kind.address(), port: silent.port, host: "localhost" }, "bb");
		await expectRefusal(url, {}, /^::error::.*could not be taken in.*it timed out/m);
	});

	it("that drops the connection in the middle of the answer", async () => {
		const rows = rowsOf("4.3", kind.dialect, [{ builder: "of no type" }]);
		const database = await kind.create(kind.address(), `${schemaOf("4.3", kind.dialect)}\n${rows}`);
		await using proxy = await Throttle.start(kind.address());
		const url = urlOf({ ...kind.address(), port: proxy.port, host: "localhost" }, database);
		proxy.allowed = Number.POSITIVE_INFINITY;
		expect((await site.run({ "database-url": url, lock: "false" })).outputs).toMatchObject({ pending: "1" });
		proxy.allowed = proxy.passed - 20;
		await expectRefusal(url, { lock: "false" }, /^::error::.*the connection broke before the answer was complete/m);
	});

	it("with a certificate of another host", async () => {
		const url = urlOf({ ...other, host: "localhost" }, "bb");
		const inputs = { "database-tls": "verify-full", "database-ca": join(TLS, "other.crt") };
		await expectRefusal(url, inputs, /^::error::.*the server certificate is for another name\. Use a host name/m);
	});

	it("with CA certificates whose line breaks were lost, which are not shown", async () => {
		const pem = readFileSync(join(TLS, "other.crt"), "utf8");
		const inputs = { "database-tls": "verify-full", "database-ca": pem.replaceAll("\n", "\\n") };
		const url = urlOf({ ...other, host: "localhost" }, "bb");
		await expectRefusal(url, inputs, /^::error::Input "database-ca" is invalid: it contains \\n as two characters/m);
		const { log, errorOutput } = await site.tick({ "database-url": url, ...inputs });
		expect(log + errorOutput).not.toContain(pem.split("\n")[1]);
	});

	it("with a host as a parameter, to which nothing is sent unencrypted", async () => {
		if (kind.dialect === "mysql") return;
		const { port, user, password } = plain;
		const url = `postgresql://${user}:${encodeURIComponent(password)}@/bb?host=plain.invalid:${port}`;
		await expectRefusal(url, {}, /^::error::.*at plain\.invalid:\d+: the host name can't be resolved/m);
	});

	it("that offers no encryption although it is required", async () => {
		const url = urlOf({ ...plain, host: "localhost" }, "bb");
		await expectRefusal(
			url,
			{ "database-tls": "required" },
			/^::error::.*doesn't support TLS, and nothing was sent unencrypted/m,
		);
	});
});
