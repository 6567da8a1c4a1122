import type { Lifecycle } from "../../src/core/model/policy.ts";
import type { Damage } from "./damage.ts";

/**
 * When a call whose answer is damaged or stalled takes effect.
 * - `before-answer` (default): at once.
 * - `after-answer`: when the connection is closed, whoever closes it.
 * - `on-release`: when the test calls `release()`, even if the caller has given up.
 * - `none`: never.
 */
export type EffectTime = "before-answer" | "after-answer" | "on-release" | "none";

/**
 * Where an answer stops until the test calls `release()`. With `drip`, `drip()` sends the next bytes of the body, unless
 * the call takes effect only at the release.
 */
export type StallPoint = "before-headers" | "after-headers" | "drip";

/** What happens to a call that a fault matches. */
export type FaultEffect =
	/** Refused with this error (default status: 400). The call has no effect. */
	| { readonly error: { readonly status?: number; readonly code: string; readonly message?: string } }
	/** Refused as EC2 throttles: `RequestLimitExceeded` with 503. */
	| { readonly throttle: true }
	/** Takes effect at once and is answered this many milliseconds later. */
	| { readonly delay: number }
	/** Neither takes effect nor is answered until released. A call whose caller has given up never takes effect. */
	| { readonly hold: true }
	/** The connection is reset before or after the call takes effect. */
	| { readonly reset: "before" | "after" }
	| DamagingFault
	| StallingFault;

/** The answer arrives damaged. */
export interface DamagingFault {
	readonly damage: Damage;
	readonly effect?: EffectTime;
}

/** The answer stops on its way until released. */
export interface StallingFault {
	readonly stall: StallPoint;
	readonly effect?: EffectTime;
}

/** Which calls a fault matches, how often, and what happens to them. A condition that is left out matches every call. */
export type Fault = FaultEffect & {
	readonly region?: string;
	readonly action?: string;
	readonly account?: string;
	/** Zone, subnet, EC2 instance type, and lifecycle of a `RunInstances`: each matches no other action. */
	readonly zone?: string;
	readonly subnet?: string;
	readonly instanceType?: string;
	readonly lifecycle?: Lifecycle;
	/** ARN of the role that an `AssumeRole` requests. */
	readonly role?: string;
	/** Values of parameters by their names on the wire, for example `{ "ResourceId.1": /^i-/ }`. */
	readonly parameters?: Readonly<Record<string, string | RegExp>>;
	/** Number of matching calls to let through first; 0 by default. */
	readonly skip?: number;
	/** Number of calls to affect; all by default. */
	readonly times?: number;
};

/** What a fault is matched against. */
export interface FaultSubject {
	readonly region: string;
	readonly action: string;
	readonly account: string | null;
	readonly zone: string | null;
	readonly subnet: string | null;
	readonly instanceType: string | null;
	readonly lifecycle: Lifecycle | null;
	readonly role: string | null;
	readonly parameters: Readonly<Record<string, string>>;
}

const CONDITIONS = ["region", "action", "account", "zone", "subnet", "instanceType", "lifecycle", "role"] as const;

function matches(fault: Fault, subject: FaultSubject): boolean {
	const fits = CONDITIONS.every((name) => fault[name] === undefined || fault[name] === subject[name]);
	return (
		fits &&
		Object.entries(fault.parameters ?? {}).every(([name, wanted]) => {
			const value = subject.parameters[name];
			return typeof wanted === "string" ? value === wanted : value !== undefined && wanted.test(value);
		})
	);
}

/** A fault that was added. */
export class FaultHandle {
	readonly fault: Fault;
	#seen = 0;
	#hits = 0;
	#effects = 0;
	#removed = false;
	#waiting: (() => void)[] = [];
	readonly #dripping = new Set<(bytes: number) => void>();

	constructor(fault: Fault) {
		this.fault = fault;
	}

	/** Number of calls it has affected so far. */
	get hits(): number {
		return this.#hits;
	}

	/** Number of calls that wait for the release now. */
	get held(): number {
		return this.#waiting.length;
	}

	/** Number of calls that have taken effect after their answer or at the release. */
	get lateEffects(): number {
		return this.#effects;
	}

	/** Affects no further call. Calls that are held stay held. */
	remove(): void {
		this.#removed = true;
	}

	/** Lets the held calls continue. A fault that holds or stalls is removed as well. */
	release(): void {
		if ("hold" in this.fault || "stall" in this.fault) this.remove();
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const proceed of waiting) proceed();
	}

	/** Sends the next bytes of every answer that drips. */
	drip(bytes = 1): void {
		for (const send of this.#dripping) send(bytes);
	}

	/** Resolves at the release. */
	wait(): Promise<void> {
		return new Promise((resolve) => this.#waiting.push(resolve));
	}

	/** Registers an answer that drips; the returned function ends that. */
	onDrip(send: (bytes: number) => void): () => void {
		this.#dripping.add(send);
		return () => this.#dripping.delete(send);
	}

	noteLateEffect(): void {
		this.#effects += 1;
	}

	/** Whether it affects this call, which is then counted. */
	affects(subject: FaultSubject): boolean {
		const { skip = 0, times = Number.POSITIVE_INFINITY } = this.fault;
		if (this.#removed || this.#hits >= times || !matches(this.fault, subject)) return false;
		this.#seen += 1;
		if (this.#seen <= skip) return false;
		this.#hits += 1;
		return true;
	}
}

/** The faults of an endpoint. If several match a call, the one that was added first affects it. */
export class Faults {
	readonly #handles: FaultHandle[] = [];

	add(fault: Fault): FaultHandle {
		const handle = new FaultHandle(fault);
		this.#handles.push(handle);
		return handle;
	}

	/** Removes every fault and lets every held call continue. */
	clear(): void {
		for (const handle of this.#handles.splice(0)) {
			handle.remove();
			handle.release();
		}
	}

	/** Lets every held call continue. */
	release(): void {
		for (const handle of this.#handles) handle.release();
	}

	/** The fault that affects this call. */
	find(subject: FaultSubject): FaultHandle | undefined {
		return this.#handles.find((handle) => handle.affects(subject));
	}
}
