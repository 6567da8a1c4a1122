/** Reads of EC2. */
import {
	type _InstanceType,
	paginateDescribeImages,
	paginateDescribeInstances,
	paginateDescribeSpotInstanceRequests,
	paginateDescribeSpotPriceHistory,
	paginateDescribeSubnets,
} from "@aws-sdk/client-ec2";
import type { Image, Instance, RegionFacts, SpotPrice, SpotRequest, Subnet } from "../../core/model/facts.ts";
import { type AccountRegion, describeAccount } from "../../core/supply/accounts.ts";
import { errorMessage, FleetError } from "../../errors.ts";
import type { Clock, Fleet, FleetQuery } from "../../tick/ports.ts";
import type { Ec2Clients } from "./client.ts";
import { adviceFor, adviceForRole, codeOf } from "./errors.ts";
import { RoleError } from "./roles.ts";

/** States in which an instance still bears its name. */
const NOT_TERMINATED = ["pending", "running", "shutting-down", "stopping", "stopped"];
/** The most that EC2 gives in one answer. */
const PAGE = 1_000;

export class Ec2Fleet implements Fleet {
	readonly #clients: Ec2Clients;
	readonly #typeTag: string;
	readonly #clock: Clock;

	constructor(clients: Ec2Clients, typeTag: string, clock: Clock) {
		this.#clients = clients;
		this.#typeTag = typeTag;
		this.#clock = clock;
	}

