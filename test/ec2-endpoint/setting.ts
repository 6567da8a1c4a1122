/** What the tests of the endpoint share: a world of two regions, an endpoint, and SDK clients. */
import {
	EC2Client,
	EC2ServiceException,
	RunInstancesCommand,
	type RunInstancesCommandInput,
} from "@aws-sdk/client-ec2";
import { Ec2Endpoint, type Ec2EndpointOptions } from "./endpoint.ts";
import { createWorld, type RegionSpec, threeZoneRegions, type World, type WorldSpec } from "./world.ts";

export const now = 1_700_000_000;
const open: { close(): void | Promise<void> }[] = [];

/** Closes it at the end of the test. */
export function closeLater(closable: { close(): void | Promise<void> }): void {
	open.push(closable);
}

export async function closeAll(): Promise<void> {
	for (const each of open.splice(0).reverse()) await each.close();
}

export interface Setting {
	readonly world: World;
	readonly endpoint: Ec2Endpoint;
	/** A client of us-west-2 that never retries. */
	readonly client: EC2Client;
	connect(region: string, maxAttempts?: number): EC2Client;
}

/** The regions us-west-2 and us-east-1, each as given. */
export async function setting(
	region: RegionSpec = {},
	spec: Partial<WorldSpec> = {},
	options: Ec2EndpointOptions = {},
): Promise<Setting> {
	const regions = threeZoneRegions(["us-west-2", "us-east-1"], { freeAddresses: 100, region: () => region });
	const world = createWorld({ regions, now, ...spec });
	const endpoint = await Ec2Endpoint.start(world, options);
	closeLater(endpoint);
	const connect = (name: string, maxAttempts = 1): EC2Client => {
		const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
		const client = new EC2Client({ region: name, endpoint: endpoint.url, credentials, maxAttempts });
		closeLater({ close: () => client.destroy() });
		return client;
	};
	return { world, endpoint, connect, client: connect("us-west-2") };
}

export function launch(overrides: Partial<RunInstancesCommandInput> = {}): RunInstancesCommand {
	return new RunInstancesCommand({
		ImageId: "ami-1",
		InstanceType: "c6i.xlarge",
		MinCount: 1,
		MaxCount: 1,
		SubnetId: "subnet-us-west-2a",
		...overrides,
	});
}

export const spot = { InstanceMarketOptions: { MarketType: "spot" } } as const;

/** @throws Error unless EC2 refuses the call */
export async function refusalOf(
	call: Promise<unknown>,
): Promise<{ code: string; status: number | undefined; message: string }> {
	const error: unknown = await call.then(
		() => null,
		(reason: unknown) => reason,
	);
	if (!(error instanceof EC2ServiceException)) throw new Error(`Not refused by EC2: ${error}`);
	return { code: error.name, status: error.$metadata.httpStatusCode, message: error.message };
}

export async function codeOf(call: Promise<unknown>): Promise<string> {
	return (await refusalOf(call)).code;
}

/** Lets the endpoint receive what was sent, however long that takes. */
export async function until(condition: () => boolean): Promise<void> {
	while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
