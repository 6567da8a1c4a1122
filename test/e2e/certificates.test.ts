/** Bootstrap certificates on their way from a server into the user data of machines. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { listen } from "../harness/listen.ts";
import { Site } from "../harness/site.ts";

const tls = resolve(import.meta.dirname, "../harness/tls");
const read = (file: string) => readFileSync(join(tls, file), "utf8");

/** A block of PEM that tells which URL it was requested by. */
const pem = (url: string) => {
	const body = Buffer.from(`s3cret of ${url}`.padEnd(300)).toString("base64");
	return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
};

it("launches an instance only with its certificate", async () => {
	const asked: string[] = [];
	const server = createServer({ key: read("server.key"), cert: read("server.crt") }, (request, response) => {
		asked.push(request.url ?? "");
		const denied = request.url?.includes("-002.") === true;
		response.writeHead(denied ? 403 : 200, { connection: "close" }).end(denied ? "no" : pem(request.url ?? ""));
	});
	const port = await listen(server);
	await using site = await Site.start();
	try {
		const main = join(site.workspace, "configs/watch_pending.json");
		const certs = { url: `https://localhost:${port}/getcert.cgi?{fqdn}`, cache_dir: "cached_certs" };
		writeFileSync(main, JSON.stringify({ ...JSON.parse(readFileSync(main, "utf8")), certs }));
		writeFileSync(join(site.workspace, "configs/bld-linux64.user-data"), "{{{hostname}}}: {certs}\n");
		site.database.submit("Linux x86-64 mozilla-central build", 3, 1_700_000_000);

		const result = await site.run({}, { environment: { NODE_EXTRA_CA_CERTS: join(tls, "server.crt") } });
		expect(result.outputs).toMatchObject({ needed: "3", launched: "2" });
		const machines = ["us-east-1", "us-west-2"].flatMap((region) => site.world.instances(region));
		const userData = machines.map((machine) => Buffer.from(machine.userData ?? "", "base64").toString());
		for (const name of ["001", "003"].map((number) => `bld-linux64-ec2-${number}`)) {
			const region = machines.find(({ tags }) => tags["Name"] === name)?.availabilityZone.slice(0, -1);
			expect(userData).toContain(`{${name}}: ${pem(`/getcert.cgi?${name}.build.${region}.example.com`)}\n`);
		}
		expect(result.exitCode).toBe(1);
		expect(result.log).toMatch(
			/^::error::The certificate for bld-linux64-ec2-002\..* could not be fetched .*HTTP 403/m,
		);
		const visible = result.log.replace(/^::add-mask::.*$/gm, "");
		expect(visible + result.summary + result.report).not.toMatch(/s3cret|BEGIN CERTIFICATE/);
		// The name that was denied one is tried in the other region, where its host has another domain.
		expect(asked.map((url) => url.replace(/\.build\..*/, "")).toSorted()).toEqual(
			["001", "002", "002", "003"].map((number) => `/getcert.cgi?bld-linux64-ec2-${number}`),
		);
	} finally {
		server.closeAllConnections();
		await new Promise((done) => server.close(done));
	}
});
