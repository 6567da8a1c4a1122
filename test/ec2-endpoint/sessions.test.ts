import { DescribeInstancesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { expect, it } from "vitest";
import { Ec2Endpoint } from "./endpoint.ts";
import { createWorld, threeZoneRegions } from "./world.ts";

const ROLE = "arn:aws:iam::222222222222:role/other";

it("credentials of a role are valid as issued, until they expire, and for its account only", async () => {
	const world = (accountId: string) => createWorld({ accountId, regions: threeZoneRegions(["us-west-2"]) });
	const other = world("222222222222");
	const { instanceId } = other.addInstance({ region: "us-west-2" });
	await using endpoint = await Ec2Endpoint.start(world("123456789012"), { roles: { [ROLE]: other } });
	const start = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
	const assume = (role: string) =>
		fromTemporaryCredentials({
			masterCredentials: start,
			params: { RoleArn: role },
			clientConfig: { region: "us-west-2", endpoint: endpoint.url },
		})();
	const seenWith = async (credentials: typeof start & { sessionToken?: string }) => {
		const client = new EC2Client({ region: "us-west-2", endpoint: endpoint.url, credentials, maxAttempts: 1 });
		try {
			const { Reservations = [] } = await client.send(new DescribeInstancesCommand({}));
			return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
		} catch (error) {
			return error instanceof Error ? error.name : error;
		} finally {
			client.destroy();
		}
	};
	const credentials = await assume(ROLE);
	const { accessKeyId, secretAccessKey } = credentials;
	expect(await seenWith({ ...credentials, sessionToken: credentials.sessionToken ?? "" })).toEqual([instanceId]);
	expect(await seenWith(start)).toEqual([]);
	expect(await seenWith({ accessKeyId, secretAccessKey })).toBe("AuthFailure");
	expect(await seenWith({ accessKeyId: "ASIAOTHER", secretAccessKey })).toBe("AuthFailure");
	endpoint.sessions.expire(ROLE);
	expect(await seenWith({ ...credentials, sessionToken: credentials.sessionToken ?? "" })).toBe("RequestExpired");
	await expect(assume("arn:aws:iam::333333333333:role/unknown")).rejects.toMatchObject({ name: "AccessDenied" });
});
