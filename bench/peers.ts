/** How other tools launch machines: their pattern of calls, written afresh, on the same endpoint as ours. */
import {
	CreateTagsCommand,
	DescribeImagesCommand,
	DescribeSubnetsCommand,
	EC2Client,
	EC2ServiceException,
	RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import type { Timer } from "../src/adapters/timer.ts";
import {
	type Measured,
	measureAtScale,
	type Naming,
	type Scale,
	type ScaleStage,
} from "../test/harness/launch-at-scale.ts";

type Launch = (args: Scale & { readonly count: number }) => Promise<Measured>;

/** Milliseconds before a throttled call is repeated. Doubled each time, up to the maximum; it never gives up. */
const FIRST_PAUSE = 500;
const MAX_PAUSE = 20_000;
/** Milliseconds for which the original waits after each machine. */
const ORIGINAL_PAUSE = 500;

export interface Peer {
	readonly name: string;
	/** Which of our ways of naming does as much for the machines. */
	readonly counterpart: Naming;
	readonly launch: Launch;
}

export const PEERS: readonly Peer[] = [
	{
		name: "one RunInstances per machine, one after another",
		counterpart: "no names",
		launch: withClient(async ({ count, client, timer, region }) => {
			for (let index = 0; index < count; index += 1) await launchOne(client, timer, region);
		}),
	},
	{
		name: "one RunInstances per machine, all at once",
		counterpart: "no names",
		launch: withClient(async ({ count, client, timer, region }) => {
			await Promise.all(Array.from({ length: count }, () => launchOne(client, timer, region)));
		}),
	},
	{
		name: "4 calls and 0.5 s per machine, one after another, as the original did",
		counterpart: "{fqdn}",
		launch: withClient(async ({ count, client, timer, region }) => {
			for (let index = 0; index < count; index += 1) {
				await patiently(timer, () => client.send(new DescribeImagesCommand({ Owners: ["self"], MaxResults: 1000 })));
				await patiently(timer, () => client.send(new DescribeSubnetsCommand({ MaxResults: 1000 })));
				const instanceId = await launchOne(client, timer, region);
				const tags = [{ Key: "Name", Value: `bld-${index}` }];
				await patiently(timer, () => client.send(new CreateTagsCommand({ Resources: [instanceId], Tags: tags })));
				await timer.sleep(ORIGINAL_PAUSE);
			}
		}),
	},
];

interface PeerStage extends Pick<ScaleStage, "timer"> {
	readonly count: number;
	readonly client: EC2Client;
	readonly region: string;
}

/** In the first region: none of the others spreads its machines. */
function withClient(body: (stage: PeerStage) => Promise<void>): Launch {
	return async ({ count, ...scale }) => {
		const [region = ""] = scale.regions;
		return measureAtScale(scale, async ({ timer }) => {
			// The SDK's own retries would wait in real time.
			const client = new EC2Client({ region, maxAttempts: 1 });
			await body({ count, client, timer, region }).finally(() => client.destroy());
		});
	};
}

async function launchOne(client: EC2Client, timer: Timer, region: string): Promise<string> {
	const { Instances = [] } = await patiently(timer, () =>
		client.send(
			new RunInstancesCommand({
				ImageId: "ami-1",
				InstanceType: "c6i.xlarge",
				SubnetId: `subnet-${region}a`,
				MinCount: 1,
				MaxCount: 1,
			}),
		),
	);
	return Instances[0]?.InstanceId ?? "";
}

async function patiently<T>(timer: Timer, call: () => Promise<T>): Promise<T> {
	for (let pause = FIRST_PAUSE; ; pause = Math.min(MAX_PAUSE, 2 * pause)) {
		try {
			return await call();
		} catch (error) {
			if (!(error instanceof EC2ServiceException) || error.name !== "RequestLimitExceeded") throw error;
			await timer.sleep(pause);
		}
	}
}
