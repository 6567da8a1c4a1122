/** EC2's request budgets: a call waits here rather than being throttled there. */
import { DeadlineError } from "./errors.ts";

/** Milliseconds since some moment, and a way to wait. */
export interface Timer {
	now(): number;
	sleep(milliseconds: number): Promise<void>;
}

export const realTimer: Timer = {
	now: () => performance.now(),
	sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
};

interface Rate {
	/** Tokens that the bucket holds when it is full. */
	readonly capacity: number;
	/** Tokens that are added each second. */
	readonly perSecond: number;
}

/**
 * Per account, region, and action. Source: "Request throttling for the Amazon EC2 API" in the EC2 Developer Guide. All
 * reads here are filtered or paged, which have the larger bucket.
 */
const REQUESTS: ReadonlyMap<string, Rate> = new Map([
	["RunInstances", { capacity: 5, perSecond: 2 }],
	["CreateTags", { capacity: 100, perSecond: 10 }],
]);
const READS: Rate = { capacity: 100, perSecond: 20 };
/** `RunInstances` also draws on a bucket of instances. */
const INSTANCES: Rate = { capacity: 1000, perSecond: 2 };
/** Maximum `MaxCount` of a call: no bucket ever holds more. */
export const MAX_INSTANCES_PER_CALL = INSTANCES.capacity;

/** Others of the account use the same buckets, so throttling leaves them more, down to this share for us. */
const MIN_SHARE = 1 / 8;
/** Share of the full rate that each success after throttling gives back. */
const RECOVERY = 1 / 16;
/** Tokens are fractions, whose sums are not exact. */
const EPSILON = 1e-6;

interface Waiter {
	readonly count: number;
	/** Milliseconds of the timer. */
	readonly deadline: number;
	readonly grant: () => void;
	readonly reject: (error: DeadlineError) => void;
}

/** A token bucket in which callers queue, first come, first served. */
export class TokenBucket {
	readonly #rate: Rate;
	readonly #timer: Timer;
	#perSecond: number;
	#level: number;
	#filledAt: number;
	#slowedAt = Number.NEGATIVE_INFINITY;
	#pumping = false;
	readonly #queue: Waiter[] = [];

	constructor(rate: Rate, timer: Timer) {
		this.#rate = rate;
		this.#timer = timer;
		this.#perSecond = rate.perSecond;
		this.#level = rate.capacity;
		this.#filledAt = timer.now();
	}

	/**
	 * Takes tokens, and waits for them if there are too few.
	 * @param deadline milliseconds of the timer
	 * @throws DeadlineError as soon as the wait would outlast the deadline
	 */
	async take(count: number, deadline: number): Promise<void> {
		if (this.#timer.now() >= deadline) throw new DeadlineError();
		if (count > this.#rate.capacity) throw new RangeError(`the bucket never holds ${count} tokens`);
		await new Promise<void>((grant, reject) => {
			this.#queue.push({ count, deadline, grant, reject });
			this.#update();
		});
	}

	/** Gives back tokens of a call that EC2 did not count. */
	refund(count: number): void {
		this.#fill();
		this.#level = Math.min(this.#rate.capacity, this.#level + count);
		this.#update();
	}

	/**
	 * EC2 throttled: nothing is left, and tokens come back half as fast. Calls that were in flight together count once.
	 * @param sentAt when the throttled call was sent, in milliseconds of the timer
	 */
	slowDown(sentAt: number): void {
		if (sentAt <= this.#slowedAt) return;
		this.#fill();
		this.#slowedAt = this.#timer.now();
		this.#level = Math.min(this.#level, 0);
		this.#perSecond = Math.max(this.#perSecond / 2, this.#rate.perSecond * MIN_SHARE);
		this.#update();
	}

	/** EC2 accepted a call that was sent after it last throttled: tokens come back a little faster. */
	speedUp(sentAt: number): void {
		if (sentAt <= this.#slowedAt || this.#perSecond === this.#rate.perSecond) return;
		this.#fill();
		this.#perSecond = Math.min(this.#rate.perSecond, this.#perSecond + this.#rate.perSecond * RECOVERY);
		this.#update();
	}

	#fill(): void {
		const now = this.#timer.now();
		const added = ((now - this.#filledAt) / 1000) * this.#perSecond;
		this.#level = Math.min(this.#rate.capacity, this.#level + added);
		this.#filledAt = now;
	}

	/** Serves whom the level serves, rejects whose turn would come too late, and wakes up for the rest. */
	#update(): void {
		this.#fill();
		this.#serve();
		this.#rejectLate();
		this.#serve();
		if (!this.#pumping && this.#queue.length > 0) void this.#pump();
	}

	#serve(): void {
		for (let [first] = this.#queue; first !== undefined; [first] = this.#queue) {
			if (first.count > this.#level + EPSILON) return;
			this.#level -= first.count;
			this.#queue.shift();
			first.grant();
		}
	}

	#rejectLate(): void {
		let missing = -this.#level;
		for (const waiter of [...this.#queue]) {
			const turn = this.#timer.now() + ((missing + waiter.count) / this.#perSecond) * 1000;
			if (turn <= waiter.deadline) missing += waiter.count;
			else {
				this.#queue.splice(this.#queue.indexOf(waiter), 1);
				waiter.reject(new DeadlineError());
			}
		}
	}

	async #pump(): Promise<void> {
		this.#pumping = true;
		for (let [first] = this.#queue; first !== undefined; [first] = this.#queue) {
			await this.#timer.sleep((Math.max(0, first.count - this.#level) / this.#perSecond) * 1000);
			this.#update();
		}
		this.#pumping = false;
	}
}

/** The buckets of one account in one region. */
export class Budget {
	readonly #timer: Timer;
	readonly #requests = new Map<string, TokenBucket>();
	readonly #instances: TokenBucket;

	constructor(timer: Timer) {
		this.#timer = timer;
		this.#instances = new TokenBucket(INSTANCES, timer);
	}

	/**
	 * Waits until the call may be sent.
	 * @throws DeadlineError
	 */
	take(action: string, deadline: number): Promise<void> {
		return this.#bucketOf(action).take(1, deadline);
	}

	/**
	 * Waits until a `RunInstances` may ask for so many instances.
	 * @throws DeadlineError
	 */
	takeInstances(count: number, deadline: number): Promise<void> {
		return this.#instances.take(count, deadline);
	}

	/** Gives back the instances of a call that launched fewer. */
	refundInstances(count: number): void {
		this.#instances.refund(count);
	}

	slowDown(action: string, sentAt: number): void {
		this.#bucketOf(action).slowDown(sentAt);
	}

	speedUp(action: string, sentAt: number): void {
		this.#bucketOf(action).speedUp(sentAt);
	}

	#bucketOf(action: string): TokenBucket {
		const known = this.#requests.get(action);
		if (known !== undefined) return known;
		const bucket = new TokenBucket(REQUESTS.get(action) ?? READS, this.#timer);
		this.#requests.set(action, bucket);
		return bucket;
	}
}
