/**
 * The clock of the answers, and signatures by other clocks. Sources: "Signature Version 4" in the AWS General Reference, where a
 * request is valid for 5 minutes, and `RequestExpired` in EC2's error codes, which says 15. Which of the codes EC2
 * answers in which case is unsure; the SDK corrects its clock and retries on each of the three.
 */
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { afterEach, expect, it } from "vitest";
import { closeAll, codeOf, refusalOf, setting } from "./setting.ts";
import { createWorld } from "./world.ts";

afterEach(closeAll);

it("dates answers by the world", async () => {
	const { endpoint, world } = await setting();
	const date = async () => (await fetch(endpoint.url, { method: "POST" })).headers.get("date");
	expect(await date()).toBe("Tue, 14 Nov 2023 22:13:20 GMT");
	world.advance(90);
	expect(await date()).toBe("Tue, 14 Nov 2023 22:14:50 GMT");
});

it("dates answers by the machine's clock if the world has none of its own", () => {
	const world = createWorld({ regions: {}, now: 1 });
	expect(world.date()).toEqual(new Date(1000));
	const start = Date.now();
	const running = createWorld({ regions: {} });
	running.advance(90);
	expect(running.date().getTime()).toBeGreaterThanOrEqual(start + 90_000);
	expect(running.now() * 1000).toBeLessThanOrEqual(running.date().getTime());
	expect(Number.isInteger(running.now())).toBe(true);
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
	const skewed = Date.now() / 1000 - 200;
	const { client, world } = await setting({}, { now: skewed }, { signatureClock: {} });
	await client.send(new DescribeInstancesCommand({}));
	// Beyond the tolerance for a client that does not know the world's time.
	world.advance(1200);
	expect(await codeOf(client.send(new DescribeInstancesCommand({})))).toBe("RequestExpired");
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
