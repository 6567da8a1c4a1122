/** Jacuzzis: builders that are bound to a fixed set of named workers. */
import type { AllocationCode } from "../model/failure.ts";
import type { MappedBuilder } from "./demand.ts";
import { compareText } from "./pool.ts";

/** What is known of the jacuzzis of some builders. */
export interface Allocations {
	/** Names of workers by builder; a builder that is missing here and in `unknown` has no jacuzzi. */
	readonly slavesets: ReadonlyMap<string, readonly string[]>;
	/** Builders whose workers could not be determined. */
	readonly unknown: ReadonlyMap<string, Unknown>;
	/** Every name that is allocated to any jacuzzi. The reason has no full stop. */
	readonly allocated:
		| { readonly kind: "known"; readonly names: ReadonlySet<string> }
		| { readonly kind: "unknown"; readonly reason: string };
	/** Names of workers that are connected to a master, on whatever machine: no new machine gets such a name. */
	readonly connected: ReadonlySet<string>;
}

/** Why the workers of a builder are unknown. */
export interface Unknown {
	readonly code: AllocationCode;
	/** Without a full stop. */
	readonly reason: string;
}

/** No builder has a jacuzzi. */
export const NO_ALLOCATIONS: Allocations = {
	slavesets: new Map(),
	unknown: new Map(),
	allocated: { kind: "known", names: new Set() },
	connected: new Set(),
};

/** A builder for which nothing is launched, because its workers are unknown. */
export interface SkippedBuilder {
	readonly builder: MappedBuilder;
	readonly unknown: Unknown;
}

/**
 * Gives the builders their slavesets. A builder whose jacuzzi is unknown is skipped: in the general pool it would get
 * machines that it may not use. If the allocated names are unknown, so is the whole general pool: it could count
 * machines and take names that belong to a jacuzzi.
 */
export function allocate(
	builders: readonly MappedBuilder[],
	{ slavesets, unknown, allocated }: Allocations,
): { readonly builders: readonly MappedBuilder[]; readonly skipped: readonly SkippedBuilder[] } {
	const skipped: SkippedBuilder[] = [];
	const generalPool: Unknown | undefined =
		allocated.kind === "unknown" ? { code: "allocation-unknown", reason: allocated.reason } : undefined;
	const kept = builders.flatMap((builder) => {
		if (builder.mozType === null) return [builder];
		const slaveset = slavesets.get(builder.builder);
		if (slaveset !== undefined) return [{ ...builder, slaveset: [...new Set(slaveset)].toSorted(compareText) }];
		const own = unknown.get(builder.builder) ?? generalPool;
		if (own === undefined) return [builder];
		skipped.push({ builder: { ...builder, skipReason: own.code }, unknown: own });
		return [];
	});
	return { builders: kept, skipped };
}
