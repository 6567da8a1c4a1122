/**
 * The clock of the answers, and signatures of other clocks: "Signature Version 4" in the AWS General Reference, where a
 * request is valid for 5 minutes, and `RequestExpired` in EC2's error codes, which says 15. Which of the codes EC2
 * answers in which case is unsure; the SDK corrects its clock and retries on each of the three.
 */
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { afterEach, expect, it } from "vitest";
import { closeAll, codeOf, refusalOf, setting } from "./setting.ts";

afterEach(closeAll);

it("dates answers by the world", async () => {
	const { endpoint, world } = await setting();
	const date = async () => (await fetch(endpoint.url, { method: "POST" })).headers.get("date");
	expect(await date()).toBe("Tue, 14 Nov 2023 22:13:20 GMT");
	world.advance(90);
	expect(await date()).toBe("Tue, 14 Nov 2023 22:14:50 GMT");
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
