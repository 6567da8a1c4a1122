/** Reads of EC2. */
import {
	type _InstanceType,
	DescribeImagesCommand,
	DescribeInstancesCommand,
	DescribeSpotInstanceRequestsCommand,
	DescribeSpotPriceHistoryCommand,
	DescribeSubnetsCommand,
} from "@aws-sdk/client-ec2";
import type {
	Image,
	MachineFacts,
	RegionFacts,
	SpotPrice,
	SpotRequest,
	Subnet,
	TemplateFacts,
} from "../../core/model/facts.ts";
import { type AccountRegion, describeAccount } from "../../core/supply/accounts.ts";
import { errorMessage, FleetError } from "../../errors.ts";
import type { Clock, Fleet, FleetQuery } from "../../tick/ports.ts";
import { adviceFor } from "./advice.ts";
import type { Call, Ec2Clients, Patience } from "./client.ts";
import { given, instanceOf, isPast, positive, seconds, terminatedInstance } from "./described.ts";
import { codeOf, DeadlineError, UnreadAnswer } from "./errors.ts";
import { RoleError } from "./roles.ts";
import { readTemplate } from "./templates.ts";

/** Maximum number of results in one answer of EC2. */
const PAGE = 1_000;
/** A million instances: no account has as many. */
const MAX_PAGES = 1_000;
/** Milliseconds of the timer for all reads of a region: nothing is sent after the first, or awaited after the second. */
const READ_SEND = 25_000;
const READ_WAIT = 30_000;
/** Each page is tried up to four times, for so many milliseconds. */
const READ_TRIES = 4;
const READ_TRY = 15_000;
/** Seconds of difference between two clocks from which on EC2's counts. */
const CLOCK_TOLERANCE = 60;

type Send<Page> = Call<Page>["send"];

/** A listing, page by page. */
interface Listing<Page> {
	readonly action: string;
	readonly send: (
		client: Parameters<Send<Page>>[0],
		page: { readonly MaxResults: number; readonly NextToken?: string },
		options: Parameters<Send<Page>>[1],
	) => Promise<Page>;
}

/** What a read calls, and until when. */
interface Account extends AccountRegion {
	readonly patience: Patience;
}
type Query = Account & FleetQuery;

export class Ec2Fleet implements Fleet {
	readonly #clients: Ec2Clients;
	readonly #typeTag: string;
	readonly #clock: Clock;

	constructor(clients: Ec2Clients, typeTag: string, clock: Clock) {
		this.#clients = clients;
		this.#typeTag = typeTag;
		this.#clock = clock;
	}

