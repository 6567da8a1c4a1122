/** What EC2 gave for a request. */

import type { LaunchRequest, Refusal } from "./refusal.ts";

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

/** What an outcome means for a launch run. */
export interface Settlement {
	/** Why instances are missing; null if none are. */
	readonly refusal: Refusal | null;
	/** Keys of caps whose room changed. */
	readonly freed: readonly string[];
}

/**
 * The names of a request that no instance can have by now. Names are given out in order, so an instance whose naming
 * failed may have one of the first that no other instance has.
 */
export function unusedNames({ names }: LaunchRequest, { launched }: Outcome): readonly string[] {
	const used = launched.map(({ name }) => name);
	const nameless = used.filter((name) => name === null).length;
	return (names ?? []).filter((name) => !used.includes(name)).slice(nameless);
}
