/** Binds builders to the workers of their jacuzzis. */
import { type Allocations, allocate, NO_ALLOCATIONS, type SkippedBuilder } from "../core/demand/allocations.ts";
import type { MappedBuilder } from "../core/demand/demand.ts";
import { firstFew } from "../core/launch/reasons.ts";
import type { Failure } from "../core/report/report.ts";
import { shorten } from "../core/report/visible.ts";
import { databaseFailure } from "./database-failure.ts";
import type { AllocationSource } from "./ports.ts";

export interface BoundBuilders {
	/** Those that may be launched for, and the unmatched. */
	readonly builders: readonly MappedBuilder[];
	readonly all: readonly MappedBuilder[];
	/** Names of all jacuzzis, as far as they are known. */
	readonly allocated: ReadonlySet<string>;
	/** Names of workers that are at work already. */
	readonly connected: ReadonlySet<string>;
	readonly failures: readonly Failure[];
}

/** Asks after the builders that are mapped to a type. Where that cannot be read, none of them is launched for. */
export async function bindBuilders(
	mapped: readonly MappedBuilder[],
	source: AllocationSource | null,
): Promise<BoundBuilders> {
	const matched = mapped.flatMap(({ builder, mozType }) => (mozType === null ? [] : [builder]));
	let allocations: Allocations = NO_ALLOCATIONS;
	try {
		if (source !== null && matched.length > 0) allocations = await source.read(matched);
	} catch (error) {
		const failures = [databaseFailure(error, "jacuzzi")];
		const all = mapped.map(
			(builder) => ({ ...builder, skipReason: builder.skipReason ?? "allocation-unknown" }) as const,
		);
		return { builders: [], all, allocated: new Set(), connected: new Set(), failures };
	}
	const { builders, skipped } = allocate(mapped, allocations);
	return {
		builders,
		all: [...builders, ...skipped.map(({ builder }) => builder)],
		allocated:
			typeof allocations.allocated === "string"
				? new Set(builders.flatMap(({ slaveset }) => slaveset ?? []))
				: allocations.allocated,
		connected: allocations.connected,
		failures: skippedFailures(skipped),
	};
}

/** One for all builders of a type of which the same is said. */
function skippedFailures(skipped: readonly SkippedBuilder[]): readonly Failure[] {
	const alike = Map.groupBy(skipped, ({ builder, unknown }) => JSON.stringify([builder.mozType, unknown]));
	return [...alike.values()].flatMap((some) => {
		const [first] = some;
		if (first === undefined) return [];
		const requests = some.reduce((sum, { builder }) => sum + builder.count, 0);
		const builders = firstFew(some.map(({ builder }) => `"${shorten(builder.builder)}"`));
		const message = `Nothing is launched for the ${requests} pending requests of ${builders}, since it is not known which workers serve them: ${first.unknown.why}.`;
		return [{ stage: "jacuzzi", region: null, mozType: first.builder.mozType, code: first.unknown.code, message }];
	});
}
