/**
 * Damaged and stalled answers. Not EC2's rules but the network's: RFC 9112 on incomplete messages (section 8) and RFC
 * 9110 on gateways' status codes (section 15.6) and redirects (section 15.4). That a launch may take effect although its
 * answer is lost is why EC2 has client tokens: "Ensuring idempotency in Amazon EC2 API requests" in the EC2 Developer
 * Guide.
 */
import { request } from "node:http";
import { CreateTagsCommand, DescribeInstancesCommand, paginateDescribeInstances } from "@aws-sdk/client-ec2";
import { afterEach, describe, expect, it } from "vitest";
import { type Damage, hidingDamages, RESULT_SETS } from "./damage.ts";
import { closeAll, launch, setting, until } from "./setting.ts";

afterEach(closeAll);

const AUTHORIZATION = "AWS4-HMAC-SHA256 Credential=a/20231114/us-west-2/ec2/aws4_request, SignedHeaders=host";

interface RawAnswer {
	readonly status: number;
	readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
	readonly body: string;
	/** Whether the message ended as its headers said. */
	readonly complete: boolean;
}

/** Reads an answer as it is, without following redirects. */
function raw(url: string, body: string): Promise<RawAnswer> {
	return new Promise((resolve, reject) => {
		const call = request(url, { method: "POST", headers: { authorization: AUTHORIZATION } }, (response) => {
			const chunks: Buffer[] = [];
			response.on("data", (chunk: Buffer) => chunks.push(chunk));
			response.on("error", () => undefined);
			response.on("close", () =>
				resolve({
					status: response.statusCode ?? 0,
					headers: response.headers,
					body: Buffer.concat(chunks).toString(),
					complete: response.complete,
				}),
			);
		});
		call.on("error", reject);
		call.end(body);
	});
}

const LAUNCH =
	"Action=RunInstances&Version=2016-11-15&ImageId=ami-1&InstanceType=c6i.xlarge&MinCount=1&MaxCount=2&SubnetId=subnet-us-west-2a";

