/** Spot pools: EC2 reclaims the instances of one together, so the machines of a type can be spread over several. */

import { compareText } from "../demand/pool.ts";
import type { Instance } from "../model/facts.ts";
import type { MozType, Policy, Region, Role } from "../model/policy.ts";
import { isAccountOf } from "../supply/accounts.ts";
import { isLive } from "../supply/supply.ts";
import type { RegionIndex } from "./region-index.ts";

/** The unit of EC2's spot capacity, which EC2 calls a Spot capacity pool. */
export interface SpotPoolId {
	readonly instanceType: string;
	readonly availabilityZone: string;
	/** Stands for the account. */
	readonly role: Role;
}

/** What a type has in a spot pool. */
export interface SpotPool extends SpotPoolId {
	readonly mozType: MozType;
	readonly region: Region;
	/** Live spot machines of the type, loaned and unready ones included. */
	readonly live: number;
	/** Instances of any type that EC2 reclaimed in the last 15 minutes. */
	readonly reclaimed: number;
	/** Market price, USD per hour; null: unknown. */
	readonly spotPrice: number | null;
	/** Of the type's rule for the EC2 instance type; null: the type has none. */
	readonly performanceConstant: number | null;
}

/** The same text for the same type in the same spot pool. */
export function spotPoolKey(mozType: MozType, { instanceType, availabilityZone, role }: SpotPoolId): string {
	return JSON.stringify([mozType, instanceType, availabilityZone, role]);
}

/**
 * The spot pools of some types: those that their rules and subnets allow, and those in which they have live machines.
 * @param args.accounts those that could be read
 * @param args.now seconds since 1970, UTC
 */
export function spotPools(args: {
	readonly policy: Policy;
	readonly mozTypes: readonly MozType[];
	readonly instances: readonly Instance[];
	readonly accounts: readonly RegionIndex[];
	readonly now: number;
}): readonly SpotPool[] {
	const { policy, accounts, now } = args;
	const live = args.instances.filter((one) => one.lifecycle === "spot" && isLive(one));
	const byType = Map.groupBy(live, ({ mozType }) => mozType);
	return args.mozTypes.flatMap((mozType) => {
		const machines = byType.get(mozType) ?? [];
		const counts = Map.groupBy(machines, (one) => spotPoolKey(mozType, one));
		const candidates = [
			...accounts
				.filter((index) => isAccountOf(policy, mozType, index))
				.flatMap((index) => candidatesIn(policy, mozType, index)),
			...machines,
		];
		const distinct = new Map(candidates.map((candidate) => [spotPoolKey(mozType, candidate), candidate]));
		return [...distinct]
			.toSorted(([a], [b]) => compareText(a, b))
			.map(([key, { region, role, availabilityZone, instanceType }]): SpotPool => {
				const index = accounts.find((one) => one.region === region && one.role === role);
				const rules = (policy.spotRules[mozType] ?? []).filter((rule) => rule.instanceType === instanceType);
				const [rule] = rules.toSorted((a, b) => b.performanceConstant - a.performanceConstant);
				return {
					...{ mozType, region, role, availabilityZone, instanceType },
					live: counts.get(key)?.length ?? 0,
					reclaimed: index?.recentRequests(instanceType, availabilityZone, now).reclaimed ?? 0,
					spotPrice: rule === undefined ? null : (index?.spotPrice(rule, availabilityZone) ?? null),
					performanceConstant: rule?.performanceConstant ?? null,
				};
			});
	});
}

/** What a type's rules, limits, and subnets allow in an account. */
function candidatesIn(
	policy: Policy,
	mozType: MozType,
	index: RegionIndex,
): readonly (SpotPoolId & { region: Region })[] {
	const { region, role } = index;
	if (policy.spotLimits.regions[region]?.[mozType] === undefined) return [];
	const zones = index.subnets(policy.types[mozType]?.regions[region]?.subnetIds ?? []);
	return zones.flatMap(({ availabilityZone }) =>
		(policy.spotRules[mozType] ?? [])
			.filter(({ ignoredAzs }) => !ignoredAzs.includes(availabilityZone))
			.map(({ instanceType }) => ({ region, role, availabilityZone, instanceType })),
	);
}
