/** Which mapped requests are new, and how long those waited for which a machine was launched. */
import type { MappedBuilder } from "../core/demand/demand.ts";
import type { MozType } from "../core/model/policy.ts";

/** Requests of one builder that arrived together, and for which no machine was launched yet. */
interface Batch {
	/** Seconds since 1970, UTC. */
	readonly submittedAt: number;
	readonly count: number;
}

interface Seen {
	readonly mozType: MozType;
	readonly count: number;
	readonly newestId: number;
	/** The oldest first. */
	readonly waiting: readonly Batch[];
}

/** Requests that arrived between two looks, by instance type. */
export type NewRequests = ReadonlyMap<MozType, number>;

/** Follows the mapped requests from one look at the database to the next. */
export class Arrivals {
	#builders: ReadonlyMap<string, Seen> = new Map();

	/** Mapped requests that are pending. */
	get pending(): number {
		return [...this.#builders.values()].reduce((sum, { count }) => sum + count, 0);
	}

	/** Takes what a look at the database returned; returns what is new since the last one. */
	observe(builders: readonly MappedBuilder[]): NewRequests {
		const found = new Map<MozType, number>();
		const seen = new Map<string, Seen>();
		for (const builder of builders) {
			const { mozType } = builder;
			if (mozType === null) continue;
			const known = this.#builders.get(builder.builder);
			const arrived = known === undefined ? builder.count : newSince(known, builder);
			if (arrived > 0) found.set(mozType, (found.get(mozType) ?? 0) + arrived);
			const newestId = builder.newest?.id ?? 0;
			const waiting = waitingAfter(known?.waiting ?? [], builder, arrived);
			seen.set(builder.builder, { mozType, count: builder.count, newestId, waiting });
		}
		this.#builders = seen;
		return found;
	}

	/**
	 * Machines were launched: each serves the request of its type that has waited longest.
	 * @param at when the call was made, seconds since 1970, UTC
	 * @returns for each machine with a request, the seconds that the request waited
	 */
	serve(mozType: MozType, machines: number, at: number): readonly number[] {
		const builders = new Map(this.#builders);
		const waits: number[] = [];
		while (waits.length < machines) {
			const [next] = [...builders]
				.filter(([, seen]) => seen.mozType === mozType && seen.waiting.length > 0)
				.toSorted(([, a], [, b]) => (a.waiting[0]?.submittedAt ?? 0) - (b.waiting[0]?.submittedAt ?? 0));
			const [first, ...rest] = next?.[1].waiting ?? [];
			if (next === undefined || first === undefined) break;
			const served = Math.min(first.count, machines - waits.length);
			waits.push(...Array.from({ length: served }, () => Math.max(0, at - first.submittedAt)));
			const left = first.count > served ? [{ ...first, count: first.count - served }] : [];
			builders.set(next[0], { ...next[1], waiting: [...left, ...rest] });
		}
		this.#builders = builders;
		return waits;
	}
}

/** A request that replaces a claimed one leaves the count as it is, but has a higher ID. */
function newSince(known: Seen, { count, newest }: MappedBuilder): number {
	const isNewer = newest !== undefined && newest.id > known.newestId;
	return Math.max(isNewer ? 1 : 0, count - known.count);
}

/** Requests that are no longer pending were served by machines, so they leave those that wait untouched if they can. */
function waitingAfter(before: readonly Batch[], builder: MappedBuilder, arrived: number): readonly Batch[] {
	const { count, oldestSubmittedAt, newest } = builder;
	const isFirstLook = before.length === 0 && arrived === count;
	const arrivals: readonly Batch[] = isFirstLook
		? [
				{ submittedAt: oldestSubmittedAt, count: Math.min(1, arrived) },
				{ submittedAt: newest?.submittedAt ?? oldestSubmittedAt, count: arrived - 1 },
			]
		: [{ submittedAt: newest?.submittedAt ?? oldestSubmittedAt, count: arrived }];
	const batches = [...before, ...arrivals].filter((batch) => batch.count > 0);
	let over = batches.reduce((sum, batch) => sum + batch.count, 0) - count;
	return batches.flatMap((batch) => {
		const gone = Math.max(0, Math.min(batch.count, over));
		over -= gone;
		return batch.count === gone ? [] : [{ ...batch, count: batch.count - gone }];
	});
}
