/** Holds back launches where instances die: one is launched as a probe, the rest go elsewhere. */

import type { MozType } from "../model/policy.ts";
import { type DeadlySite, type LaunchSite, siteKey, YOUNG } from "../supply/deaths.ts";
import { type Caps, probeCap } from "./caps.ts";
import type { PlannedPool } from "./plan.ts";

/** The caps of deadly launch sites. A site has room for one probe at a time. */
export class Brake {
	readonly #sites: ReadonlyMap<string, DeadlySite>;

	constructor(sites: readonly DeadlySite[]) {
		this.#sites = new Map(sites.map((site) => [siteKey(site), site]));
	}

	get caps(): Caps {
		return Object.fromEntries(
			[...this.#sites].map(([key, site]) => [
				probeCap(key),
				{ code: "died-young", label: describeSite(site), headroom: Math.max(0, 1 - site.probes) },
			]),
		);
	}

	/** Keys of the caps on launches at a site. */
	capsAt(site: LaunchSite): readonly string[] {
		if (!site.imageId.startsWith("resolve:")) {
			const key = siteKey(site);
			return this.#sites.has(key) ? [probeCap(key)] : [];
		}
		// EC2 resolves the parameter at launch, so any image of the type may be meant.
		return [...this.#sites]
			.filter(([, { imageId, ...deadly }]) => siteKey({ ...deadly, imageId: "" }) === siteKey({ ...site, imageId: "" }))
			.map(([key]) => probeCap(key));
	}
}

/** `8 of the last 10 c6i.xlarge launched in us-east-1 from ami-1 died within 10 min (Server.InternalError: …)`. */
export function describeSite({ launches, deaths, instanceType, region, imageId, reason }: DeadlySite): string {
	const why = [reason.code, reason.message].filter((part) => part !== "").join(": ");
	const cause = why === "" ? "" : ` (${why})`;
	return `${deaths} of the last ${launches} ${instanceType} launched in ${region} from ${imageId} died within ${YOUNG / 60} min${cause}`;
}

/** The types in need whose every placement is a deadly launch site. */
export function typesThatDieEverywhere(pools: readonly PlannedPool[]): readonly MozType[] {
	const types = pools
		.filter(({ reduction }) => reduction.need > 0)
		.filter(({ phases }) => {
			const placements = phases
				.filter(({ disabled }) => !disabled)
				.flatMap(({ shares }) => shares.flatMap((share) => share.placements));
			return placements.length > 0 && placements.every(({ caps }) => caps.some((key) => key.startsWith(probeCap(""))));
		})
		.map(({ pool }) => pool.mozType);
	return [...new Set(types)];
}
