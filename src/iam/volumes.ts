/** How large the volumes of a launch may be, and of which types. */
import type { Place } from "./places.ts";

export interface VolumeBounds {
	/** GiB; null: a size is left to the image, so that no bound is known. */
	readonly sizes: readonly number[] | null;
	/** For example `gp3`; null: a type is left to the image. */
	readonly types: readonly string[] | null;
}

/** The volumes of all `device_map`s. Where one is empty, the image decides. */
export function volumeBounds(places: readonly Place[]): VolumeBounds {
	const volumes = places.map(({ config }) => config.deviceMap.filter(({ ephemeralName }) => ephemeralName === null));
	const all = volumes.flat();
	const sizes = all.flatMap(({ size }) => size ?? []);
	const types = all.flatMap(({ volumeType }) => volumeType ?? []);
	const isComplete = all.length > 0 && volumes.every(({ length }) => length > 0);
	return {
		sizes: isComplete && sizes.length === all.length ? sizes : null,
		types: isComplete && types.length === all.length ? types : null,
	};
}
