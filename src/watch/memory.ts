/**
 * What a watch remembers of its own launches between ticks, because EC2 shows them late. It is a help, never a source of
 * truth: without it, the next tick would be computed from the database and EC2 alone.
 */
import type { Outcome } from "../core/launch/outcome.ts";
import type { LaunchRequest, Refusal } from "../core/launch/refusal.ts";
import type { Instance, MachineFacts } from "../core/model/facts.ts";
import type { MozType } from "../core/model/policy.ts";
import type { Placement } from "../core/plan/placements.ts";

/** Seconds for which a launch counts although EC2 does not show it. */
const REMEMBERED = 600;
/** Seconds for which a placement without capacity is skipped. */
const WITHOUT_CAPACITY = 180;
/** Seconds in which `max-launches` applies to a watch. */
const LAUNCH_WINDOW = 3_600;
/** Seconds by which the machine's clock and EC2's may differ. */
const CLOCK_TOLERANCE = 60;

interface RememberedLaunch {
	/** As it counts until EC2 shows it. */
	readonly instance: Instance;
	/** False: EC2's answer was lost, so that the instance may not exist and its ID is made up. */
	readonly isKnown: boolean;
}

interface RefusedCapacity {
	readonly at: number;
	readonly refusal: Refusal;
}

/** What a tick launched, for the time that requests waited. */
export interface LaunchedNow {
	readonly mozType: MozType;
	readonly machines: number;
	/** When the call was made, seconds since 1970, UTC. */
	readonly at: number;
}

export class LaunchMemory {
	#launches: readonly RememberedLaunch[] = [];
	readonly #withoutCapacity = new Map<string, RefusedCapacity>();
	#counts: readonly { readonly at: number; readonly count: number }[] = [];
	#launchedNow: LaunchedNow[] = [];
	#unknown = 0;
	#wasProbed = false;

	/** Instances that were, or may have been, launched in the last hour. */
	launchedInWindow(now: number): number {
		this.#counts = this.#counts.filter(({ at }) => at > now - LAUNCH_WINDOW);
		return this.#counts.reduce((sum, { count }) => sum + count, 0);
	}

	/** What was launched since the last call. */
	takeLaunched(): readonly LaunchedNow[] {
		const launched = this.#launchedNow;
		this.#launchedNow = [];
		return launched;
	}

	/** Whether, since the last call, a placement has capacity again, so that the next tick may request more of it. */
	takeProbed(): boolean {
		const wasProbed = this.#wasProbed;
		this.#wasProbed = false;
		return wasProbed;
	}

