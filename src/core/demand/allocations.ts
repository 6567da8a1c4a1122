/** Jacuzzis: builders that are bound to a fixed set of named workers. */
import type { MappedBuilder } from "./demand.ts";
import { compareText } from "./pool.ts";

/** What is known of the jacuzzis of some builders. */
export interface Allocations {
	/** Names of workers by builder; one that is not in it has no jacuzzi. */
	readonly slavesets: ReadonlyMap<string, readonly string[]>;
	/** Builders of which it could not be told. */
	readonly unknown: ReadonlyMap<string, Unknown>;
	/** Every name that is allocated to any jacuzzi; a text: why that is not known. */
	readonly allocated: ReadonlySet<string> | string;
	/** Names of workers that are at work already, on whatever machine: no other gets such a name. */
	readonly connected: ReadonlySet<string>;
}

/** Why it is not known on which workers a builder may run. */
export interface Unknown {
	/** `allocation-unknown`: who should tell did not; `not-configured`: no master has it, as after one was stopped. */
	readonly code: "allocation-unknown" | "not-configured";
	/** In words, without a full stop. */
	readonly why: string;
}

/** No builder has a jacuzzi. */
export const NO_ALLOCATIONS: Allocations = {
	slavesets: new Map(),
	unknown: new Map(),
	allocated: new Set(),
	connected: new Set(),
};

/** A builder for which nothing is launched, since it is not known on which workers it may run. */
export interface SkippedBuilder {
	readonly builder: MappedBuilder;
	readonly unknown: Unknown;
}

/**
 * Gives the builders their slavesets. One of which it is not known whether it has one is withheld: sent to the general
 * pool, it would get machines that it may not use. Where it is not known which names are allocated, so are all of the
 * general pool: it could count and take names that are not its own.
 */
export function allocate(
	builders: readonly MappedBuilder[],
	{ slavesets, unknown, allocated }: Allocations,
): { readonly builders: readonly MappedBuilder[]; readonly skipped: readonly SkippedBuilder[] } {
	const skipped: SkippedBuilder[] = [];
	const kept = builders.flatMap((builder) => {
		if (builder.mozType === null) return [builder];
		const slaveset = slavesets.get(builder.builder);
		if (slaveset !== undefined) return [{ ...builder, slaveset: [...new Set(slaveset)].toSorted(compareText) }];
		const why =
			unknown.get(builder.builder) ??
			(typeof allocated === "string" ? { code: "allocation-unknown" as const, why: allocated } : null);
		if (why === null) return [builder];
		skipped.push({ builder: { ...builder, skipReason: why.code }, unknown: why });
		return [];
	});
	return { builders: kept, skipped };
}
