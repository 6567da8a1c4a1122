/** Instances that die soon after their launch, and where nearly all of them do. */
import { compareText } from "../demand/pool.ts";
import type { MachineFacts, TerminatedInstance } from "../model/facts.ts";
import type { MozType, Policy, Region, Role } from "../model/policy.ts";
import { isAccountOf } from "./accounts.ts";
import { isLive } from "./supply.ts";

/** Seconds. An instance that ends earlier died young. */
export const YOUNG = 10 * 60;
/** How many of the latest launches decide whether a launch site is deadly: it is if more than half of them died young. */
export const LATEST_LAUNCHES = 10;

const SHUT_DOWN_FROM_INSIDE = "Client.InstanceInitiatedShutdown";
/**
 * State reasons of instances that were ended on purpose: by a person, by the spot market, or for maintenance.
 * Source: "StateReason" in the EC2 API Reference.
 */
const ENDED_ON_PURPOSE: ReadonlySet<string> = new Set([
	"Client.UserInitiatedShutdown",
	"Client.UserInitiatedHibernate",
	"Server.ScheduledStop",
	"Server.SpotInstanceShutdown",
	"Server.SpotInstanceTermination",
]);

/** What a launch depends on: an EC2 instance type and an image, in one region of one account. */
export interface LaunchSite {
	readonly mozType: MozType;
	readonly role: Role;
	readonly region: Region;
	readonly instanceType: string;
	readonly imageId: string;
}

/** A launch site at which most of the latest launches died young, and nothing proves that it works again. */
export interface DeadlySite extends LaunchSite {
	/** Of the latest launches, at most {@link LATEST_LAUNCHES}. */
	readonly launches: number;
	readonly deaths: number;
	/** EC2's reason for the latest of the deaths. */
	readonly reason: TerminatedInstance["reason"];
	/** Instances launched after the deaths that have not yet survived for {@link YOUNG}. */
	readonly probes: number;
}

/**
 * Whether an instance died young. A spot interruption and a termination by a person are no deaths.
 * @param now seconds since 1970, UTC, by EC2's clock
 */
export function diedYoung({ launchedAt, endedAt, reason }: TerminatedInstance, now: number): boolean {
	if (ENDED_ON_PURPOSE.has(reason.code)) return false;
	if (endedAt !== null) return endedAt - launchedAt < YOUNG;
	if (now - launchedAt < YOUNG) return true;
	// Without a time, only EC2's own reasons are conclusive: EC2 gives them to launches that fail.
	return reason.code !== "" && reason.code !== SHUT_DOWN_FROM_INSIDE;
}

/** Instances that died young, each once even if several roles see it. */
export function youngDeaths(
	facts: readonly MachineFacts[],
	policy: Policy,
	now: number,
): readonly TerminatedInstance[] {
	return facts.flatMap(({ terminated, role, region }) =>
		terminated.filter((one) => isAccountOf(policy, one.mozType, { region, role }) && diedYoung(one, now)),
	);
}

/**
 * The deadly launch sites, in a fixed order. A site is not deadly while an instance lives there that was launched no
 * later than the latest death, or that has survived for {@link YOUNG}.
 * @param now seconds since 1970, UTC, by EC2's clock
 */
export function deadlySites(facts: readonly MachineFacts[], policy: Policy, now: number): readonly DeadlySite[] {
	const launches = Map.groupBy(
		facts.flatMap((account) => launchesIn(account, policy, now)),
		({ key }) => key,
	);
	return [...launches].toSorted(([a], [b]) => compareText(a, b)).flatMap(([, some]) => deadlySite(some, now) ?? []);
}

/** A text that only the same launch site has. */
export function siteKey({ mozType, role, region, instanceType, imageId }: LaunchSite): string {
	return JSON.stringify([mozType, role, region, instanceType, imageId]);
}

interface PastLaunch {
	readonly key: string;
	readonly site: LaunchSite;
	readonly instanceId: string;
	readonly launchedAt: number;
	readonly isAlive: boolean;
	/** Null unless it died young. */
	readonly death: TerminatedInstance["reason"] | null;
}

function launchesIn({ region, role, instances, terminated }: MachineFacts, policy: Policy, now: number): PastLaunch[] {
	const dead = new Set(terminated.map(({ instanceId }) => instanceId));
	const others = instances.filter(({ ours, instanceId }) => ours && !dead.has(instanceId));
	return [
		...others.map((one) => ({ one, isAlive: isLive(one), death: null })),
		...terminated.map((one) => ({ one, isAlive: false, death: diedYoung(one, now) ? one.reason : null })),
	].flatMap(({ one: { mozType, instanceType, imageId, instanceId, launchedAt }, isAlive, death }) => {
		if (mozType === null || !isAccountOf(policy, mozType, { region, role })) return [];
		const site = { mozType, role, region, instanceType, imageId };
		return [{ key: siteKey(site), site, instanceId, launchedAt, isAlive, death }];
	});
}

function deadlySite(launches: readonly PastLaunch[], now: number): DeadlySite | null {
	const latest = launches
		.toSorted((a, b) => b.launchedAt - a.launchedAt || compareText(a.instanceId, b.instanceId))
		.slice(0, LATEST_LAUNCHES);
	const deaths = latest.filter(({ death }) => death !== null);
	const [last] = deaths;
	if (last === undefined || last.death === null || 2 * deaths.length <= latest.length) return null;
	const alive = launches.filter(({ isAlive }) => isAlive);
	const works = alive.some(({ launchedAt }) => launchedAt <= last.launchedAt || now - launchedAt >= YOUNG);
	if (works) return null;
	return { ...last.site, launches: latest.length, deaths: deaths.length, reason: last.death, probes: alive.length };
}
