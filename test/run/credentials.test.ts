/** The role that a run assumes itself, from its inputs to EC2 and to the database server. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { ServerStore } from "../../src/adapters/buildbot/server.ts";
import { loadConfig } from "../../src/config/load.ts";
import { Redactor } from "../../src/core/report/redaction.ts";
import { given, parseInputs } from "../../src/inputs/given.ts";
import { checkInputs, type Inputs } from "../../src/inputs/inputs.ts";
import { openDatabaseOf, ownCredentials } from "../../src/run/adapters.ts";
import { run } from "../../src/run.ts";
import type { RunLog, RunOutcome } from "../../src/tick/ports.ts";
import { Ec2Endpoint } from "../ec2-endpoint/endpoint.ts";
import type { World } from "../ec2-endpoint/world.ts";
import { NEVER } from "../harness/ending.ts";
import { listen } from "../harness/listen.ts";
import { mysqlHandshake } from "../harness/mysql-handshake.ts";
import { Site, worldOf } from "../harness/site.ts";
import { TokenProvider } from "../harness/token-provider.ts";

const ROLE = "arn:aws:iam::555555555555:role/watch-pending";
const environment = { ...process.env };

let site: Site;
let account: World;
let aws: Ec2Endpoint;
let provider: TokenProvider;
beforeEach(async () => {
	site = await Site.start();
	account = worldOf(site.policy, [null], "555555555555");
	aws = await Ec2Endpoint.start(worldOf(site.policy), { roles: { [ROLE]: account } });
	const started = await TokenProvider.start();
	provider = started.provider;
	Object.assign(process.env, aws.environment, started.environment);
});
afterEach(async () => {
	for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
	Object.assign(process.env, environment);
	provider.close();
	await aws.close();
	await site[Symbol.asyncDispose]();
});

function inputs(values: Readonly<Record<string, string>>): Inputs {
	const { workspace } = site;
	const all: Readonly<Record<string, string>> = { "database-url": "sqlite:///state.sqlite", ...values };
	return checkInputs(
		parseInputs((name) => given([all[name]], name)),
		{
			...{ workspace, temporaryFolder: workspace, certificateFolder: null, graphiteHosts: [], workflowRun: null },
			run: { id: "example/builds/1", step: "", url: null },
		},
	);
}

const outcomes: RunOutcome[] = [];
const log: RunLog = {
	...{ debug: () => {}, info: () => {}, notice: () => {}, warning: () => {}, error: () => {}, annotate: () => {} },
	group: (_title, body) => body(),
	end: (outcome) => outcomes.push(outcome),
};

it("launches with the role of role-to-assume, by a token of the job, and masks its session", async () => {
	site.database.submit("Linux x86-64 mozilla-central build", 2, aws.world.now() - 60);
	const redactor = new Redactor([]);
	const host = { log, redactor, ending: NEVER, publish: () => {}, publishCheck: () => {}, publishReplay: () => {} };
	await run(inputs({ "role-to-assume": ROLE }), host);
	expect(outcomes.splice(0)).toEqual([{ kind: "succeeded" }]);
	expect(provider.audiences).toEqual(["sts.amazonaws.com"]);
	expect(aws.journal.calls("AssumeRoleWithWebIdentity")).toHaveLength(1);
	expect([account.instances().length, aws.world.instances().length]).toEqual([2, 0]);
	expect(redactor.redact("secret-1 token-1 id-token-1")).not.toMatch(/secret-1|token-1/);
});

it("rejects a role in another partition than the regions in use, before it reads the database", async () => {
	const role = ROLE.replace("arn:aws:", "arn:aws-cn:");
	const errors: string[] = [];
	const annotate: RunLog["annotate"] = (level, { message }) => level === "error" && errors.push(message);
	const host = { redactor: new Redactor([]), ending: NEVER, publish: () => {}, publishReplay: () => {} };
	for (const given of [{ "database-url": "sqlite:///missing.sqlite" }, { mode: "check" }]) {
		await run(inputs({ "role-to-assume": role, ...given }), {
			...host,
			log: { ...log, annotate },
			publishCheck: () => {},
		});
		expect(outcomes.splice(0)).toEqual([
			{ kind: "failed", message: "Invalid inputs (1 error). Nothing was read or launched." },
		]);
		expect(errors.splice(0)).toEqual([
			`Invalid input "role-to-assume": "${role}". It is a role in the partition aws-cn, but us-west-2 is in aws; use a role of that partition.`,
		]);
	}
});

it("signs the token for a database on RDS with the role of role-to-assume", async () => {
	const { server, heard } = mysqlHandshake({ plugin: "mysql_clear_password", certificate: null });
	const port = await listen(server);
	const given: Inputs = {
		...inputs({ "role-to-assume": ROLE }),
		databaseTls: "disabled",
		databaseIamRegion: "us-west-2",
	};
	const config = loadConfig("configs/watch_pending.json", { workspace: site.workspace, regions: null });
	const credentials = ownCredentials(given, config, { redactor: new Redactor([]), proxies: null });
	const address = { host: "127.0.0.1", port, user: "buildbot", password: "", database: "bb" };
	const { store } = await openDatabaseOf(
		given,
		{ kind: "mysql", ...address, socketPath: null, searchPath: null, ignoredKeys: [] },
		config.policy,
		{ log, credentials },
	);
	// The server ends each connection, after which there would be another try.
	const first = new AbortController();
	server.on("connection", (socket) => socket.on("close", () => first.abort()));
	if (!(store instanceof ServerStore)) throw new TypeError("not a server");
	await expect(store.withSession("Read from", async () => {}, first.signal)).rejects.toThrow();
	server.close();
	const session = await credentials?.();
	const token = new URL(`https://${heard.password}`);
	expect(token.searchParams.get("X-Amz-Credential")).toMatch(
		new RegExp(`^${session?.accessKeyId}/\\d{8}/us-west-2/rds-db/aws4_request$`),
	);
	expect(token.searchParams.get("X-Amz-Security-Token")).toBe(session?.sessionToken);
});
