/** The packaged action behind a proxy. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { GithubApi } from "../harness/github-api.ts";
import { listen } from "../harness/listen.ts";
import { HttpProxy } from "../harness/proxy.ts";
import { Site } from "../harness/site.ts";

const tls = resolve(import.meta.dirname, "../harness/tls");
const read = (file: string) => readFileSync(join(tls, file), "utf8");
const ROLE = "arn:aws:iam::111111111111:role/build";

let stack: AsyncDisposableStack;
let site: Site;
let proxy: HttpProxy;
let api: GithubApi;
let allocator: string;
let certificates: string;
beforeEach(async () => {
	stack = new AsyncDisposableStack();
	proxy = stack.use(await HttpProxy.start());
	api = stack.use(await GithubApi.start());
	const allocatorServer = createHttpServer((_request, response) => response.end(JSON.stringify({ machines: [] })));
	allocator = `http://allocator.test:${await listen(allocatorServer)}`;
	const certificateServer = createServer({ key: read("server.key"), cert: read("server.crt") }, (_request, response) =>
		response.end(read("server.crt")),
	);
	certificates = `https://localhost:${await listen(certificateServer)}`;
	stack.defer(async () => {
		allocatorServer.close();
		certificateServer.close();
	});
	site = stack.use(await Site.start());
	site.database.submit("Linux x86-64 mozilla-central build", 1, site.world.now() - 600);
});
afterEach(() => stack.disposeAsync());

/** Runs the action with certificates, and an allocator that gives every builder an empty jacuzzi or none. */
function run(environment: Readonly<Record<string, string>>, more: object = {}) {
	const main = join(site.workspace, "configs/watch_pending.json");
	const config = JSON.parse(readFileSync(main, "utf8"));
	const certs = { url: `${certificates}/{fqdn}`, cache_dir: "certs" };
	writeFileSync(main, JSON.stringify({ ...config, certs, ...more }));
	writeFileSync(join(site.workspace, "configs/bld-linux64.user-data"), "{certs}");
	return site.run(
		{ "github-token": "ghs_token" },
		{
			environment: { ...api.environment, NODE_EXTRA_CA_CERTS: join(tls, "server.crt"), ...environment },
		},
	);
}

it.each([
	["HTTP_PROXY", "HTTPS_PROXY"],
	["http_proxy", "https_proxy"],
])("%s and %s apply to EC2, GitHub, and certificates", async (http, https) => {
	const { exitCode, outputs } = await run({ [http]: proxy.url, [https]: proxy.url });
	expect(exitCode).toBe(0);
	expect(outputs).toMatchObject({ launched: "1" });
	expect(proxy.saw(site.endpoint.environment["AWS_ENDPOINT_URL_EC2"] ?? "")).toBe(true);
	expect(proxy.saw(api.url)).toBe(true);
	expect(proxy.saw(certificates)).toBe(true);
});

it("HTTP_PROXY applies to the allocator, whose name only the proxy can resolve", async () => {
	const { log } = await run({ HTTP_PROXY: proxy.url }, { jacuzzi: { url: allocator } });
	expect(log).not.toContain("did not answer");
	expect(proxy.saw(allocator)).toBe(true);
});

it("HTTP_PROXY applies to STS", async () => {
	const { log } = await run({ HTTP_PROXY: proxy.url }, { roles: { "us-west-2": ROLE, "us-east-1": ROLE } });
	expect(log).toContain("Assuming the role");
	const { port } = new URL(site.endpoint.environment["AWS_ENDPOINT_URL_STS"] ?? "");
	const direct = site.endpoint.journal.calls("AssumeRole").length;
	expect(direct).toBeGreaterThan(0);
	expect(proxy.targets.filter((target) => target.endsWith(`:${port}`)).length).toBeGreaterThanOrEqual(direct);
});

it.each([
	["NO_PROXY", "127.0.0.1,localhost"],
	["no_proxy", "*"],
])("%s=%s keeps hosts off the proxy", async (name, value) => {
	const { outputs } = await run({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, [name]: value });
	expect(outputs).toMatchObject({ launched: "1" });
	expect(proxy.targets).toEqual([]);
});

it("a proxy that refuses connections is an error of the calls, without the password in its URL", async () => {
	const environment = { HTTP_PROXY: "http://user:s3cret@127.0.0.1:9" };
	const { exitCode, log, summary, report, errorOutput } = await run(environment);
	expect(exitCode).toBe(1);
	expect(log).toMatch(/::error::Reading the .*ECONNREFUSED/);
	const visible = log.replace(/^::add-mask::.*$/gm, "");
	expect(visible + summary + report + errorOutput).not.toContain("s3cret");
	expect(log).not.toContain("Internal error");
});

it("an invalid proxy is an invalid input", async () => {
	const { exitCode, log } = await run({ HTTPS_PROXY: "proxy.example.com:3128" });
	expect(exitCode).toBe(1);
	expect(log).toContain("::error::The environment variable HTTPS_PROXY is invalid");
});