	async read(fleetQuery: FleetQuery): Promise<RegionFacts> {
		const { region, role } = fleetQuery;
		const query = { ...fleetQuery, patience: this.#patience() };
		const instances = describing("instances", query, () => this.#instances(query));
		const machines = async (): Promise<MachineFacts> => {
			const shown = await instances;
			return { region, role, clockOffset: this.#clients.clockOffset(query), ...shown };
		};
		try {
			const [subnets, images, spotPrices, spotRequests, templates] = await Promise.all([
				describing("subnets", query, () => this.#subnets(query)),
				describing("images", query, () => this.#images(query)),
				describing("spot prices", query, () => this.#spotPrices(query)),
				describing("spot requests", query, () => this.#spotRequests(query)),
				describing("launch templates", query, () => this.#templates(query)),
				instances,
			]);
			return { ...(await machines()), subnets, images, spotPrices, spotRequests, templates };
		} catch (error) {
			const known = await machines().catch(() => null);
			throw error instanceof FleetError && known !== null ? error.with(known) : error;
		}
	}

	/**
	 * All that are not terminated, whatever their type: each may have a name that a new one would get. And of ours, those
	 * that have ended.
	 */
	async #instances(account: Account): Promise<Pick<MachineFacts, "instances" | "terminated">> {
		const pages = await this.#pages(account, {
			action: "DescribeInstances",
			send: (client, page, options) => client.send(new DescribeInstancesCommand(page), options),
		});
		const machines = pages
			.flatMap(({ Reservations = [] }) => Reservations)
			.flatMap(({ Instances }) => given(Instances, "a reservation's instances"))
			.map((described) => ({ described, instance: instanceOf(account, this.#typeTag, described) }));
		return {
			instances: machines.map(({ instance }) => instance).filter(({ state }) => state !== "terminated"),
			terminated: machines.flatMap(({ described, instance }) => terminatedInstance(instance, described)),
		};
	}

	async #subnets({ subnetIds, ...account }: Query): Promise<readonly Subnet[]> {
		if (subnetIds.length === 0) return [];
		const pages = await this.#pages(account, {
			action: "DescribeSubnets",
			send: (client, page, options) =>
				client.send(
					// A filter, not a list of ids: an id that is gone would make EC2 refuse the call.
					new DescribeSubnetsCommand({ ...page, Filters: [{ Name: "subnet-id", Values: [...subnetIds] }] }),
					options,
				),
		});
		return pages
			.flatMap(({ Subnets = [] }) => Subnets)
			.map((subnet) => ({
				subnetId: given(subnet.SubnetId, "a subnet's id"),
				availabilityZone: given(subnet.AvailabilityZone, "a subnet's zone"),
				freeAddresses: given(subnet.AvailableIpAddressCount, "a subnet's free addresses"),
			}));
	}

	/** Available images of the account that are tagged for one of the types. */
	async #images({ mozTypes, ...account }: Query): Promise<readonly Image[]> {
		if (mozTypes.length === 0) return [];
		const filters = [
			{ Name: `tag:${this.#typeTag}`, Values: [...mozTypes] },
			{ Name: "tag:Name", Values: ["spot-*"] },
			{ Name: "state", Values: ["available"] },
		];
		const pages = await this.#pages(account, {
			action: "DescribeImages",
			send: (client, page, options) =>
				client.send(new DescribeImagesCommand({ ...page, Owners: ["self"], Filters: filters }), options),
		});
		return pages
			.flatMap(({ Images = [] }) => Images)
			.map((image) => ({
				imageId: given(image.ImageId, "an image's id"),
				mozType: given(image.Tags?.find(({ Key }) => Key === this.#typeTag)?.Value, "an image's type tag"),
				createdAt: seconds(new Date(given(image.CreationDate, "an image's date")), "an image's date"),
				deprecated: isPast(image.DeprecationTime, this.#clock.now() + this.#clients.clockOffset(account)),
				devices: (image.BlockDeviceMappings ?? []).flatMap(({ DeviceName, Ebs }) =>
					DeviceName === undefined ? [] : [{ deviceName: DeviceName, size: Ebs?.VolumeSize ?? null }],
				),
			}));
	}

	/** The prices of now, by EC2's clock. */
	async #spotPrices(query: Query): Promise<readonly SpotPrice[]> {
		const assumed = this.#clients.clockOffset(query);
		const read = async () => {
			const prices = query.spotProducts.map((product) => this.#pricesOf(query, product));
			return (await Promise.all(prices)).flat();
		};
		// The first answer tells EC2's time, and prices of another time are not those in force.
		const isWrongTime = () => Math.abs(this.#clients.clockOffset(query) - assumed) > CLOCK_TOLERANCE;
		const prices = await read().catch((error: unknown) => {
			if (isWrongTime()) return null;
			throw error;
		});
		return prices === null || isWrongTime() ? read() : prices;
	}

	async #pricesOf(
		account: Account,
		{ productDescription, instanceTypes }: FleetQuery["spotProducts"][number],
	): Promise<readonly SpotPrice[]> {
		const now = this.#clock.now() + this.#clients.clockOffset(account);
		const pages = await this.#pages(account, {
			action: "DescribeSpotPriceHistory",
			send: (client, page, options) =>
				client.send(
					new DescribeSpotPriceHistoryCommand({
						...page,
						InstanceTypes: ec2InstanceTypes(instanceTypes),
						ProductDescriptions: [productDescription],
						// The history from now on begins with the prices in force.
						StartTime: new Date(now * 1000),
					}),
					options,
				),
		});
		return pages
			.flatMap(({ SpotPriceHistory = [] }) => SpotPriceHistory)
			.map((price) => ({
				availabilityZone: given(price.AvailabilityZone, "a spot price's zone"),
				instanceType: given(price.InstanceType, "a spot price's EC2 instance type"),
				productDescription,
				price: positive(price.SpotPrice, "a spot price"),
			}));
	}

	async #spotRequests({ spotProducts, ...account }: Query): Promise<readonly SpotRequest[]> {
		const names = [...new Set(spotProducts.flatMap((product) => product.instanceTypes))];
		if (names.length === 0) return [];
		const pages = await this.#pages(account, {
			action: "DescribeSpotInstanceRequests",
			send: (client, page, options) =>
				client.send(
					new DescribeSpotInstanceRequestsCommand({
						...page,
						Filters: [{ Name: "launch.instance-type", Values: names }],
					}),
					options,
				),
		});
		return pages
			.flatMap(({ SpotInstanceRequests = [] }) => SpotInstanceRequests)
			.map(({ Status, ...request }) => ({
				// A request that is not fulfilled names its zone in its launch specification, if at all.
				availabilityZone:
					request.LaunchedAvailabilityZone ?? request.LaunchSpecification?.Placement?.AvailabilityZone ?? "",
				instanceType: request.LaunchSpecification?.InstanceType ?? "",
				createdAt: seconds(request.CreateTime, "a spot request's time"),
				statusCode: Status?.Code ?? "",
				statusAt: Status?.UpdateTime === undefined ? null : seconds(Status.UpdateTime, "a spot request's status"),
			}));
	}

	async #templates(query: Query): Promise<readonly TemplateFacts[]> {
		return Promise.all(query.templates.map((template) => readTemplate(this.#clients, query, template, query.patience)));
	}

	/** @throws UnreadAnswer if a page is not EC2's, or if the pages have no end */
	async #pages<Page extends { readonly NextToken?: string | undefined }>(
		account: Account,
		{ action, send }: Listing<Page>,
	): Promise<readonly Page[]> {
		const pages: Page[] = [];
		const tokens = new Set<string>();
		let next: string | null = null;
		do {
			const page: Parameters<typeof send>[1] = { MaxResults: PAGE, ...(next === null ? {} : { NextToken: next }) };
			const answer: Page = await this.#clients.call(account, {
				action,
				instances: 0,
				patience: account.patience,
				send: (client, options) => send(client, page, options),
			});
			pages.push(answer);
			next = answer.NextToken || null;
			if (next !== null && (tokens.has(next) || tokens.size === MAX_PAGES)) {
				throw UnreadAnswer.document(`page ${pages.length} leads back, or to too many more`);
			}
			if (next !== null) tokens.add(next);
		} while (next !== null);
		return pages;
	}

