/** The example's user data really runs with `sh`, against a server in the role of the instance metadata service. */

import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readUserData } from "../../src/config/user-data.ts";
import { fillUserData, type UserDataValues } from "../../src/core/model/user-data.ts";

const EXAMPLE = resolve(import.meta.dirname, "../../configs/bld-linux64.user-data");
const METADATA = "http://169.254.169.254";
const TOKEN = "AQAEAPX-secret==";

/** Programs that the script may find, by the path of each on this machine. */
const PROGRAMS = ["cat", "sed", ...["curl", "wget"]].map((name) => ({
	name,
	path: spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim(),
}));
const clients = PROGRAMS.filter(({ name, path }) => ["curl", "wget"].includes(name) && path !== "").map(
	({ name }) => name,
);

type Answer = { readonly status: number; readonly body: string };

/** The metadata service with IMDSv2. The first `failures` requests get an error, and each of the `wrong` indexes is given once. */
class Metadata {
	failures = 0;
	wrong: string[] = [];
	index: string | null = "0";
	readonly requests: string[] = [];
	readonly #server: Server;

	private constructor() {
		this.#server = createServer(({ method = "", url = "", headers }, response) => {
			this.requests.push(`${method} ${url}`);
			const { status, body } = this.#answer(`${method} ${url}`, headers);
			response.writeHead(status).end(body);
		});
	}

	static async start(): Promise<Metadata> {
		const metadata = new Metadata();
		await new Promise<void>((done) => metadata.#server.listen(0, "127.0.0.1", done));
		return metadata;
	}

	get url(): string {
		const address = this.#server.address() as AddressInfo;
		return `http://127.0.0.1:${address.port}`;
	}

	async stop(): Promise<void> {
		await new Promise((done) => this.#server.close(done));
	}

	#answer(request: string, headers: Readonly<Record<string, string | string[] | undefined>>): Answer {
		if (this.failures > 0) {
			this.failures -= 1;
			return { status: 503, body: "Service Unavailable" };
		}
		if (request === "PUT /latest/api/token") {
			const isValid = /^\d+$/.test(String(headers["x-aws-ec2-metadata-token-ttl-seconds"]));
			return isValid ? { status: 200, body: TOKEN } : { status: 400, body: "" };
		}
		if (headers["x-aws-ec2-metadata-token"] !== TOKEN) return { status: 401, body: "Unauthorized" };
		if (request !== "GET /latest/meta-data/ami-launch-index" || this.index === null)
			return { status: 404, body: "Not Found" };
		return { status: 200, body: this.wrong.shift() ?? this.index };
	}
}

const NAMES = ["bld-001", "bld-007", "bld-012"];
let metadata: Metadata;
let folder: string;

beforeEach(async () => {
	metadata = await Metadata.start();
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-names-"));
});
afterEach(async () => {
	await metadata.stop();
	rmSync(folder, { recursive: true });
});

/** Runs the rendered example, which finds only one of curl and wget, and does not wait. */
async function run(client: string, values: Partial<UserDataValues> = {}) {
	const { template, diagnostics } = readUserData(EXAMPLE, "bld-linux64.user-data");
	expect(diagnostics).toEqual([]);
	const none = { hostname: "", fqdn: "", moz_instance_type: "", region: "", region_dns_atom: "", puppet_server: "" };
	const all = {
		...none,
		password: "",
		certs: "",
		fqdns: "",
		names: NAMES.join("\n"),
		domain: "example.com",
		...values,
	};
	const text = fillUserData(template, all);
	expect(text).toContain(METADATA);
	const bin = join(folder, "bin");
	mkdirSync(bin);
	for (const { name, path } of PROGRAMS) if (name === client || name === "sed") symlinkSync(path, join(bin, name));
	const program = (name: string, body: string) => {
		writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
		chmodSync(join(bin, name), 0o755);
	};
	program("sleep", `echo "$*" >> '${join(folder, "sleeps")}'`);
	program("hostnamectl", `echo "$*" >> '${join(folder, "hostname")}'`);
	const script = join(folder, "user-data");
	writeFileSync(script, text.replaceAll(METADATA, metadata.url));
	const child = spawn("/bin/sh", [script], { env: { PATH: bin } });
	let stderr = "";
	child.stderr.on("data", (chunk) => {
		stderr += String(chunk);
	});
	const status = await new Promise((done) => child.on("close", done));
	const linesOf = (file: string) => {
		try {
			return readFileSync(join(folder, file), "utf8").trimEnd().split("\n");
		} catch {
			return [];
		}
	};
	return { status, stderr, hostname: linesOf("hostname"), sleeps: linesOf("sleeps") };
}

describe.each(clients)("the example user data, with %s", (client) => {
	it.each([...NAMES.entries()])("at launch index %i sets the host name of that line, %s", async (index, name) => {
		metadata.index = String(index);
		expect(await run(client)).toMatchObject({ status: 0, hostname: [`set-hostname ${name}.example.com`], sleeps: [] });
		expect(metadata.requests).toEqual(["PUT /latest/api/token", "GET /latest/meta-data/ami-launch-index"]);
	});

	it("sets the bare name if there is no domain", async () => {
		expect((await run(client, { domain: "" })).hostname).toEqual(["set-hostname bld-001"]);
	});

	it("tries again while the metadata service does not answer", async () => {
		metadata.failures = 3;
		metadata.index = "2";
		const { status, hostname, sleeps } = await run(client);
		expect({ status, hostname }).toEqual({ status: 0, hostname: ["set-hostname bld-012.example.com"] });
		expect(sleeps).toEqual(["2", "2", "2"]);
	});

	it("sets no name beyond the last", async () => {
		metadata.index = "3";
		expect(await run(client)).toMatchObject({ status: 1, hostname: [], stderr: expect.stringContaining("index 3") });
	});
});

it.each(["", "x", "-1", "1 2"])("the example user data tries again after the launch index %j", async (index) => {
	metadata.wrong = [index];
	metadata.index = "1";
	expect(await run(clients[0] ?? "")).toMatchObject({
		status: 0,
		hostname: ["set-hostname bld-007.example.com"],
		sleeps: ["2"],
	});
});

it("the example user data gives up after 30 tries, and sets no name", async () => {
	metadata.index = null;
	const { status, stderr, hostname, sleeps } = await run(clients[0] ?? "");
	expect({ status, hostname }).toEqual({ status: 1, hostname: [] });
	expect(sleeps).toHaveLength(29);
	expect(stderr).toContain("has no name");
});

it("is the script in the documentation", () => {
	const docs = readFileSync(resolve(EXAMPLE, "../../docs/configuration.md"), "utf8");
	expect(docs).toContain(`\`\`\`sh\n${readFileSync(EXAMPLE, "utf8")}\`\`\``);
});

it("is tested with at least one of curl and wget", () => {
	expect(clients).not.toEqual([]);
});
