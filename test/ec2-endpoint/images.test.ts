/** `DescribeImages` in the EC2 API Reference: `IncludeDeprecated`, `DeprecationTime`, and `ImageState`. */
import { DescribeImagesCommand, type DescribeImagesCommandInput } from "@aws-sdk/client-ec2";
import { afterEach, expect, it } from "vitest";
import { closeAll, launch, now, setting } from "./setting.ts";

afterEach(closeAll);

const images = [
	{ imageId: "ami-own", deprecatedAt: now - 1 },
	{ imageId: "ami-public", own: false, deprecatedAt: now - 1 },
	{ imageId: "ami-later", own: false, deprecatedAt: now + 60 },
	{ imageId: "ami-failed", state: "failed" },
] as const;

it.each<[DescribeImagesCommandInput, readonly string[]]>([
	[{}, ["ami-own", "ami-later", "ami-failed"]],
	[{ Owners: ["self"] }, ["ami-own", "ami-failed"]],
	[{ IncludeDeprecated: true }, ["ami-own", "ami-public", "ami-later", "ami-failed"]],
	[{ IncludeDeprecated: true, Owners: ["999999999999"] }, ["ami-public", "ami-later"]],
])("%j lists %j: owners see their own deprecated images in any case", async (input, expected) => {
	const { client } = await setting({ images });
	const { Images } = await client.send(new DescribeImagesCommand(input));
	expect(Images?.map(({ ImageId }) => ImageId)).toEqual(expected);
});

it("returns the deprecation time and the state, and launches a deprecated image", async () => {
	const { client, world } = await setting({ images });
	const { Images } = await client.send(new DescribeImagesCommand({ Owners: ["self"] }));
	expect(Images).toMatchObject([
		{ DeprecationTime: new Date((now - 1) * 1000).toISOString(), State: "available" },
		{ State: "failed" },
	]);
	expect(Images?.[1]?.DeprecationTime).toBeUndefined();
	expect((await client.send(launch({ ImageId: "ami-public" }))).Instances).toHaveLength(1);
	world.advance(61);
	expect((await client.send(new DescribeImagesCommand({}))).Images).toHaveLength(2);
});
