/** One place to ask for capacity. */
import type { BlockDevice, Lifecycle, Region, Role } from "../../../../../src/core/model/policy.ts";

export interface Placement {
	readonly lifecycle: Lifecycle;
	readonly region: Region;
	readonly role: Role;
	readonly availabilityZone: string;
	readonly subnetId: string;
	readonly instanceType: string;
	/** An image id, or `resolve:ssm:…`. */
	readonly imageId: string;
	readonly devices: readonly BlockDevice[];
	/** USD per hour; null for on-demand. */
	readonly maxPrice: number | null;
	/** The market's price when the plan was made, USD per hour; null: not known, or on-demand. */
	readonly spotPrice: number | null;
	/** Keys of the ceilings that a launch here draws on. */
	readonly caps: readonly string[];
}

/** Why a place was not made an attempt, or why a request was not served; reason codes of the report. */
export type SkipCode = "no-capacity" | "no-price" | "no-rules" | "cap-global" | "cap-region" | "timeout" | "error";

/** A place, or a whole lifecycle, that was left out of the plan. */
export interface SkippedPlacement {
	readonly code: SkipCode;
	readonly message: string;
}
