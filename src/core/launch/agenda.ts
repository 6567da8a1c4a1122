/**
 * Which pools to visit after an answer, so that an answer does not cost a visit to every pool. A visit that changed nothing
 * would change nothing again until one of these happens, and the agenda records each: an answer to the pool itself, a
 * refusal or a used-up cap that rules out one of its placements, or new room under a cap that it waits for.
 * A pool is a number; pools are visited in ascending order.
 */
export class Agenda {
	readonly #due = new Set<number>();
	/** Pools by the keys of caps and groups. */
	readonly #groups = new Map<string, number[]>();
	/** Pools that wait for room, by the cap's key, in order. None waits under a cap that has room. */
	readonly #waiting = new Map<string, number[]>();

	/** @param keys the pool's keys of caps and groups */
	register(pool: number, keys: ReadonlySet<string>): void {
		this.add(pool);
		for (const key of keys) this.#groups.set(key, append(this.#groups.get(key), pool));
	}

	add(pool: number): void {
		this.#due.add(pool);
	}

	/** Adds all pools of a group, or with placements under a cap. */
	addGroup(key: string): void {
		for (const pool of this.#groups.get(key) ?? []) this.add(pool);
	}

	/** Lets a pool wait for room under a cap that has none. */
	wait(pool: number, capKey: string): void {
		const list = this.#waiting.get(capKey) ?? [];
		const position = positionOf(list, pool);
		if (list[position] !== pool) list.splice(position, 0, pool);
		this.#waiting.set(capKey, list);
	}

	get isEmpty(): boolean {
		return this.#due.size === 0;
	}

	/**
	 * Each pool to visit, in order and at most once. A pool that waits for one of `capKeys` is included if the cap still
	 * has room when its turn comes. Pools that are added meanwhile are left for the next round.
	 */
	*round(capKeys: readonly string[], hasRoom: (capKey: string) => boolean): Generator<number> {
		const due = [...this.#due].sort((a, b) => a - b).reverse();
		this.#due.clear();
		for (;;) {
			const queues = capKeys.filter(hasRoom).flatMap((key) => [this.#waiting.get(key) ?? []]);
			const pool = Math.min(due.at(-1) ?? Infinity, ...queues.map(([first = Infinity]) => first));
			if (pool === Infinity) return;
			if (due.at(-1) === pool) due.pop();
			for (const queue of queues) if (queue[0] === pool) queue.shift();
			yield pool;
		}
	}
}

function append(list: number[] | undefined, pool: number): number[] {
	if (list === undefined) return [pool];
	list.push(pool);
	return list;
}

/** The position of the first number that is not less than `value`, by bisection. */
function positionOf(sorted: readonly number[], value: number): number {
	let low = 0;
	let high = sorted.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (Number(sorted[middle]) < value) low = middle + 1;
		else high = middle;
	}
	return low;
}
