/**
 * EC2's token buckets, per account and region. Source: "Request throttling for the Amazon EC2 API" in the EC2 Developer
 * Guide.
 */
import { Ec2Error } from "./errors.ts";

interface Rate {
	/** Tokens in a full bucket. */
	readonly capacity: number;
	/** Tokens added each second. */
	readonly perSecond: number;
}

const REQUESTS: Readonly<Record<string, Rate>> = {
	RunInstances: { capacity: 5, perSecond: 2 },
	CreateTags: { capacity: 100, perSecond: 10 },
	TerminateInstances: { capacity: 100, perSecond: 5 },
};
const PAGED_READ: Rate = { capacity: 100, perSecond: 20 };
/** Reads with neither a filter nor `MaxResults`. */
const OPEN_READ: Rate = { capacity: 50, perSecond: 10 };
const INSTANCES: Rate = { capacity: 1000, perSecond: 2 };

class Bucket {
	readonly #rate: Rate;
	readonly #now: () => number;
	#level: number;
	#filledAt: number;

	/** @param now seconds */
	constructor(rate: Rate, now: () => number) {
		this.#rate = rate;
		this.#now = now;
		this.#level = rate.capacity;
		this.#filledAt = now();
	}

	get level(): number {
		const now = this.#now();
		const added = Math.max(0, now - this.#filledAt) * this.#rate.perSecond;
		this.#level = Math.min(this.#rate.capacity, this.#level + added);
		this.#filledAt = now;
		return this.#level;
	}

	/** Takes the tokens, or none if there are too few. */
	take(count: number): boolean {
		if (this.level < count) return false;
		this.#level -= count;
		return true;
	}
}

export function throttled(): Ec2Error {
	return new Ec2Error("RequestLimitExceeded", "Request limit exceeded.", 503);
}

/** The buckets of one account in one region. */
export class RateLimits {
	readonly #now: () => number;
	readonly #requests = new Map<string, Bucket>();
	readonly #instances: Bucket;

	/** @param now seconds */
	constructor(now: () => number) {
		this.#now = now;
		this.#instances = new Bucket(INSTANCES, now);
	}

	/** Tokens for instances that are left. */
	get instances(): number {
		return this.#instances.level;
	}

	/**
	 * Counts one request.
	 * @param limited whether a read has a filter or `MaxResults`
	 * @throws Ec2Error if the bucket of the action is empty
	 */
	countRequest(action: string, limited: boolean): void {
		const rate = REQUESTS[action] ?? (limited ? PAGED_READ : OPEN_READ);
		const key = `${action} ${rate.capacity}`;
		const bucket = this.#requests.get(key) ?? new Bucket(rate, this.#now);
		this.#requests.set(key, bucket);
		if (!bucket.take(1)) throw throttled();
	}

	/** @throws Ec2Error if a launch of so many instances exceeds the bucket. Takes nothing. */
	assertInstances(count: number): void {
		if (this.#instances.level < count) throw throttled();
	}

	countInstances(count: number): void {
		this.#instances.take(count);
	}
}
