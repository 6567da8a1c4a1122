/** In which AWS account a type is launched. A role stands for the account that it belongs to. */
import { compareText } from "../demand/pool.ts";
import type { Instance, MachineFacts } from "../model/facts.ts";
import type { MozType, Policy, Region, Role } from "../model/policy.ts";

/** One account in one region: what is read, and launched in, as a whole. */
export interface AccountRegion {
	readonly region: Region;
	readonly role: Role;
}

/** An account that could not be read completely, so that nothing is launched there. */
export interface UnreadAccount extends AccountRegion {
	/** The instances, if they could be read; null: what runs there is unknown. */
	readonly machines: MachineFacts | null;
}

/** Orders accounts by region, then by role. */
export function compareAccounts(a: AccountRegion, b: AccountRegion): number {
	return compareText(a.region, b.region) || compareText(a.role ?? "", b.role ?? "");
}

/** The role that a type is launched with in a region: its own, else the region's. */
export function roleOf({ roles }: Policy, mozType: MozType, region: Region): Role {
	return roles.types[mozType] ?? roles.regions[region] ?? null;
}

/** Whether it is the account of the type, in its region. */
export function isAccountOf(policy: Policy, mozType: MozType, { region, role }: AccountRegion): boolean {
	return roleOf(policy, mozType, region) === role;
}

/**
 * Every account of every region in use, including those of types without demand: their instances have names too, and a
 * role that can't be assumed is reported before its type is in demand.
 */
export function accountRegions(policy: Policy, regions: readonly Region[]): readonly AccountRegion[] {
	return regions.flatMap((region) => {
		const types = Object.values(policy.types).filter((type) => type.regions[region] !== undefined);
		const roles = new Set(types.map(({ mozType }) => roleOf(policy, mozType, region)));
		return [...roles].map((role) => ({ region, role }));
	});
}

/** `us-east-1`, followed by the role unless it is the workflow's own. */
export function describeAccount({ region, role }: AccountRegion): string {
	return role === null ? region : `${region} as ${role}`;
}

/** Every account whose instances could be read. */
export function knownMachines(
	regions: readonly MachineFacts[],
	unread: readonly UnreadAccount[],
): readonly MachineFacts[] {
	return [...regions, ...unread.flatMap(({ machines }) => machines ?? [])];
}

/** Each instance once, even if two roles of one account see it. The role of the instance's type takes precedence. */
export function distinctInstances(facts: readonly MachineFacts[], policy: Policy): readonly Instance[] {
	const byId = new Map<string, Instance>();
	for (const instance of facts.flatMap(({ instances }) => instances)) {
		const isOwn = instance.mozType !== null && isAccountOf(policy, instance.mozType, instance);
		if (isOwn || !byId.has(instance.instanceId)) byId.set(instance.instanceId, instance);
	}
	return [...byId.values()];
}
