/**
 * In which order a share's placements are tried. The plan orders them by price or priority; this adjusts that order among
 * equals as EC2 answers.
 */

import type { Placement } from "../plan/placements.ts";
import type { Refusal } from "./refusal.ts";

/** Zones that EC2 suggested when it refused a request, by lifecycle, EC2 instance type, region, and account. */
export class SuggestedZones {
	readonly #zones = new Map<string, readonly string[]>();

	remember(placement: Placement, { suggestedZones }: Refusal): void {
		if (suggestedZones.length > 0) this.#zones.set(suggestionKey(placement), suggestedZones);
	}

	/** Moves placements in suggested zones before the others that the suggestion concerns. */
	first(placements: readonly Placement[]): readonly Placement[] {
		if (this.#zones.size === 0) return placements;
		const isSuggested = (placement: Placement) =>
			this.#zones.get(suggestionKey(placement))?.includes(placement.availabilityZone) === true ? 1 : 0;
		return sortWithin(placements, suggestionKey, (a, b) => isSuggested(b) - isSuggested(a));
	}
}

/** Of placements that differ only in their subnets, tries the one with the most addresses left first. */
export function byAddressesLeft(
	placements: readonly Placement[],
	addressesLeft: (placement: Placement) => number,
): readonly Placement[] {
	return sortWithin(placements, zoneKey, (a, b) => addressesLeft(b) - addressesLeft(a));
}

/** Sorts the placements of each key among the positions that they hold. */
function sortWithin(
	placements: readonly Placement[],
	keyOf: (placement: Placement) => string,
	compare: (a: Placement, b: Placement) => number,
): readonly Placement[] {
	const groups = new Map([...Map.groupBy(placements, keyOf)].map(([key, alike]) => [key, alike.toSorted(compare)]));
	return placements.map((placement) => groups.get(keyOf(placement))?.shift()).filter((one) => one !== undefined);
}

function zoneKey({ lifecycle, instanceType, availabilityZone, imageId, maxPrice }: Placement): string {
	return `${lifecycle} ${instanceType} ${availabilityZone} ${imageId} ${maxPrice}`;
}

function suggestionKey({ lifecycle, instanceType, region, role }: Placement): string {
	return `${lifecycle} ${instanceType} ${region} ${role}`;
}
