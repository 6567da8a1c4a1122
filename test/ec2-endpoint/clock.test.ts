/**
 * The clock of the answers, and signatures by other clocks. Sources: "Signature Version 4" in the AWS General Reference,
 * by which a request is valid for 5 minutes, and `RequestExpired` in EC2's error codes, which names 15. When EC2 answers
 * which of the codes is unsure; the SDK corrects its clock and retries on each of the three.
 */
import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { afterEach, expect, it } from "vitest";
import { Ec2Endpoint } from "./endpoint.ts";
import { closeAll, closeLater, codeOf, refusalOf, setting, until } from "./setting.ts";
import { createWorld } from "./world.ts";

afterEach(closeAll);

it("dates answers by the world", async () => {
	const { endpoint, world } = await setting();
	const date = async () => (await fetch(endpoint.url, { method: "POST" })).headers.get("date");
	expect(await date()).toBe("Tue, 14 Nov 2023 22:13:20 GMT");
	world.advance(90);
	expect(await date()).toBe("Tue, 14 Nov 2023 22:14:50 GMT");
});

it("dates answers by the machine's clock if the world has none of its own", async () => {
	const world = createWorld({ regions: {} });
	const [start, instant] = [world.now(), world.date().getTime()];
	await until(() => world.date().getTime() > instant);
	world.advance(90);
	expect(world.now()).toBe(start + 90);
	expect(world.date().getTime()).toBeGreaterThan(instant + 90_000);
});

it.each([
	["RequestExpired", 400],
	["AuthFailure", 401],
	["SignatureDoesNotMatch", 403],
] as const)("refuses a signature of another clock with %s, and the SDK corrects its clock", async (code, status) => {
	const { client, connect, endpoint } = await setting({}, {}, { signatureClock: { code } });
	expect(await refusalOf(client.send(new DescribeInstancesCommand({})))).toMatchObject({ code, status });
	const retrying = connect("us-west-2", 2);
	await retrying.send(new DescribeInstancesCommand({}));
	expect(endpoint.journal.calls().map(({ outcome }) => outcome)).toEqual([code, code, "ok"]);
});

it("accepts what the tolerance allows", async () => {
	const world = createWorld({ regions: { "us-west-2": {} } });
	await using endpoint = await Ec2Endpoint.start(world, { signatureClock: { tolerance: 600 } });
	const describe = async () => {
		const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
		const client = new EC2Client({ region: "us-west-2", endpoint: endpoint.url, credentials, maxAttempts: 1 });
		closeLater({ close: () => client.destroy() });
		return client.send(new DescribeInstancesCommand({}));
	};
	world.advance(300);
	await describe();
	// A new client does not know the world's time yet.
	world.advance(600);
	expect(await codeOf(describe())).toBe("RequestExpired");
});

it("lets STS refuse such a signature with SignatureDoesNotMatch", async () => {
	const { endpoint } = await setting({}, {}, { signatureClock: {} });
	const credentials = fromTemporaryCredentials({
		masterCredentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" },
		params: { RoleArn: "arn:aws:iam::222222222222:role/other" },
		clientConfig: { region: "us-west-2", endpoint: endpoint.url, maxAttempts: 1 },
	});
	await expect(credentials()).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
});
