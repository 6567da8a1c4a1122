/**
 * Which pools to look at after an answer, so that an answer does not cost a look at every pool. A look that changed nothing
 * changes nothing again until one of these happens, and each is recorded here: an answer to the pool itself, a refusal or
 * a used-up cap that rules out one of its placements, or new room under a cap that it waits for.
 */
export class Agenda {
	readonly #due = new Set<number>();
	/** Pools by the keys of the scopes and caps that can rule out one of their placements. */
	readonly #dependents = new Map<string, number[]>();
	/** Pools that wait for room, by the cap's key, in order. None waits under a cap that has room. */
	readonly #waiting = new Map<string, number[]>();

	/** @param keys each pool's keys of scopes and caps, in the order in which pools are looked at */
	constructor(keys: readonly ReadonlySet<string>[]) {
		for (const [pool, own] of keys.entries()) {
			this.add(pool);
			for (const key of own) this.#dependents.set(key, append(this.#dependents.get(key), pool));
		}
	}

	add(pool: number): void {
		this.#due.add(pool);
	}

	/** Adds the pools with placements under a scope or cap that is ruled out for good. */
	ruleOut(key: string): void {
		for (const pool of this.#dependents.get(key) ?? []) this.add(pool);
		this.#dependents.delete(key);
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
	 * Each pool to look at, in order and at most once. A pool that waits for one of `capKeys` is included as long as
	 * the cap has room when its turn comes. Pools that are added meanwhile are left for the next round.
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
		if ((sorted[middle] ?? Infinity) < value) low = middle + 1;
		else high = middle;
	}
	return low;
}