describe("a damaged answer", () => {
	it.each<[string, Damage, Partial<RawAnswer>, RegExp]>([
		[
			"breaks off inside its length",
			{ kind: "break-off", framing: "content-length" },
			{ status: 200, complete: false },
			/^<\?xml[\s\S]*[^>]?$/,
		],
		[
			"breaks off inside its chunks",
			{ kind: "break-off", framing: "chunked" },
			{ status: 200, complete: false },
			/^<\?xml/,
		],
		["breaks off before its body", { kind: "break-off", framing: "chunked", at: 0 }, { complete: false }, /^$/],
		[
			"is cut short but complete for HTTP",
			{ kind: "cut-short", at: 0.9 },
			{ complete: true },
			/<instanceId>[\s\S]*[^>]$/,
		],
		["is malformed", { kind: "malformed" }, { complete: true }, /<\/item><\/RunInstancesResponse>$/],
		["is garbage", { kind: "garbage" }, { complete: true }, /\uFFFD/],
		["is empty", { kind: "empty", status: 503 }, { status: 503, complete: true }, /^$/],
		["is a bare element", { kind: "bare-element" }, { status: 200 }, /^<RunInstancesResponse\/>$/],
		[
			"is another action's",
			{ kind: "other-action", action: "DescribeVpcs" },
			{ status: 200 },
			/^<\?xml[\s\S]*<DescribeVpcsResponse/,
		],
		["is a gateway's page", { kind: "page", status: 502 }, { status: 502 }, /^<!DOCTYPE html>/],
		[
			"is an error document",
			{ kind: "error-document", status: 500, code: "SomethingNew" },
			{ status: 500 },
			/<Code>SomethingNew<\/Code>/,
		],
		["is a redirect", { kind: "redirect", status: 307, location: "https://example.com/" }, { status: 307 }, /html/],
		[
			"lacks its result set",
			{ kind: "without", element: "instancesSet" },
			{ status: 200 },
			/<\/ownerId><groupSet><\/groupSet><\/Run/,
		],
	])("%s, and the launch has taken effect", async (_, damage, expected, body) => {
		const { endpoint, world } = await setting();
		endpoint.faults.add({ action: "RunInstances", damage });
		const answer = await raw(endpoint.url, LAUNCH);
		expect(answer).toMatchObject(expected);
		expect(answer.body).toMatch(body);
		expect(world.instances()).toHaveLength(2);
		expect(endpoint.journal.calls()).toMatchObject([{ outcome: `damaged-${damage.kind}` }]);
	});

	it("names the location of a redirect and the wrong content type", async () => {
		const { endpoint } = await setting();
		const location = "https://example.com/";
		endpoint.faults.add({ times: 1, damage: { kind: "redirect", status: 301, location } });
		endpoint.faults.add({ damage: { kind: "content-type", contentType: "application/json" } });
		expect((await raw(endpoint.url, LAUNCH)).headers).toMatchObject({ location });
		const typed = await raw(endpoint.url, LAUNCH);
		expect(typed.headers).toMatchObject({ "content-type": "application/json" });
		expect(typed.body).toMatch(/<\/RunInstancesResponse>$/);
	});

	it.each(Object.keys(RESULT_SETS))("of %s may lack its result set", async (action) => {
		const launchTemplates = [{ launchTemplateId: "lt-1", versions: [{ data: {} }] }];
		const { endpoint, world } = await setting({ launchTemplates });
		world.addInstance({ region: "us-west-2", instanceId: "i-1" });
		const parameters: Readonly<Record<string, string>> = {
			CreateTags: "&ResourceId.1=i-1&Tag.1.Key=a&Tag.1.Value=b",
			DescribeLaunchTemplateVersions: "&LaunchTemplateId=lt-1",
			RunInstances: LAUNCH.slice(LAUNCH.indexOf("&ImageId")),
			TerminateInstances: "&InstanceId.1=i-1",
		};
		const call = `Action=${action}&Version=2016-11-15${parameters[action] ?? ""}`;
		const element = RESULT_SETS[action] ?? "";
		expect((await raw(endpoint.url, call)).body).toContain(`<${element}>`);
		endpoint.faults.add({ damage: { kind: "without", element } });
		const { status, body } = await raw(endpoint.url, call);
		expect(status).toBe(200);
		expect(body).toContain(`<${action}Response`);
		expect(body).not.toContain(element);
	});

	it.each(Object.entries(hidingDamages("RunInstances")))(
		"that %s leaves the launch to a retry with the token",
		async (_, damage) => {
			const { connect, endpoint, world } = await setting();
			endpoint.faults.add({ times: 1, damage });
			const client = connect("us-west-2");
			const command = () => launch({ ClientToken: "t", MaxCount: 3 });
			await client.send(command()).catch(() => undefined);
			expect(world.instances()).toHaveLength(3);
			expect((await client.send(command())).Instances).toHaveLength(3);
			expect(world.instances()).toHaveLength(3);
		},
	);

	it("launches nothing if the call has no effect", async () => {
		const { endpoint, world } = await setting();
		endpoint.faults.add({ damage: { kind: "page", status: 503 }, effect: "none" });
		expect((await raw(endpoint.url, LAUNCH)).status).toBe(503);
		expect(world.instances()).toEqual([]);
	});

	it("returns the same page and the same token forever", async () => {
		const { client, endpoint, world } = await setting();
		for (const instanceId of ["i-1", "i-2"]) world.addInstance({ region: "us-west-2", instanceId });
		endpoint.faults.add({ action: "DescribeInstances", damage: { kind: "same-token" } });
		const tokens = new Set<string | undefined>();
		let pages = 0;
		for await (const page of paginateDescribeInstances({ client, pageSize: 5 }, {})) {
			tokens.add(page.NextToken);
			expect(page.Reservations).toHaveLength(2);
			pages += 1;
			if (pages === 4) break;
		}
		expect(tokens.size).toBe(1);
		expect(tokens).not.toContain(undefined);
	});

	it("of CreateTags that lacks its result has tagged", async () => {
		const { client, endpoint, world } = await setting();
		world.addInstance({ region: "us-west-2", instanceId: "i-1" });
		endpoint.faults.add({ action: "CreateTags", damage: { kind: "without", element: "return" } });
		await client.send(new CreateTagsCommand({ Resources: ["i-1"], Tags: [{ Key: "Name", Value: "a" }] }));
		expect(world.instances()[0]?.tags).toEqual({ Name: "a" });
	});
});

describe("a late effect", () => {
	it("happens once, after the connection broke, and a retry with the token adds nothing", async () => {
		const { client, endpoint, world } = await setting();
		const damage: Damage = { kind: "break-off", framing: "chunked" };
		const fault = endpoint.faults.add({ times: 1, damage, effect: "after-answer" });
		const command = () => launch({ ClientToken: "t" });
		await expect(client.send(command())).rejects.toThrow();
		await until(() => fault.lateEffects === 1);
		expect(world.instances()).toHaveLength(1);
		await client.send(command());
		expect(world.instances()).toHaveLength(1);
	});

	it("happens at the release and adds nothing to what a retry with the token launched before", async () => {
		const { client, endpoint, world } = await setting();
		const fault = endpoint.faults.add({ times: 1, damage: { kind: "page", status: 504 }, effect: "on-release" });
		const command = () => launch({ ClientToken: "t" });
		await expect(client.send(command())).rejects.toThrow();
		expect(world.instances()).toEqual([]);
		await client.send(command());
		fault.release();
		await until(() => fault.lateEffects === 1);
		expect(world.instances()).toHaveLength(1);
	});

	it("happens at the release even if the caller has given up", async () => {
		const { client, endpoint, world } = await setting();
		const fault = endpoint.faults.add({ stall: "before-headers", effect: "on-release" });
		const abort = new AbortController();
		const failed = expect(client.send(launch(), { abortSignal: abort.signal })).rejects.toThrow();
		await until(() => fault.held === 1);
		abort.abort();
		await failed;
		expect(world.instances()).toEqual([]);
		fault.release();
		await until(() => fault.lateEffects === 1);
		expect(world.instances()).toHaveLength(1);
	});
});

