/** Jacuzzis that the configuration lists. */
import type { Allocations } from "../../core/demand/allocations.ts";
import type { AllocationSource } from "../../tick/ports.ts";

export class FixedAllocations implements AllocationSource {
	readonly #slavesets: ReadonlyMap<string, readonly string[]>;

	/** @param slavesets names of workers by builder */
	constructor(slavesets: Readonly<Record<string, readonly string[]>>) {
		this.#slavesets = new Map(Object.entries(slavesets));
	}

	async read(): Promise<Allocations> {
		return {
			slavesets: this.#slavesets,
			unknown: new Map(),
			allocated: { kind: "known", names: new Set([...this.#slavesets.values()].flat()) },
			connected: new Set(),
		};
	}
}
