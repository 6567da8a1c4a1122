/** Launching on EC2. */
import { createHash } from "node:crypto";
import {
	type _InstanceType,
	type BlockDeviceMapping,
	CreateTagsCommand,
	RunInstancesCommand,
	type RunInstancesCommandInput,
	type Tag,
	type TagSpecification,
	type VolumeType,
} from "@aws-sdk/client-ec2";
import type { BlockDevice, Policy, TypeRegion } from "../../core/policy.ts";
import { poolKey } from "../../core/pool.ts";
import type { LaunchedInstance, Order, Outcome } from "../../core/walk.ts";
import type { Clock, Launcher } from "../../ports.ts";
import type { Ec2Clients } from "./client.ts";
import { adviceFor, codeOf, refusalKind } from "./errors.ts";

/** The workflow run that launches. */
export interface Run {
	/** The same for a retry and a re-run of one run. */
	readonly id: string;
	/** Page of the run; null outside GitHub. */
	readonly url: string | null;
}

export class Ec2Launcher implements Launcher {
	readonly #clients: Ec2Clients;
	readonly #policy: Policy;
	readonly #run: Run;
	readonly #clock: Clock;

	constructor(clients: Ec2Clients, policy: Policy, run: Run, clock: Clock) {
		this.#clients = clients;
		this.#policy = policy;
		this.#run = run;
		this.#clock = clock;
	}

	/** One `RunInstances` for the whole order, then, where more than one was launched, a name for each. */
	async launch(order: Order): Promise<Outcome> {
		const { attempt, names } = order;
		let instanceIds: readonly string[];
		try {
			const reservation = await this.#clients.for(attempt.region).send(new RunInstancesCommand(this.#request(order)));
			instanceIds = (reservation.Instances ?? []).flatMap(({ InstanceId }) => InstanceId ?? []);
		} catch (error) {
			const code = codeOf(error);
			const why = error instanceof Error ? error.message : String(error);
			const message = `Launching ${order.count} ${attempt.lifecycle} ${attempt.instanceType} for ${order.pool.mozType} in ${attempt.availabilityZone} failed: ${why}${adviceFor(code)}`;
			return { launched: [], refusal: { kind: refusalKind(error), code, message }, faults: [] };
		}
		const named = order.count > 1 && names !== null ? await this.#nameAll(order, instanceIds, names) : null;
		return {
			launched:
				named?.launched ?? instanceIds.map((instanceId, index) => ({ instanceId, name: names?.[index] ?? null })),
			refusal:
				instanceIds.length < order.count
					? {
							kind: "no-capacity",
							code: "InsufficientInstanceCapacity",
							message: `EC2 gave ${instanceIds.length} of ${order.count} ${attempt.lifecycle} ${attempt.instanceType} in ${attempt.availabilityZone}`,
						}
					: null,
			faults: named?.faults ?? [],
		};
	}

