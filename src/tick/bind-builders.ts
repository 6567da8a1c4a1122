/** Binds builders to the workers of their jacuzzis. */
import { type Allocations, allocate, NO_ALLOCATIONS, type SkippedBuilder } from "../core/demand/allocations.ts";
import type { MappedBuilder } from "../core/demand/demand.ts";
import { firstFew } from "../core/launch/reasons.ts";
import type { Failure } from "../core/model/failure.ts";
import { shorten } from "../core/report/visible.ts";
import { attempt } from "./attempt.ts";
import type { AllocationSource, Ending } from "./ports.ts";

export interface BoundBuilders {
	readonly mapped: readonly MappedBuilder[];
	/** Those without a builder whose workers are unknown. */
	readonly launchable: readonly MappedBuilder[];
	/** Names of all jacuzzis, as far as they are known. */
	readonly allocated: ReadonlySet<string>;
	/** Names of workers that are connected to a master. */
	readonly connected: ReadonlySet<string>;
	readonly failures: readonly Failure[];
}

/** Reads the workers of the builders that map to an instance type. If that fails, none of them is launchable. */
export async function bindBuilders(
	builders: readonly MappedBuilder[],
	source: AllocationSource | null,
	ending: Ending,
): Promise<BoundBuilders> {
	const matched = builders.flatMap(({ builder, mozType }) => (mozType === null ? [] : [builder]));
	const read = await attempt({ stage: "jacuzzi", ending }, async () =>
		source === null || matched.length === 0 ? NO_ALLOCATIONS : source.read(matched),
	);
	if (read.kind === "failed") {
		const mapped = builders.map((one) => ({ ...one, skipReason: one.skipReason ?? ("allocation-unknown" as const) }));
		return { mapped, launchable: [], allocated: new Set(), connected: new Set(), failures: [read.failure] };
	}
	const { builders: launchable, skipped } = allocate(builders, read.value);
	return {
		mapped: [...launchable, ...skipped.map(({ builder }) => builder)],
		launchable,
		allocated: knownNames(read.value, launchable),
		connected: read.value.connected,
		failures: skippedFailures(skipped),
	};
}

/** Without a list of all allocated names, those of the pools at hand are known. */
function knownNames({ allocated }: Allocations, builders: readonly MappedBuilder[]): ReadonlySet<string> {
	return allocated.kind === "known" ? allocated.names : new Set(builders.flatMap(({ slaveset }) => slaveset ?? []));
}

/** One failure for all builders of a type with the same reason. */
function skippedFailures(skipped: readonly SkippedBuilder[]): readonly Failure[] {
	const alike = Map.groupBy(skipped, ({ builder, unknown }) => JSON.stringify([builder.mozType, unknown]));
	return [...alike.values()].flatMap((some) => {
		const [first] = some;
		if (first === undefined) return [];
		const requests = some.reduce((sum, { builder }) => sum + builder.count, 0);
		const builders = firstFew(some.map(({ builder }) => `"${shorten(builder.builder)}"`));
		const message = `Nothing was launched for the ${requests} pending requests of ${builders}, because their workers are unknown: ${first.unknown.reason}.`;
		return [{ stage: "jacuzzi", region: null, mozType: first.builder.mozType, code: first.unknown.code, message }];
	});
}
