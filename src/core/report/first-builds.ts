/** What the time from launch to first build means for the configuration. Sentences, from the report alone. */
import { inWords } from "./duration.ts";
import type { Report, ReportedNeverConnected } from "./report.ts";

/** With the advised delay, a machine is still fresh that needs up to a fifth longer than the slowest so far. */
const MARGIN = 1.2;

/** The measured times next to the configured delay, with advice if they are far apart; empty if nothing was measured. */
export function firstBuildsLine({ firstBuilds, heuristics }: Pick<Report, "firstBuilds" | "heuristics">): string {
	if (firstBuilds === null || heuristics === null) return "";
	const { machines, median, slowest } = firstBuilds;
	if (median === null || slowest === null) return "";
	const { freshInstanceDelay: delay } = heuristics;
	const measured = `Launch to first build: median ${inWords(median)}, slowest ${inWords(slowest)}`;
	const of = `${machines} ${machines === 1 ? "machine" : "machines"} launched in the last day`;
	return `${measured} (${of}); fresh_instance_delay is ${inWords(delay)}.${advice(slowest, delay)}`;
}

function advice(slowest: number, delay: number): string {
	const better = Math.ceil((slowest * MARGIN) / 60) * 60;
	if (slowest > delay) {
		return ` Machines that are still booting no longer count as fresh, so others are launched for the same requests. Raise fresh_instance_delay to about ${better}, or make the machines boot faster.`;
	}
	if (2 * slowest < delay && better < delay) {
		return ` Machines count as fresh long after their first build started, so other requests wait. If this holds for several days, lower fresh_instance_delay to about ${better}.`;
	}
	return "";
}

/**
 * What most machines that never connected have in common: the image, or else the zone and EC2 instance type.
 * @param now ISO 8601; null: without the machines' age, so that each tick of a watch words it the same
 * @returns a sentence; empty if they are fewer than two, or have nothing in common
 */
export function neverConnectedWarning(groups: readonly ReportedNeverConnected[], now: string | null): string {
	const total = groups.reduce((sum, { count }) => sum + count, 0);
	const image = mostOf(groups, total, ({ imageId }) => `image ${imageId}`);
	const common =
		image ?? mostOf(groups, total, ({ availabilityZone, instanceType }) => `${instanceType} in ${availabilityZone}`);
	if (total < 2 || common === null) return "";
	const latest = Math.max(...groups.map(({ launchedAt }) => Date.parse(launchedAt)));
	const age = now === null ? "" : ` launched ${inWords(Math.max(0, Date.parse(now) - latest) / 1000)} ago or earlier`;
	const which = common.count === total ? "all of them" : `${common.count} of them`;
	const remedy =
		image === null ? "Check the subnets and the security groups there" : "Check the image and its user data";
	return `${total} machines${age} never connected to Buildbot, ${which} on ${common.name}. ${remedy}, and terminate the machines: they cost money and serve nothing.`;
}

/** What more than half of the machines have in common. */
function mostOf(
	groups: readonly ReportedNeverConnected[],
	total: number,
	nameOf: (group: ReportedNeverConnected) => string,
): { readonly name: string; readonly count: number } | null {
	for (const [name, some] of Map.groupBy(groups, nameOf)) {
		const count = some.reduce((sum, group) => sum + group.count, 0);
		if (2 * count > total) return { name, count };
	}
	return null;
}
