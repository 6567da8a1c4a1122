/** What EC2 gave for a request. */

import type { Refusal } from "./refusal.ts";

export interface LaunchedInstance {
	/** Null in a dry run. */
	readonly instanceId: string | null;
	readonly name: string | null;
	/** EC2's terms, such as `hvm` and `ebs`; null in a dry run. */
	readonly virtualizationType: string | null;
	readonly rootDeviceType: string | null;
}

export interface Outcome {
	readonly launched: readonly LaunchedInstance[];
	/** Why fewer than `count` were launched; null if all were. */
	readonly refusal: Refusal | null;
	/** Problems with instances that were launched, such as a name that could not be set. */
	readonly namingFailures: readonly { readonly code: string; readonly message: string }[];
}
