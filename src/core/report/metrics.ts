/** The report as Graphite metrics, with the paths of the original system. */

import { compareText } from "../demand/pool.ts";
import type { Lifecycle, MozType, Region } from "../model/policy.ts";
import { isCounted } from "./fail-on.ts";
import type { Report } from "./report.ts";

export interface Metric {
	/** Separated by dots, without the configured prefix. */
	readonly path: string;
	readonly value: number;
}

/**
 * One metric per path, ordered by path. A dry run has none, nor does a run that doesn't know the pending requests: a gap
 * in a graph is honest, a 0 is not. Instances of a region that couldn't be read are missing.
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

/** A dot would start another part, and a space would end the path. */
function pathPart(text: string | null): string {
	return text === null || text === "" ? "none" : text.replace(/[^A-Za-z0-9_-]/g, "-");
}