	/** For all reads of a region together, so that one that hangs holds up the others only for so long. */
	#patience(): Patience {
		const now = this.#clients.timer.now();
		return { sendUntil: now + READ_SEND, waitUntil: now + READ_WAIT, tries: READ_TRIES, tryTimeout: READ_TRY };
	}
}

/** Adds to any error what was being read, and where. */
async function describing<T>(what: string, account: AccountRegion, read: () => Promise<T>): Promise<T> {
	try {
		return await read();
	} catch (error) {
		if (error instanceof RoleError) {
			throw new FleetError(
				error.code,
				`${error.message}, so ${account.region} is skipped in this run for the types that are launched with it.${error.advice}`,
				{ cause: error },
			);
		}
		const late = error instanceof DeadlineError;
		const code = late ? "timeout" : codeOf(error);
		const cause = late ? "there was no time left for it" : `${code}: ${errorMessage(error)}`;
		throw new FleetError(
			code,
			`Reading the ${what} of ${describeAccount(account)} failed (${cause}), so the region is skipped in this run.${late ? "" : adviceFor(code)}`,
			{ cause: error },
		);
	}
}

/** The SDK's own list of EC2 instance types is always behind EC2's, so the configuration may name others. */
function ec2InstanceTypes(names: readonly string[]): _InstanceType[] {
	return names.map((name) => name as _InstanceType);
}
