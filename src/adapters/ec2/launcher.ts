/** Launching on EC2. */
import type { Outcome } from "../../core/launch/outcome.ts";
import type { LaunchRequest, Refusal } from "../../core/launch/refusal.ts";
import { listsNames, needsCallEach } from "../../core/model/user-data.ts";
import type { Adoption } from "../../core/plan/adoption.ts";
import type { LateNaming, Launcher } from "../../tick/ports.ts";
import { launchEach } from "./launch-each.ts";
import { launchTogether } from "./launch-together.ts";
import { END_GRACE, NAME_GRACE } from "./name-machines.ts";
import { nameInstance } from "./naming.ts";
import { rehearse } from "./rehearsal.ts";
import type { LauncherParts } from "./run-instances.ts";

/** Milliseconds in which an adoption is begun, and ends. */
const ADOPTION_SEND = 30_000;
const ADOPTION_WAIT = 60_000;

export class Ec2Launcher implements Launcher {
	readonly #parts: LauncherParts;
	/** Tags that are still being added to instances that know their names. */
	readonly #tagging: Promise<readonly LateNaming[]>[] = [];

	constructor(parts: LauncherParts) {
		this.#parts = parts;
	}

	/**
	 * Sends one `RunInstances` for the whole request, or one for each instance: if the user data differs, and for a
	 * slaveset, whose machines are counted by their names and so must never be without. If the user data lists the names,
	 * each machine has its name from the start, and its tags are added while the tick goes on; see `finishNaming`.
	 */
	async launch(request: LaunchRequest, deadline: number, confirmLock: () => Promise<void>): Promise<Outcome> {
		const template = this.#parts.policy.types[request.pool.mozType]?.userData ?? null;
		const limits = { sendUntil: this.#timerAt(deadline), confirmLock };
		if (needsCallEach(template, request.pool.slaveset !== null)) {
			return launchEach(this.#parts, request, template, limits);
		}
		const tellsNames = template !== null && listsNames(template) && request.names !== null;
		const { outcome, late } = await launchTogether(this.#parts, request, template, { ...limits, tellsNames });
		this.#tagging.push(late);
		return outcome;
	}

	/** Waits until the launched instances have their tags, or the deadline is over. */
	async finishNaming(): Promise<readonly LateNaming[]> {
		return (await Promise.all(this.#tagging.splice(0))).flat();
	}

	async adopt(adoption: Adoption, deadline: number): Promise<Outcome["namingFailures"]> {
		const { region, mozType } = adoption;
		const domain = this.#parts.policy.types[mozType]?.regions[region]?.domain ?? null;
		const { clients } = this.#parts;
		const now = clients.timer.now();
		const sendUntil = Math.min(now + ADOPTION_SEND, this.#timerAt(deadline) + NAME_GRACE);
		const waitUntil = Math.min(now + ADOPTION_WAIT, this.#timerAt(deadline) + END_GRACE);
		const { stop } = clients.ending;
		const instance = { ...adoption, domain, knowsItsName: adoption.isGiven };
		return nameInstance(clients, adoption, instance, { launchedAt: null, sendUntil, waitUntil, stop });
	}

	/** `RunInstances` with `DryRun`, for one instance without a name or user data: EC2 answers "no" even if it permits it. */
	async rehearse(request: LaunchRequest, deadline: number): Promise<Refusal | null> {
		return rehearse(this.#parts, request, this.#timerAt(deadline));
	}

	/** Milliseconds of the timer at a moment of the clock. */
	#timerAt(deadline: number): number {
		const { clients, clock } = this.#parts;
		return clients.timer.now() + (deadline - clock.now()) * 1000;
	}
}
