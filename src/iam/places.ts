/** Who launches what: a configuration may name a role for a region or a type. */
import type { MozType, Policy, Region, Role, TypeRegion } from "../core/model/policy.ts";
import { roleOf } from "../core/supply/accounts.ts";

/** A type in a region in use, as the grantee launches it. */
export interface Place {
	readonly mozType: MozType;
	readonly region: Region;
	readonly config: TypeRegion;
}

/** Types and regions that a role launches in. */
export function placesOf(policy: Policy, regions: readonly Region[], role: Role): readonly Place[] {
	return Object.values(policy.types).flatMap(({ mozType, regions: configs }) =>
		regions.flatMap((region) => {
			const config = configs[region];
			return config === undefined || roleOf(policy, mozType, region) !== role ? [] : [{ mozType, region, config }];
		}),
	);
}

/** Roles that the run assumes, without duplicates. */
export function assumedRoles(policy: Policy, regions: readonly Region[]): readonly string[] {
	return [
		...new Set(
			Object.values(policy.types).flatMap(({ mozType, regions: configs }) =>
				regions.flatMap((region) => (configs[region] === undefined ? [] : (roleOf(policy, mozType, region) ?? []))),
			),
		),
	].toSorted();
}