	async read(query: FleetQuery): Promise<RegionFacts> {
		const { region, role } = query;
		const [instances, subnets, images, spotPrices, spotRequests] = await Promise.all([
			describing("instances", query, () => this.#instances(query)),
			describing("subnets", query, () => this.#subnets(query)),
			describing("images", query, () => this.#images(query)),
			describing("spot prices", query, () => this.#spotPrices(query)),
			describing("spot requests", query, () => this.#spotRequests(query)),
		]);
		return { region, role, instances, subnets, images, spotPrices, spotRequests };
	}

	/** All that are not terminated, whatever their type: each may bear a name that a new one would get. */
	async #instances(account: AccountRegion): Promise<readonly Instance[]> {
		const { region, role } = account;
		const pages = paginateDescribeInstances(
			{ client: this.#clients.for(account), pageSize: PAGE },
			{ Filters: [{ Name: "instance-state-name", Values: NOT_TERMINATED }] },
		);
		const instances: Instance[] = [];
		for await (const page of pages) {
			for (const instance of (page.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? [])) {
				const tags = new Map((instance.Tags ?? []).map(({ Key, Value }) => [Key, Value ?? ""]));
				instances.push({
					instanceId: given(instance.InstanceId, "an instance's id"),
					region,
					role,
					availabilityZone: instance.Placement?.AvailabilityZone ?? "",
					state: given(instance.State?.Name, "an instance's state"),
					mozType: tags.get(this.#typeTag) ?? null,
					name: tags.get("Name") || null,
					ours: tags.has("moz-created"),
					lifecycle: instance.InstanceLifecycle === "spot" ? "spot" : "on-demand",
					launchedAt: seconds(given(instance.LaunchTime, "an instance's launch time")),
					instanceType: instance.InstanceType ?? "",
					imageId: instance.ImageId ?? "",
					virtualizationType: instance.VirtualizationType ?? "",
					rootDeviceType: instance.RootDeviceType ?? "",
					loaned: tags.has("moz-loaned-to"),
					mozState: tags.get("moz-state") ?? null,
				});
			}
		}
		return instances;
	}

	async #subnets({ subnetIds, ...account }: FleetQuery): Promise<readonly Subnet[]> {
		if (subnetIds.length === 0) return [];
		const pages = paginateDescribeSubnets(
			{ client: this.#clients.for(account), pageSize: PAGE },
			// A filter, not a list of ids: an id that is gone makes no answer, instead of none at all.
			{ Filters: [{ Name: "subnet-id", Values: [...subnetIds] }] },
		);
		const subnets: Subnet[] = [];
		for await (const page of pages) {
			for (const subnet of page.Subnets ?? []) {
				subnets.push({
					subnetId: given(subnet.SubnetId, "a subnet's id"),
					availabilityZone: given(subnet.AvailabilityZone, "a subnet's zone"),
					freeAddresses: given(subnet.AvailableIpAddressCount, "a subnet's free addresses"),
				});
			}
		}
		return subnets;
	}

	/** Available images of the own account that are tagged for one of the types. */
	async #images({ mozTypes, ...account }: FleetQuery): Promise<readonly Image[]> {
		if (mozTypes.length === 0) return [];
		const pages = paginateDescribeImages(
			{ client: this.#clients.for(account), pageSize: PAGE },
			{
				Owners: ["self"],
				Filters: [
					{ Name: `tag:${this.#typeTag}`, Values: [...mozTypes] },
					{ Name: "tag:Name", Values: ["spot-*"] },
					{ Name: "state", Values: ["available"] },
				],
			},
		);
		const images: Image[] = [];
		for await (const page of pages) {
			for (const image of page.Images ?? []) {
				images.push({
					imageId: given(image.ImageId, "an image's id"),
					mozType: given(image.Tags?.find(({ Key }) => Key === this.#typeTag)?.Value, "an image's type tag"),
					createdAt: seconds(new Date(given(image.CreationDate, "an image's creation date"))),
					devices: (image.BlockDeviceMappings ?? []).flatMap(({ DeviceName, Ebs }) =>
						DeviceName === undefined ? [] : [{ deviceName: DeviceName, size: Ebs?.VolumeSize ?? null }],
					),
				});
			}
		}
		return images;
	}

	/** The prices of now: the history from now on begins with those in force. */
	async #spotPrices({ spotProducts, ...account }: FleetQuery): Promise<readonly SpotPrice[]> {
		const prices = await Promise.all(
			spotProducts.map(({ productDescription, instanceTypes }) =>
				this.#pricesOf(account, productDescription, instanceTypes),
			),
		);
		return prices.flat();
	}

	async #pricesOf(
		account: AccountRegion,
		productDescription: string,
		names: readonly string[],
	): Promise<readonly SpotPrice[]> {
		const pages = paginateDescribeSpotPriceHistory(
			{ client: this.#clients.for(account), pageSize: PAGE },
			{
				InstanceTypes: instanceTypes(names),
				ProductDescriptions: [productDescription],
				StartTime: new Date(this.#clock.now() * 1000),
			},
		);
		const prices: SpotPrice[] = [];
		for await (const page of pages) {
			for (const price of page.SpotPriceHistory ?? []) {
				prices.push({
					availabilityZone: given(price.AvailabilityZone, "a spot price's zone"),
					instanceType: given(price.InstanceType, "a spot price's EC2 instance type"),
					productDescription,
					price: Number(given(price.SpotPrice, "a spot price")),
				});
			}
		}
		return prices;
	}

	async #spotRequests({ spotProducts, ...account }: FleetQuery): Promise<readonly SpotRequest[]> {
		const names = [...new Set(spotProducts.flatMap((product) => product.instanceTypes))];
		if (names.length === 0) return [];
		const pages = paginateDescribeSpotInstanceRequests(
			{ client: this.#clients.for(account), pageSize: PAGE },
			{ Filters: [{ Name: "launch.instance-type", Values: names }] },
		);
		const requests: SpotRequest[] = [];
		for await (const page of pages) {
			for (const request of page.SpotInstanceRequests ?? []) {
				requests.push({
					// A request that is not fulfilled names its zone in its launch specification, if at all.
					availabilityZone:
						request.LaunchedAvailabilityZone ?? request.LaunchSpecification?.Placement?.AvailabilityZone ?? "",
					instanceType: request.LaunchSpecification?.InstanceType ?? "",
					createdAt: seconds(given(request.CreateTime, "a spot request's time")),
					statusCode: request.Status?.Code ?? "",
				});
			}
		}
		return requests;
	}
}

/** Says of any error what was being read, and where. */
async function describing<T>(what: string, account: AccountRegion, read: () => Promise<T>): Promise<T> {
	try {
		return await read();
	} catch (error) {
		if (error instanceof RoleError) {
			throw new FleetError(
				error.code,
				`${error.message}, so ${account.region} is left out of this run for the types that are launched with it.${adviceForRole(error.code)}`,
				{ cause: error },
			);
		}
		const code = codeOf(error);
		const why = errorMessage(error);
		throw new FleetError(
			code,
			`Reading the ${what} of ${describeAccount(account)} failed (${code}: ${why}), so the region is left out of this run.${adviceFor(code)}`,
			{ cause: error },
		);
	}
}

/** EC2's schema has every field optional; one that we count on is never taken for zero in silence. */
function given<T>(value: T | undefined, what: string): T {
	if (value === undefined) throw new TypeError(`EC2's answer lacks ${what}`);
	return value;
}

function seconds(time: Date): number {
	return Math.floor(time.getTime() / 1000);
}

/** The SDK's own list of EC2 instance types is always behind EC2's, so the configuration may name others. */
function instanceTypes(names: readonly string[]): _InstanceType[] {
	return names.map((name) => name as _InstanceType);
}
