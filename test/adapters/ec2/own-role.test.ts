/** The role that the run assumes itself, by a token of GitHub's provider, over sockets to the provider, STS, and EC2. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { openCloud } from "../../../src/adapters/ec2/open.ts";
import { ownRole, placeOf } from "../../../src/adapters/ec2/own-role.ts";
import { idToken } from "../../../src/adapters/github/id-token.ts";
import { policy } from "../../core/facts.ts";
import { Ec2Endpoint } from "../../ec2-endpoint/endpoint.ts";
import { createWorld, threeZoneRegions, type World } from "../../ec2-endpoint/world.ts";
import { NEVER } from "../../harness/ending.ts";
import { TokenProvider } from "../../harness/token-provider.ts";
import { QUERY } from "./cloud.ts";

const ROLE = "arn:aws:iam::123456789012:role/watch-pending";
const HOUR = 3_600_000;

let world: World;
let endpoint: Ec2Endpoint;
let provider: TokenProvider;
const environment = { ...process.env };

beforeEach(async () => {
	world = createWorld({ regions: threeZoneRegions(["us-east-1", "us-west-2"]) });
	endpoint = await Ec2Endpoint.start(createWorld({ accountId: "999999999999", regions: threeZoneRegions(1) }), {
		roles: { [ROLE]: world },
	});
	const started = await TokenProvider.start();
	provider = started.provider;
	Object.assign(process.env, endpoint.environment, started.environment);
});
afterEach(async () => {
	for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
	Object.assign(process.env, environment);
	provider.close();
	await endpoint.close();
});

function open(now: () => number, onSecret: (secret: string) => void = () => {}, token = idToken) {
	return openCloud({
		policy: policy(),
		run: { id: "example/builds/1", step: "", url: null },
		clock: { now: () => world.now(), elapsed: () => 0 },
		ending: NEVER,
		proxies: null,
		certificates: null,
		credentials: ownRole({
			role: ROLE,
			regions: ["us-west-2"],
			runId: "example/builds/1",
			idToken: token,
			now,
			onSecret,
		}),
	});
}
const assumed = () => endpoint.journal.calls("AssumeRoleWithWebIdentity");
const atStart = () => world.now() * 1000;

it("is assumed once for all regions, by a token for STS, and reads its account", async () => {
	world.addInstance({ region: "us-west-2", mozType: "bld", name: "one" });
	const cloud = open(atStart);
	const facts = await Promise.all(
		["us-west-2", "us-east-1"].map((region) =>
			cloud.fleet.read({ ...QUERY, region, subnetIds: [`subnet-${region}a`] }),
		),
	);
	cloud.close();
	expect(facts[0]?.instances.map(({ name }) => name)).toEqual(["one"]);
	expect(provider.audiences).toEqual(["sts.amazonaws.com"]);
	expect(assumed().map(({ flat }) => flat)).toEqual([
		{
			RoleArn: ROLE,
			RoleSessionName: "aws-watch-pending-example-builds-1",
			DurationSeconds: "3600",
			WebIdentityToken: "id-token-1",
		},
	]);
});

it("is assumed again, with a new token, before its session ends", async () => {
	let now = atStart();
	const credentials = ownRole({
		role: ROLE,
		regions: ["us-west-2"],
		runId: "1",
		idToken,
		now: () => now,
		onSecret: () => {},
	});
	const first = await credentials();
	now += HOUR - 6 * 60_000;
	expect(await credentials()).toBe(first);
	now += 2 * 60_000;
	const [second, third] = await Promise.all([credentials(), credentials()]);
	expect(second).toBe(third);
	expect(second.accessKeyId).not.toBe(first.accessKeyId);
	expect(assumed().map(({ flat }) => flat["WebIdentityToken"])).toEqual(["id-token-1", "id-token-2"]);
});

it("is tried again after a refusal", async () => {
	endpoint.faults.add({ action: "AssumeRoleWithWebIdentity", times: 1, error: { code: "AccessDenied", status: 403 } });
	const cloud = open(atStart);
	await expect(cloud.fleet.read(QUERY)).rejects.toThrow(
		/^Assuming the role \S+ failed \(AccessDenied: .* Name this repository and .* with the audience sts\.amazonaws\.com /,
	);
	await expect(cloud.fleet.read(QUERY)).resolves.toMatchObject({ region: "us-west-2" });
	cloud.close();
});

it("gives every secret to the redactor", async () => {
	const secrets: string[] = [];
	const cloud = open(atStart, (secret) => secrets.push(secret));
	await cloud.fleet.read(QUERY);
	cloud.close();
	expect(secrets).toEqual(["id-token-1", "secret-1", "token-1"]);
});

it.each([
	["an error of the provider", 503, "Service Unavailable"],
	["an answer that isn't JSON", 200, "<html>"],
	["an answer without a token", 200, "{}"],
])("asks again after %s", async (_what, status, body) => {
	provider.failures = [[status, body]];
	const cloud = open(atStart);
	await expect(cloud.fleet.read(QUERY)).resolves.toMatchObject({ region: "us-west-2" });
	cloud.close();
	expect(provider.audiences).toHaveLength(2);
});

it("fails at once, without the answer's text, if the provider refuses", async () => {
	provider.failures = [[403, "s3cret"]];
	const cloud = open(atStart);
	const error: unknown = await cloud.fleet.read(QUERY).catch((reason: unknown) => reason);
	cloud.close();
	expect(String(error)).toContain("GitHub gave no token: HTTP 403");
	expect(String(error)).not.toContain("s3cret");
	expect(provider.audiences).toHaveLength(1);
});

it("names the permission that the job lacks", async () => {
	delete process.env["ACTIONS_ID_TOKEN_REQUEST_URL"];
	const cloud = open(atStart);
	await expect(cloud.fleet.read(QUERY)).rejects.toThrow(
		/\(CredentialsProviderError: the job has no permission "id-token: write"\), so .* The job needs `permissions: id-token: write`\./,
	);
	cloud.close();
});

it.each([
	["aws", ["us-west-2"], "us-west-2", "sts.amazonaws.com"],
	["aws", [], "us-east-1", "sts.amazonaws.com"],
	["aws-cn", ["us-west-2", "cn-northwest-1"], "cn-northwest-1", "sts.amazonaws.com.cn"],
	["aws-cn", ["us-west-2"], "cn-north-1", "sts.amazonaws.com.cn"],
	["aws-us-gov", ["us-gov-east-1"], "us-gov-east-1", "sts.amazonaws.com"],
	["aws-us-gov", [], "us-gov-west-1", "sts.amazonaws.com"],
])("in %s with the regions %j is assumed in %s for the audience %s", (partition, regions, region, audience) => {
	expect(placeOf(partition, regions)).toEqual({ region, audience });
});
