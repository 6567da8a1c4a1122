/** Where a pool's instances can be launched: regions, subnets, and images. */

import { type Pool, poolKey } from "../demand/pool.ts";
import type { Image, Subnet } from "../model/facts.ts";
import type { BlockDevice, Lifecycle, Policy, Region, Role, TypeConfig } from "../model/policy.ts";
import { type AccountRegion, describeAccount, isAccountOf } from "../supply/accounts.ts";
import type { Brake } from "./brake.ts";
import { imageCap } from "./caps.ts";
import { launchDevices } from "./devices.ts";
import type { RegionIndex } from "./region-index.ts";
import { tagsAdded } from "./templates.ts";

/** One way to launch. */
export interface Placement {
	readonly lifecycle: Lifecycle;
	readonly region: Region;
	readonly role: Role;
	readonly availabilityZone: string;
	readonly subnetId: string;
	readonly instanceType: string;
	/** An image ID, or `resolve:ssm:…`. */
	readonly imageId: string;
	readonly devices: readonly BlockDevice[];
	/** Tags that the launch template adds to an instance. Default: none. */
	readonly templateTags?: number;
	/** USD per hour; null for on-demand. */
	readonly maxPrice: number | null;
	/** The market's price when the plan was made, USD per hour; null: unknown, or on-demand. */
	readonly spotPrice: number | null;
	/** The configured price, USD per hour; null: not configured, or spot. */
	readonly onDemandPrice: number | null;
	/** Keys of the caps that a launch here counts against. */
	readonly caps: readonly string[];
}

/** Why a placement was skipped, or why a request was not served; reason codes of the report. */
export type SkipCode =
	| "no-capacity"
	| "no-price"
	| "no-rules"
	| "no-subnet"
	| "template"
	| "cap-global"
	| "cap-region"
	| "cap-cost"
	| "timeout"
	| "error";

/** A placement, or a whole lifecycle, that the plan leaves out. */
export interface SkippedPlacement {
	readonly code: SkipCode;
	readonly message: string;
}

/** What the phases of a pool are planned from. */
export interface PhaseInput {
	readonly policy: Policy;
	readonly type: TypeConfig;
	/** Regions in which the type can be launched. */
	readonly regions: readonly TypeRegionIndex[];
	/** Placements that are skipped in every phase: their region could not be read, or their subnet does not exist. */
	readonly skipped: readonly SkippedPlacement[];
	/** Keys of the pool's own caps on all its placements. */
	readonly poolCaps: readonly string[];
	readonly brake: Brake;
	/** The ceiling on the cost of all types together, USD per hour; null: none. */
	readonly maxHourlyCost: number | null;
	/** Seconds since 1970, UTC. */
	readonly now: number;
}

/** A region in which a type can be launched. */
export interface TypeRegionIndex {
	readonly index: RegionIndex;
	/** Those the type may use, best first. */
	readonly subnets: readonly Subnet[];
	readonly images: readonly UsableImage[];
}

/** An image with the devices and caps of a launch from it. */
export type UsableImage = Pick<Placement, "imageId" | "devices" | "templateTags" | "caps">;

/**
 * The regions in which a pool can be launched, each with its subnets and images.
 * @param accounts facts of the accounts and regions that the type is launched in
 */
export function regionsFor(args: {
	readonly pool: Pool;
	readonly type: TypeConfig;
	readonly accounts: readonly RegionIndex[];
	readonly latestAmiPercentage: number;
}): readonly TypeRegionIndex[] {
	const { pool, type, accounts, latestAmiPercentage } = args;
	return accounts.flatMap((index) => {
		const region = type.regions[index.region];
		if (region === undefined) return [];
		const { subnetIds, ami, deviceMap } = region;
		const [newest, previous] = index.images(type.mozType);
		const templateTags = tagsAdded(index, region, "instance");
		const from = (imageId: string, devices: Image["devices"] | null, caps: readonly string[]): UsableImage => ({
			imageId,
			devices: launchDevices(deviceMap, devices),
			...(templateTags === 0 ? {} : { templateTags }),
			caps,
		});
		const on = ({ imageId, devices }: Image, caps: readonly string[]) => from(imageId, devices, caps);
		const images = () => {
			if (newest === undefined) return [from(ami, null, [])];
			if (previous === undefined || latestAmiPercentage === 100) return [on(newest, [])];
			const key = poolKey(pool);
			return [on(newest, [imageCap(key, "newest")]), on(previous, [imageCap(key, "previous")])];
		};
		return [{ index, subnets: index.subnets(subnetIds), images: images() }];
	});
}

/** A skip for each region of the type that could not be read. */
export function skipUnread(
	unread: readonly AccountRegion[],
	policy: Policy,
	type: TypeConfig,
): readonly SkippedPlacement[] {
	return unread
		.filter((one) => type.regions[one.region] !== undefined && isAccountOf(policy, type.mozType, one))
		.map((one) => ({ code: "error", message: `${describeAccount(one)} could not be read` }));
}

/** A skip for each configured subnet that the type's account does not have. */
export function skipMissingSubnets(accounts: readonly RegionIndex[], type: TypeConfig): readonly SkippedPlacement[] {
	return accounts.flatMap((index) =>
		index.missingSubnets(type.regions[index.region]?.subnetIds ?? []).map(
			(subnetId): SkippedPlacement => ({
				code: "no-subnet",
				message: `${type.mozType}: subnet ${subnetId} does not exist in ${describeAccount(index)}. Correct subnet_ids in the type's file`,
			}),
		),
	);
}
