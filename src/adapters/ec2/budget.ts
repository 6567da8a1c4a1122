/** EC2's request budgets: a call waits here rather than being throttled there. */

/** Milliseconds, of any origin, and a way to wait for them. */
export interface Timer {
	now(): number;
	sleep(milliseconds: number): Promise<void>;
}

export const realTimer: Timer = {
	now: () => performance.now(),
	sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
};

/** Tokens that a bucket holds at most, and how many come back in a second. */
interface Rate {
	readonly capacity: number;
	readonly perSecond: number;
}

/**
 * Per account, region and action. Source: "Request throttling for the Amazon EC2 API" in the EC2 Developer Guide. All
 * reads here are filtered or paged, which have the larger bucket.
 */
const REQUESTS: ReadonlyMap<string, Rate> = new Map([
	["RunInstances", { capacity: 5, perSecond: 2 }],
	["CreateTags", { capacity: 100, perSecond: 10 }],
]);
const READS: Rate = { capacity: 100, perSecond: 20 };
/** Beside its requests, `RunInstances` is counted by the instances that it asks for. */
const INSTANCES: Rate = { capacity: 1000, perSecond: 2 };
/** Others of the account use the same buckets: at an answer of throttling we leave them more, down to this share. */
const LEAST_SHARE = 1 / 8;

/** A token bucket in which callers queue. */
export class TokenBucket {
	readonly #rate: Rate;
	readonly #timer: Timer;
	#perSecond: number;
	/** Below 0: tokens that are promised to those who wait. */
	#level: number;
	#filledAt: number;

	constructor(rate: Rate, timer: Timer) {
		this.#rate = rate;
		this.#timer = timer;
		this.#perSecond = rate.perSecond;
		this.#level = rate.capacity;
		this.#filledAt = timer.now();
	}

	/** Takes tokens; comes back when they are there. Those who came first go first. */
	async take(count: number): Promise<void> {
		this.#fill();
		this.#level -= count;
		// What has gone below 0 must come back first.
		if (this.#level < 0) await this.#timer.sleep((-this.#level / this.#perSecond) * 1000);
	}

	/** EC2 has throttled: nothing is left, and it comes back half as fast. */
	slowDown(): void {
		this.#fill();
		this.#level = Math.min(this.#level, 0);
		this.#perSecond = Math.max(this.#perSecond / 2, this.#rate.perSecond * LEAST_SHARE);
	}

	#fill(): void {
		const now = this.#timer.now();
		const come = ((now - this.#filledAt) / 1000) * this.#perSecond;
		this.#level = Math.min(this.#rate.capacity, this.#level + come);
		this.#filledAt = now;
	}
}

/** The buckets of one region. */
export class Budget {
	readonly #timer: Timer;
	readonly #requests = new Map<string, TokenBucket>();
	readonly #instances: TokenBucket;

	constructor(timer: Timer) {
		this.#timer = timer;
		this.#instances = new TokenBucket(INSTANCES, timer);
	}

	/** Waits until the call may be made. @param instances how many a `RunInstances` asks for */
	async take(action: string, instances: number): Promise<void> {
		await this.#bucketOf(action).take(1);
		if (instances > 0) await this.#instances.take(instances);
	}

	slowDown(action: string): void {
		this.#bucketOf(action).slowDown();
	}

	#bucketOf(action: string): TokenBucket {
		const known = this.#requests.get(action);
		if (known !== undefined) return known;
		const bucket = new TokenBucket(REQUESTS.get(action) ?? READS, this.#timer);
		this.#requests.set(action, bucket);
		return bucket;
	}
}