	/**
	 * Facts of an account as EC2 gave them, all or only its instances, with the launches of this watch that EC2 does not
	 * show yet, or shows without tags. They count as live for ten minutes. Whatever EC2 shows with its tags is taken as EC2
	 * shows it.
	 * @param now seconds since 1970, UTC
	 */
	supplement<Facts extends MachineFacts>(facts: Facts, now: number): Facts {
		this.#launches = this.#launches.filter(({ instance }) => instance.launchedAt > now - REMEMBERED);
		const ended = new Set(facts.terminated.map(({ instanceId }) => instanceId));
		const shown = new Map(facts.instances.map((instance) => [instance.instanceId, instance]));
		const here = this.#launches
			.filter(({ instance }) => instance.region === facts.region && instance.role === facts.role)
			// The plan measures ages by EC2's clock.
			.map(({ instance, isKnown }) => ({
				instance: { ...instance, launchedAt: instance.launchedAt + (facts.clockOffset ?? 0) },
				isKnown,
			}));
		const known = new Set(this.#launches.filter(({ isKnown }) => isKnown).map(({ instance }) => instance.instanceId));
		const strangers = facts.instances.filter(({ ours, instanceId }) => ours && !known.has(instanceId));
		const unseen: Instance[] = [];
		for (const { instance, isKnown } of here) {
			const own = shown.get(instance.instanceId);
			if (!isKnown) {
				// An instance that this watch did not record is the one whose launch went unanswered, if it fits.
				const match = strangers.findIndex((stranger) => fits(stranger, instance));
				if (match === -1) unseen.push(instance);
				else strangers.splice(match, 1);
			} else if (own === undefined && !ended.has(instance.instanceId)) unseen.push(instance);
			else if (own !== undefined && own.mozType === null) {
				const { mozType, name, ours, mozState } = instance;
				shown.set(instance.instanceId, { ...own, mozType, name, ours, mozState });
			}
		}
		return { ...facts, instances: [...shown.values(), ...unseen] };
	}

	/**
	 * What to ask of EC2 instead of a request whose placement had no capacity: nothing for three minutes, then one
	 * instance.
	 * @param now seconds since 1970, UTC
	 */
	advise(
		request: LaunchRequest,
		now: number,
	): { readonly kind: "ask" | "probe" } | { readonly kind: "skip"; readonly refusal: Refusal } {
		const known = this.#withoutCapacity.get(capacityKey(request.placement));
		if (known === undefined) return { kind: "ask" };
		if (now - known.at >= WITHOUT_CAPACITY) return { kind: "probe" };
		const { code, message } = known.refusal;
		const refusal: Refusal = {
			kind: "no-capacity",
			code,
			message: `Skipped for up to ${WITHOUT_CAPACITY / 60} min after EC2 had no capacity: ${message}`,
			suggestedZones: [],
		};
		return { kind: "skip", refusal };
	}

	/**
	 * Remembers the outcome of a request.
	 * @param at when the call was made, seconds since 1970, UTC
	 */
	record(request: LaunchRequest, outcome: Outcome, at: number): void {
		const { launched, refusal } = outcome;
		const unanswered = refusal?.possiblyLaunched ?? 0;
		const machines = launched.flatMap(({ instanceId, ...rest }, index) =>
			instanceId === null ? [] : [{ instanceId, name: rest.name ?? request.names?.[index] ?? null, isKnown: true }],
		);
		const doubtful = Array.from({ length: unanswered }, (_, index) => {
			this.#unknown += 1;
			const name = request.names?.[launched.length + index] ?? null;
			return { instanceId: `unanswered-${this.#unknown}`, name, isKnown: false };
		});
		this.#launches = [
			...this.#launches,
			...[...machines, ...doubtful].map(({ instanceId, name, isKnown }) => ({
				instance: instanceFor(request, { instanceId, name, launchedAt: at }),
				isKnown,
			})),
		];
		if (launched.length + unanswered > 0) this.#counts = [...this.#counts, { at, count: launched.length + unanswered }];
		if (launched.length > 0) this.#launchedNow.push({ mozType: request.pool.mozType, machines: launched.length, at });
		const key = capacityKey(request.placement);
		if (refusal?.kind === "no-capacity") this.#withoutCapacity.set(key, { at, refusal });
		else if (launched.length > 0) {
			this.#wasProbed ||= this.#withoutCapacity.has(key);
			this.#withoutCapacity.delete(key);
		}
	}

	/** Forgets what no longer matters, so that a watch of weeks stays small. */
	forget(now: number): void {
		for (const [key, { at }] of this.#withoutCapacity) {
			if (now - at >= 10 * WITHOUT_CAPACITY) this.#withoutCapacity.delete(key);
		}
		this.#launches = this.#launches.filter(({ instance }) => instance.launchedAt > now - REMEMBERED);
		this.#counts = this.#counts.filter(({ at }) => at > now - LAUNCH_WINDOW);
	}
}

/** The instance as it counts until EC2 shows it. */
function instanceFor(
	{ pool, placement }: LaunchRequest,
	{ instanceId, name, launchedAt }: Pick<Instance, "instanceId" | "name" | "launchedAt">,
): Instance {
	const { region, role, availabilityZone, lifecycle, instanceType, imageId } = placement;
	return {
		...{ instanceId, region, role, availabilityZone, lifecycle, instanceType, imageId, launchedAt, name },
		state: "pending",
		mozType: pool.mozType,
		ours: true,
		virtualizationType: "",
		rootDeviceType: "",
		loaned: false,
		mozState: "ready",
	};
}

/** Whether an instance of EC2 may be the one whose launch was not answered. */
function fits(shown: Instance, launch: Instance): boolean {
	return (
		shown.mozType === launch.mozType &&
		shown.lifecycle === launch.lifecycle &&
		shown.instanceType === launch.instanceType &&
		shown.availabilityZone === launch.availabilityZone &&
		shown.launchedAt >= launch.launchedAt - CLOCK_TOLERANCE
	);
}

function capacityKey({ lifecycle, instanceType, availabilityZone, role }: Placement): string {
	return JSON.stringify([lifecycle, instanceType, availabilityZone, role]);
}
