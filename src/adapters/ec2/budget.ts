/** EC2's request budgets: a call waits here rather than being throttled there. */
import type { Timer } from "../timer.ts";
import { DeadlineError } from "./errors.ts";

interface Rate {
	/** Tokens that the bucket holds when it is full. */
	readonly capacity: number;
	/** Tokens that are added each second. */
	readonly perSecond: number;
}

/**
 * Per account, region, and action: a little less than EC2 grants, which is 5 + 2/s, 100 + 10/s, and 100 + 20/s. EC2 counts
 * a call when it arrives and we count it when it is sent, so calls may arrive closer together than they were sent. With
 * this margin, half a second of difference between two calls' ways provokes no throttling.
 * Source: "Request throttling for the Amazon EC2 API" in the EC2 Developer Guide. All reads here are filtered or paged,
 * which have the larger bucket.
 */
const REQUESTS: ReadonlyMap<string, Rate> = new Map([
	["RunInstances", { capacity: 4, perSecond: 1.95 }],
	["CreateTags", { capacity: 95, perSecond: 9.8 }],
]);
const READS: Rate = { capacity: 90, perSecond: 19.5 };
/** `RunInstances` also draws on a bucket of instances, which is 1,000 + 2/s. */
const INSTANCES: Rate = { capacity: 999, perSecond: 1.95 };
/** Maximum `MaxCount` of a call: EC2's own bucket never holds more. */
export const MAX_INSTANCES_PER_CALL = 1000;
/** `RunInstances` calls that may be sent at once. */
export const LAUNCH_BURST = 4;

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
	 * Takes tokens, and waits for them if there are too few. More than the bucket holds are taken from a full bucket, and
	 * the next call waits for what is missing.
	 * @param deadline milliseconds of the timer
	 * @param stop once it aborts, nothing is taken any more
	 * @throws DeadlineError as soon as the wait would outlast the deadline, or is stopped
	 */
	async take(count: number, deadline: number, stop: AbortSignal | null = null): Promise<void> {
		if (this.#timer.now() >= deadline || stop?.aborted) throw new DeadlineError();
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		const waiter: Waiter = { count, deadline, grant: resolve, reject };
		const leave = () => this.#leave(waiter);
		stop?.addEventListener("abort", leave, { once: true });
		this.#queue.push(waiter);
		this.#update();
		await promise.finally(() => stop?.removeEventListener("abort", leave));
	}

	/** Tokens that must be there before `count` are taken. */
	#needed(count: number): number {
		return Math.min(count, this.#rate.capacity);
	}

	#leave(waiter: Waiter): void {
		const position = this.#queue.indexOf(waiter);
		if (position < 0) return;
		this.#queue.splice(position, 1);
		waiter.reject(new DeadlineError());
		this.#update();
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
			if (this.#needed(first.count) > this.#level + EPSILON) return;
			this.#level -= first.count;
			this.#queue.shift();
			first.grant();
		}
	}

	#rejectLate(): void {
		let missing = -this.#level;
		for (const waiter of [...this.#queue]) {
			const turn = this.#timer.now() + ((missing + this.#needed(waiter.count)) / this.#perSecond) * 1000;
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
			await this.#timer.sleep((Math.max(0, this.#needed(first.count) - this.#level) / this.#perSecond) * 1000);
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
	take(action: string, deadline: number, stop: AbortSignal | null = null): Promise<void> {
		return this.#bucketOf(action).take(1, deadline, stop);
	}

	/**
	 * Waits until a `RunInstances` may ask for so many instances.
	 * @throws DeadlineError
	 */
	takeInstances(count: number, deadline: number, stop: AbortSignal | null = null): Promise<void> {
		return this.#instances.take(count, deadline, stop);
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