describe("a stalled answer", () => {
	it.each(["before-headers", "after-headers"] as const)("stops %s, and arrives at the release", async (stall) => {
		const { client, endpoint, world } = await setting();
		const fault = endpoint.faults.add({ action: "RunInstances", stall });
		const call = client.send(launch());
		await until(() => fault.held === 1);
		// The effect precedes the answer by as much of the world's time as the test likes.
		expect(world.instances()).toHaveLength(1);
		world.advance(1);
		expect(endpoint.journal.calls()).toMatchObject([{ outcome: null }]);
		fault.release();
		expect((await call).Instances).toHaveLength(1);
		expect(endpoint.journal.calls()).toMatchObject([{ outcome: "ok" }]);
	});

	it.each([
		["before-headers", false],
		["after-headers", true],
	] as const)("stops %s: whether its headers have arrived is %s", async (stall, arrived) => {
		const { endpoint } = await setting();
		const fault = endpoint.faults.add({ stall });
		let answered = false;
		const ended = new Promise<void>((resolve) => {
			const call = request(endpoint.url, { method: "POST", headers: { authorization: AUTHORIZATION } }, (response) => {
				answered = true;
				response.resume().on("end", resolve);
			});
			call.end(LAUNCH);
		});
		await until(() => fault.held === 1);
		if (arrived) await until(() => answered);
		// Headers that were sent arrive within the time of another whole call.
		fault.remove();
		await raw(endpoint.url, LAUNCH);
		expect(answered).toBe(arrived);
		fault.release();
		await ended;
	});

	it("holds the result of a call that takes effect at the release", async () => {
		const { client, endpoint, world } = await setting();
		const fault = endpoint.faults.add({ stall: "after-headers", effect: "on-release" });
		const call = client.send(launch());
		await until(() => fault.held === 1);
		expect(world.instances()).toEqual([]);
		fault.release();
		expect((await call).Instances).toHaveLength(1);
	});

	it("drips byte by byte", async () => {
		const { endpoint } = await setting();
		const fault = endpoint.faults.add({ stall: "drip" });
		let received = "";
		const ended = new Promise<void>((resolve) => {
			const call = request(endpoint.url, { method: "POST", headers: { authorization: AUTHORIZATION } }, (response) => {
				response.on("data", (chunk: Buffer) => {
					received += chunk.toString();
				});
				response.on("end", resolve);
			});
			call.end(LAUNCH);
		});
		await until(() => fault.held === 1);
		for (const expected of ["<", "<?", "<?x"]) {
			fault.drip();
			await until(() => received.length === expected.length);
			expect(received).toBe(expected);
		}
		fault.drip(2);
		await until(() => received.length === 5);
		fault.release();
		await ended;
		expect(received).toMatch(/^<\?xml[\s\S]*<\/RunInstancesResponse>$/);
	});
});

describe("a fault", () => {
	it("affects only the calls whose parameters match, after those to skip", async () => {
		const { client, endpoint } = await setting();
		const parameters = { "Filter.1.Name": /^tag:/ };
		const fault = endpoint.faults.add({ parameters, skip: 1, error: { code: "Blocked" } });
		const read = (Name: string) => client.send(new DescribeInstancesCommand({ Filters: [{ Name, Values: ["b"] }] }));
		await client.send(new DescribeInstancesCommand({}));
		await read("tag:a");
		await read("instance-id");
		await expect(read("tag:a")).rejects.toThrow();
		expect(fault.hits).toBe(1);
	});

	it("affects only the calls of its account", async () => {
		const { client, endpoint, world } = await setting();
		endpoint.faults.add({ account: "222222222222", error: { code: "Blocked" } });
		await client.send(new DescribeInstancesCommand({}));
		endpoint.faults.add({ account: world.accountId, error: { code: "Blocked" } });
		await expect(client.send(new DescribeInstancesCommand({}))).rejects.toThrow();
	});
});
