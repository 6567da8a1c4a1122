/** What a tick came to as Graphite's metrics, by the original's names. */

import { compareText } from "../demand/pool.ts";
import type { Lifecycle, MozType, Region } from "../model/policy.ts";
import { isCounted } from "./fail-on.ts";
import type { Report } from "./report.ts";

export interface Metric {
	/** Parts with dots between them, without the configured prefix. */
	readonly path: string;
	readonly value: number;
}

/**
 * One metric per path, in the order of the paths. None of a dry run, which leaves no trace, nor where the pending
 * requests are not known: a missing value is a gap in a graph, a 0 would be a lie. Nothing is said of the instances of a
 * region that could not be read.
 */
export function metricsOf(report: Report): readonly Metric[] {
	const { mode, pending, pools, instances, launches } = report;
	if (mode === "dry-run" || !isCounted(report)) return [];
	const sums = new Map<string, number>();
	const add = (parts: readonly (string | null)[], value: number) => {
		const path = parts.map(pathPart).join(".");
		sums.set(path, (sums.get(path) ?? 0) + value);
	};
	add(["pending"], pending.total);
	add(["aws_pending"], pending.matched);
	for (const { mozType, slaveset, needed } of pools) {
		add(["need", mozType, slaveset === null ? "not_jacuzzied" : "jacuzzied"], needed);
	}
	for (const { count, ...instance } of instances) add(["running", ...machineParts(instance)], count);
	for (const launch of launches) add(["started", ...machineParts(launch)], 1);
	return [...sums].map(([path, value]) => ({ path, value })).toSorted((a, b) => compareText(a.path, b.path));
}

function machineParts(machine: {
	readonly region: Region;
	readonly mozType: MozType | null;
	readonly instanceType: string;
	readonly lifecycle: Lifecycle;
	readonly virtualizationType: string | null;
	readonly rootDeviceType: string | null;
}): readonly (string | null)[] {
	const { region, mozType, instanceType, lifecycle, virtualizationType, rootDeviceType } = machine;
	const word = lifecycle === "on-demand" ? "ondemand" : lifecycle;
	return [region, mozType, instanceType, word, virtualizationType, rootDeviceType];
}

/** A dot would begin another part, and a blank end the path. */
function pathPart(text: string | null): string {
	return text === null || text === "" ? "none" : text.replace(/[^A-Za-z0-9_-]/g, "-");
}
