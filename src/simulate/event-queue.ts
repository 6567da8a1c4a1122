/** When machines finish what they do: a binary heap. */

/** Above every number of machines; times stay below 2⁵³ ÷ this. */
const MACHINES = 2 ** 24;

/** Events of machines by time, ties by the machine's number. */
export class EventQueue {
	readonly #heap: number[] = [];
	readonly #start: number;

	/** @param start no event is earlier than this */
	constructor(start: number) {
		this.#start = start;
	}

	/** Time of the next event; infinite if there is none. */
	get nextAt(): number {
		const [first] = this.#heap;
		return first === undefined ? Number.POSITIVE_INFINITY : this.#start + Math.floor(first / MACHINES);
	}

	/** @param at whole seconds */
	add(at: number, machine: number): void {
		const heap = this.#heap;
		const key = (at - this.#start) * MACHINES + machine;
		let index = heap.length;
		heap.push(key);
		while (index > 0) {
			const parent = (index - 1) >> 1;
			const above = heap[parent] ?? 0;
			if (above <= key) break;
			heap[index] = above;
			index = parent;
		}
		heap[index] = key;
	}

	/** Removes the next event; returns its machine. */
	take(): number {
		const heap = this.#heap;
		const [first = 0] = heap;
		const last = heap.pop() ?? 0;
		if (heap.length > 0) this.#sink(last);
		return first % MACHINES;
	}

	#sink(key: number): void {
		const heap = this.#heap;
		const { length } = heap;
		let index = 0;
		for (;;) {
			let child = 2 * index + 1;
			if (child >= length) break;
			if (child + 1 < length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child += 1;
			const below = heap[child] ?? 0;
			if (below >= key) break;
			heap[index] = below;
			index = child;
		}
		heap[index] = key;
	}
}