	async #nameAll(
		order: Order,
		instanceIds: readonly string[],
		names: readonly string[],
	): Promise<Pick<Outcome, "launched" | "faults">> {
		const { region } = order.attempt;
		const faults: { code: string; message: string }[] = [];
		const launched = await Promise.all(
			instanceIds.map(async (instanceId, index): Promise<LaunchedInstance> => {
				const name = names[index] ?? null;
				if (name === null) return { instanceId, name };
				try {
					const tags = this.#nameTags(order, name);
					await this.#clients.for(region).send(new CreateTagsCommand({ Resources: [instanceId], Tags: tags }));
					return { instanceId, name };
				} catch (error) {
					const code = codeOf(error);
					const why = error instanceof Error ? error.message : String(error);
					const message = `Naming ${instanceId} in ${region} ${name} failed (${code}: ${why}); it runs without a name.${adviceFor(code)}`;
					faults.push({ code, message });
					return { instanceId, name: null };
				}
			}),
		);
		return { launched, faults };
	}

	#request(order: Order): RunInstancesCommandInput {
		const { attempt, count } = order;
		const config = this.#regionOf(order);
		const spot = attempt.lifecycle === "spot";
		const tags = this.#tags(order, config);
		const specifications: TagSpecification[] = [
			{ ResourceType: "instance", Tags: tags },
			{ ResourceType: "volume", Tags: tags },
			...(spot ? [{ ResourceType: "spot-instances-request" as const, Tags: tags }] : []),
		];
		return {
			ImageId: attempt.imageId,
			// The SDK's own list of EC2 instance types is always behind EC2's.
			InstanceType: attempt.instanceType as _InstanceType,
			MinCount: 1,
			MaxCount: count,
			ClientToken: this.#clientToken(order),
			NetworkInterfaces: [
				{
					DeviceIndex: 0,
					SubnetId: attempt.subnetId,
					Groups: [...config.securityGroupIds],
					AssociatePublicIpAddress: config.usePublicIp,
					DeleteOnTermination: true,
				},
			],
			...(config.sshKey === null ? {} : { KeyName: config.sshKey }),
			...(config.instanceProfileName === null ? {} : { IamInstanceProfile: { Name: config.instanceProfileName } }),
			...(config.deviceMap.length === 0 ? {} : { BlockDeviceMappings: config.deviceMap.map(blockDevice) }),
			...(spot
				? {
						InstanceMarketOptions: {
							MarketType: "spot",
							SpotOptions: {
								...(attempt.maxPrice === null ? {} : { MaxPrice: String(attempt.maxPrice) }),
								SpotInstanceType: "one-time",
								InstanceInterruptionBehavior: "terminate",
							},
						},
					}
				: {}),
			InstanceInitiatedShutdownBehavior: "terminate",
			MetadataOptions: { HttpEndpoint: "enabled", HttpTokens: "required", InstanceMetadataTags: "enabled" },
			TagSpecifications: specifications,
		};
	}

	/**
	 * The same for the same order of the same run, also when the run is started again: EC2 launches once per token. The
	 * count is not part of it, so an order that was made before with another count is refused rather than added to.
	 */
	#clientToken(order: Order): string {
		const { lifecycle, region, availabilityZone, subnetId, instanceType, imageId, maxPrice } = order.attempt;
		const place = [lifecycle, region, availabilityZone, subnetId, instanceType, imageId, maxPrice, order.ordinal];
		// EC2 takes at most 64 characters: a SHA-256 in hexadecimal.
		return createHash("sha256")
			.update(JSON.stringify([this.#run.id, poolKey(order.pool), ...place]))
			.digest("hex");
	}

	#tags(order: Order, config: TypeRegion): Tag[] {
		const [name] = order.names ?? [];
		const own: Record<string, string> = {
			...config.tags,
			[this.#policy.typeTag]: order.pool.mozType,
			"moz-state": "ready",
			"moz-created": String(this.#clock.now()),
			...(this.#run.url === null ? {} : { "moz-run-url": this.#run.url }),
		};
		const tags = Object.entries(own).map(([Key, Value]) => ({ Key, Value }));
		return order.count === 1 && name !== undefined ? [...tags, ...this.#nameTags(order, name)] : tags;
	}

	#nameTags(order: Order, name: string): Tag[] {
		const { domain } = this.#regionOf(order);
		const fqdn = domain === null ? [] : [{ Key: "FQDN", Value: `${name}.${domain}` }];
		return [{ Key: "Name", Value: name }, ...fqdn];
	}

	#regionOf({ pool, attempt }: Order): TypeRegion {
		const config = this.#policy.types[pool.mozType]?.regions[attempt.region];
		if (config === undefined) throw new RangeError(`${pool.mozType} has no configuration for ${attempt.region}`);
		return config;
	}
}

function blockDevice(device: BlockDevice): BlockDeviceMapping {
	if (device.ephemeralName !== null) return { DeviceName: device.deviceName, VirtualName: device.ephemeralName };
	const { size, volumeType, iops, throughput, encrypted, deleteOnTermination } = device;
	return {
		DeviceName: device.deviceName,
		Ebs: {
			...(size === null ? {} : { VolumeSize: size }),
			...(volumeType === null ? {} : { VolumeType: volumeType as VolumeType }),
			...(iops === null ? {} : { Iops: iops }),
			...(throughput === null ? {} : { Throughput: throughput }),
			...(encrypted === null ? {} : { Encrypted: encrypted }),
			...(deleteOnTermination === null ? {} : { DeleteOnTermination: deleteOnTermination }),
		},
	};
}
