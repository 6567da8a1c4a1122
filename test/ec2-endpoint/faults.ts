import type { Lifecycle } from "../../src/core/model/policy.ts";

/** What happens to a call that a fault matches. */
export type FaultEffect =
	/** Refused with this error; nothing takes place. */
	| { readonly error: { readonly status?: number; readonly code: string; readonly message?: string } }
	/** Refused as EC2 throttles: `RequestLimitExceeded`, 503. */
	| { readonly throttle: true }
	/** Takes place at once, is answered so many milliseconds later. */
	| { readonly delay: number }
	/** Neither takes place nor is answered until released. */
	| { readonly hold: true }
	/** The connection is cut, before the call takes place or after. */
	| { readonly reset: "before" | "after" };

/** Which calls, how often, and what happens to them. What is left out matches every call. */
export type Fault = FaultEffect & {
	readonly region?: string;
	readonly action?: string;
	/** Zone, EC2 instance type and lifecycle of a `RunInstances`: where given, no other action matches. */
	readonly zone?: string;
	readonly instanceType?: string;
	readonly lifecycle?: Lifecycle;
	/** ARN of the role that an `AssumeRole` asks for. */
	readonly role?: string;
	/** How many calls it befalls; all of them unless given. */
	readonly times?: number;
};

/** What a fault is matched against. */
export interface FaultSubject {
	readonly region: string;
	readonly action: string;
	readonly zone: string | null;
	readonly instanceType: string | null;
	readonly lifecycle: Lifecycle | null;
	readonly role: string | null;
}

/** A fault that was added. */
export class FaultHandle {
	readonly fault: Fault;
	#hits = 0;
	#removed = false;
	#waiting: (() => void)[] = [];

	constructor(fault: Fault) {
		this.fault = fault;
	}

	/** How many calls it befell so far. */
	get hits(): number {
		return this.#hits;
	}

	/** How many calls it holds now. */
	get held(): number {
		return this.#waiting.length;
	}

	/** Befalls no further call. Calls that are held stay held. */
	remove(): void {
		this.#removed = true;
	}

	/** Lets the held calls go, and holds no further one. */
	release(): void {
		if ("hold" in this.fault) this.remove();
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const proceed of waiting) proceed();
	}

	/** Resolves at the release. */
	wait(): Promise<void> {
		return new Promise((resolve) => this.#waiting.push(resolve));
	}

	/** Whether it befalls this call, which is then counted. */
	befalls(subject: FaultSubject): boolean {
		const { region, action, zone, instanceType, lifecycle, role, times = Number.POSITIVE_INFINITY } = this.fault;
		const matches =
			!this.#removed &&
			this.#hits < times &&
			(region === undefined || region === subject.region) &&
			(action === undefined || action === subject.action) &&
			(zone === undefined || zone === subject.zone) &&
			(instanceType === undefined || instanceType === subject.instanceType) &&
			(lifecycle === undefined || lifecycle === subject.lifecycle) &&
			(role === undefined || role === subject.role);
		if (matches) this.#hits += 1;
		return matches;
	}
}

/** The faults of an endpoint. Of several that match a call, the one that was added first befalls it. */
export class Faults {
	readonly #handles: FaultHandle[] = [];

	add(fault: Fault): FaultHandle {
		const handle = new FaultHandle(fault);
		this.#handles.push(handle);
		return handle;
	}

	/** Ends every fault and lets every held call go. */
	clear(): void {
		for (const handle of this.#handles.splice(0)) {
			handle.remove();
			handle.release();
		}
	}

	/** Lets every held call go. */
	release(): void {
		for (const handle of this.#handles) handle.release();
	}

	/** The fault that befalls this call. */
	find(subject: FaultSubject): FaultHandle | undefined {
		return this.#handles.find((handle) => handle.befalls(subject));
	}
}
