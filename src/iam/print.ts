/** The permission policy of a configuration as text, and what a person should know about it. */
import type { Policy, Region } from "../core/model/policy.ts";
import { FORMATS, type Format } from "./formats.ts";
import { permissionPolicy } from "./permission-policy.ts";
import { assumedRoles, placesOf } from "./places.ts";
import { volumeBounds } from "./volumes.ts";

/** Characters of all inline policies of a role, without white space. Source: "IAM and AWS STS quotas". */
const LONGEST = 10_240;

export interface PolicyRequest {
	/** Account of the role that the run starts with, or a role that the configuration names. */
	readonly grantee: { readonly account: string } | { readonly role: string };
	readonly partition: string;
	readonly format: Format;
}

export interface PrintedPolicy {
	readonly text: string;
	/** Sentences. */
	readonly notes: readonly string[];
}

/** @param regions regions in use, in the partition */
export function printPolicy(policy: Policy, regions: readonly Region[], request: PolicyRequest): PrintedPolicy {
	const { grantee, partition, format } = request;
	const role = "role" in grantee ? grantee.role : null;
	const account = "account" in grantee ? grantee.account : (grantee.role.split(":")[4] ?? "");
	const document = permissionPolicy(policy, regions, { account, partition, role });
	const { length } = JSON.stringify(document);
	const roleName = role?.split("/").at(-1) ?? null;
	return {
		text: FORMATS[format](document, roleName),
		notes: [
			...(length > LONGEST
				? [`The policy has ${length} characters, but a role's inline policies may have ${LONGEST}. Use fewer regions.`]
				: []),
			...unboundedVolumes(policy, regions, role),
			...templatesByName(policy, regions, role),
			...(role === null
				? assumedRoles(policy, regions).map((one) => `${one} needs a policy of its own: print it with --role ${one}`)
				: []),
		],
	};
}

function unboundedVolumes(policy: Policy, regions: readonly Region[], role: string | null): readonly string[] {
	const places = placesOf(policy, regions, role);
	const { sizes, types } = volumeBounds(places);
	const unknown = [...(sizes === null ? ["size"] : []), ...(types === null ? ["volume_type"] : [])];
	if (places.length === 0 || unknown.length === 0) return [];
	return [
		`The policy can't limit volumes by ${unknown.join(" and ")}, because a device_map leaves that to the image. Set it for every volume.`,
	];
}

function templatesByName(policy: Policy, regions: readonly Region[], role: string | null): readonly string[] {
	const names = placesOf(policy, regions, role).flatMap(({ config }) => config.launchTemplate?.idOrName ?? []);
	return [...new Set(names)]
		.filter((name) => !name.startsWith("lt-"))
		.map((name) => `The policy allows every launch template of the region of "${name}". Configure it by its ID.`);
}
