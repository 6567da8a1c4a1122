/** Launching on EC2. */
import { randomBytes } from "node:crypto";
import { RunInstancesCommand } from "@aws-sdk/client-ec2";
import type { LaunchedInstance, Outcome } from "../../core/launch/outcome.ts";
import type { LaunchRequest, Refusal } from "../../core/launch/refusal.ts";
import { namesTags } from "../../core/model/batch-names.ts";
import type { LaunchCode } from "../../core/model/failure.ts";
import type { Policy } from "../../core/model/policy.ts";
import {
	differsPerInstance,
	fillUserData,
	listsNames,
	MOST_USER_DATA_BYTES,
	type UserDataTemplate,
	userDataValues,
	uses,
} from "../../core/model/user-data.ts";
import type { Adoption } from "../../core/plan/adoption.ts";
import { CertificateError, DatabaseError, errorMessage } from "../../errors.ts";
import type { Certificates, Clock, LateNaming, Launcher } from "../../tick/ports.ts";
import { adviceForLaunch } from "./advice.ts";
import { LAUNCH_BURST, MAX_INSTANCES_PER_CALL } from "./budget.ts";
import type { Ec2Clients, Patience } from "./client.ts";
import { codeOf, DeadlineError } from "./errors.ts";
import { notSent, partial, refusalOf } from "./launch-refusals.ts";
import { type NamedInstance, type NamingFailure, type NamingLimits, nameInstance } from "./naming.ts";
import { meaningOf } from "./refusals.ts";
import { freeTags, type Run, regionOf, runInstancesRequest } from "./request.ts";

export interface LauncherParts {
	readonly clients: Ec2Clients;
	readonly policy: Policy;
	readonly run: Run;
	readonly clock: Clock;
	/** Null: the configuration names none. */
	readonly certificates: Certificates | null;
}

/** Milliseconds after the deadline: for answers to launches, for sending names, and for answers to these. */
const LAUNCH_GRACE = 15_000;
const NAME_GRACE = 20_000;
const END_GRACE = 25_000;
const REHEARSAL_TRIES = 4;
/** Milliseconds in which an adoption is begun, and ends. */
const ADOPTION_SEND = 30_000;
const ADOPTION_WAIT = 60_000;
/** Reached only if there is no deadline to speak of. */
const MAX_TRIES = 20;
/**
 * Calls in flight of a request whose machines are launched one by one. EC2 may take some seconds for each, so there are more
 * than its bucket of calls holds; a refusal costs up to as many calls, less one.
 */
const PARALLEL_LAUNCHES = 2 * LAUNCH_BURST;
const NO_CERTIFICATE = "no-certificate" satisfies LaunchCode;

interface Machine extends Omit<LaunchedInstance, "name" | "instanceId"> {
	readonly instanceId: string;
	/** Its `ami-launch-index` in the instance metadata; null if EC2 did not state a valid one. */
	readonly launchIndex: number | null;
}

/** A machine with its name, as far as it is known. */
interface Assigned {
	readonly machine: Machine;
	readonly name: string | null;
}

/** When not to send a call any more. */
interface Limits {
	/** Milliseconds of the timer. */
	readonly sendUntil: number;
	/** @throws DatabaseError */
	readonly confirmLock: () => Promise<void>;
	/** Once it aborts, nothing is sent. Default: when the tick is stopped. */
	readonly stop?: AbortSignal;
}

/** What came of one `RunInstances`. */
interface Answer {
	readonly machines: readonly Machine[];
	/** Null: everything was launched. */
	readonly refusal: Refusal | null;
}

/** One call's part of a request. */
interface Part {
	/** For as many instances as this part asks for. */
	readonly request: LaunchRequest;
	/** Position of the part in the pool's request, for its token. */
	readonly index: number;
	readonly userData: string | null;
	/** Whether the user data gives each instance its name by its launch index. */
	readonly listsNames: boolean;
}

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
		const tellsNames = template !== null && listsNames(template) && request.names !== null;
		const differs = template !== null && differsPerInstance(template);
		if (differs || (request.pool.slaveset !== null && !tellsNames)) {
			return this.#launchEach(request, template, limits);
		}
		return this.#launchTogether(request, template, { ...limits, tellsNames });
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
	async rehearse({ names: _, ...request }: LaunchRequest, deadline: number): Promise<Refusal | null> {
		const { clients } = this.#parts;
		const { placement } = request;
		const one: LaunchRequest = { ...request, count: 1, names: null };
		const what = describeLaunch(request);
		const { ClientToken, ...input } = runInstancesRequest(one, {
			...this.#parts,
			userData: null,
			namesTags: {},
			index: 0,
		});
		const sendUntil = this.#timerAt(deadline);
		try {
			await clients.call(placement, {
				action: "RunInstances",
				instances: 0,
				patience: { sendUntil, waitUntil: sendUntil + LAUNCH_GRACE, tries: REHEARSAL_TRIES },
				send: (client, options) => client.send(new RunInstancesCommand({ ...input, DryRun: true }), options),
			});
			return null;
		} catch (error) {
			if (codeOf(error) === "DryRunOperation") return null;
			if (error instanceof DeadlineError) {
				const message = `Rehearsing ${what} was skipped, because the time of the input "timeout" was over.`;
				return { kind: "timeout", code: "timeout", message, suggestedZones: [] };
			}
			const code = codeOf(error);
			const { kind, scope } = meaningOf(error);
			const sentence = kind === "unknown" ? `Rehearsing ${what} failed` : `EC2 would refuse ${what}`;
			const cause = errorMessage(error).replace(/[.\s]*$/, ".");
			const advice = adviceForLaunch(code, scope, placement.lifecycle);
			return { kind, scope, code, message: `${sentence}: ${cause}${advice}`, suggestedZones: [] };
		}
	}

	/** Milliseconds of the timer at a moment of the clock. */
	#timerAt(deadline: number): number {
		const { clients, clock } = this.#parts;
		return clients.timer.now() + (deadline - clock.now()) * 1000;
	}

	/**
	 * A few at a time: as many as EC2's bucket of calls holds, then as fast as it fills, whatever an answer takes. The first
	 * refusal cancels the launches that were not sent yet, because EC2 would refuse them for the same reason.
	 */
	async #launchEach(request: LaunchRequest, template: UserDataTemplate | null, limits: Limits): Promise<Outcome> {
		const { clients } = this.#parts;
		const refused = new AbortController();
		const stop = AbortSignal.any([clients.ending.stop, refused.signal]);
		const ones = onesOf(request).map((one) => ({ one, userData: this.#userData(one, template) }));
		// All at once, since each may have to fetch a certificate. One that fails is handled in its turn.
		for (const { userData } of ones) userData.catch(() => undefined);
		const answers: Answer[] = Array.from(ones, () => ({ machines: [], refusal: null }));
		const queue = ones.entries();
		const work = async () => {
			for (const [index, { one, userData }] of queue) {
				if (refused.signal.aborted) return;
				const answer = await this.#launchOne({ request: one, index, listsNames: false }, userData, { ...limits, stop });
				// What another's refusal stopped was not refused itself.
				if (answer.refusal?.kind === "timeout" && refused.signal.aborted) return;
				answers[index] = answer;
				// Others may have their certificates in the cache.
				if (answer.refusal !== null && answer.refusal.code !== NO_CERTIFICATE) refused.abort();
			}
		};
		await Promise.all(Array.from({ length: PARALLEL_LAUNCHES }, work));
		return {
			launched: answers.flatMap(({ machines }, index) =>
				machines.map((machine) => launchedInstance({ machine, name: request.names?.[index] ?? null })),
			),
			refusal: mergeRefusals(answers.flatMap(({ refusal }) => refusal ?? [])),
			namingFailures: [],
		};
	}

	async #launchOne(part: Omit<Part, "userData">, userData: Promise<string | null>, limits: Limits): Promise<Answer> {
		try {
			return await this.#runInstances({ ...part, userData: await userData }, limits);
		} catch (error) {
			if (!(error instanceof CertificateError)) throw error;
			const { message } = error;
			return { machines: [], refusal: { kind: "rejected", code: NO_CERTIFICATE, message, suggestedZones: [] } };
		}
	}

	/**
	 * In one call if EC2 grants it. A request beyond EC2's bucket of instances takes several calls, and so does one whose
	 * names don't fit the user data and tags of one call, or one beyond the account's quota: EC2 may refuse the whole of it,
	 * so that half as many are asked for, down to one.
	 */
	async #launchTogether(
		request: LaunchRequest,
		template: UserDataTemplate | null,
		{ tellsNames, ...limits }: Limits & { readonly tellsNames: boolean },
	): Promise<Outcome> {
		const outcomes: Promise<Outcome>[] = [];
		let remaining = request.count;
		let most = MAX_INSTANCES_PER_CALL;
		let refusal: Refusal | null = null;
		for (let index = 0; remaining > 0; index += 1) {
			const rest = firstOf(request, request.count - remaining, Math.min(most, remaining));
			const size = tellsNames && template !== null ? await this.#fitting(rest, template) : rest.count;
			const one = firstOf(rest, 0, size);
			const part = { request: one, index, userData: await this.#userData(one, template), listsNames: tellsNames };
			const { machines, refusal: refused } = await this.#runInstances(part, limits);
			outcomes.push(this.#nameAll(part, machines, limits.sendUntil));
			remaining -= machines.length;
			refusal = refused;
			if (refused === null) continue;
			if (refused.kind !== "limit" || size === 1) break;
			most = Math.floor(size / 2);
		}
		const all = await Promise.all(outcomes);
		return {
			launched: all.flatMap(({ launched }) => launched),
			refusal,
			namingFailures: all.flatMap(({ namingFailures }) => namingFailures),
		};
	}

	/** How many of the request's instances one call can launch, so that their names fit its user data and its tags; at least 1. */
	async #fitting(request: LaunchRequest, template: UserDataTemplate): Promise<number> {
		const tags = freeTags(regionOf(this.#parts.policy, request));
		const fits = async (count: number) => {
			const { names, ...part } = firstOf(request, 0, count);
			const userData = (await this.#userData({ ...part, names }, template)) ?? "";
			return Buffer.byteLength(userData) <= MOST_USER_DATA_BYTES && namesTags(names ?? [], tags) !== null;
		};
		if (await fits(request.count)) return request.count;
		let fitting = 1;
		let tooMany = request.count;
		while (tooMany - fitting > 1) {
			const middle = Math.floor((fitting + tooMany) / 2);
			if (await fits(middle)) fitting = middle;
			else tooMany = middle;
		}
		return fitting;
	}

	/** One call, repeated under its token until its outcome is known or the time is over. */
	async #runInstances(part: Part, { sendUntil, confirmLock, stop }: Limits): Promise<Answer> {
		const { placement, count } = part.request;
		const { clients } = this.#parts;
		const what = `${count} ${describeLaunch(part.request)}`;
		const refused = (refusal: Omit<Refusal, "suggestedZones">) => ({
			machines: [],
			refusal: { ...refusal, suggestedZones: [] },
		});
		const bytes = Buffer.byteLength(part.userData ?? "");
		if (bytes > MOST_USER_DATA_BYTES) {
			const message = `Skipped launching ${what}: the user data has ${bytes} bytes, and EC2 accepts up to ${MOST_USER_DATA_BYTES}. Shorten the template.`;
			return refused({ kind: "rejected", scope: "type", code: "user-data-too-long" satisfies LaunchCode, message });
		}
		const isNamedLater = part.listsNames && count > 1;
		const tags = isNamedLater
			? namesTags(part.request.names ?? [], freeTags(regionOf(this.#parts.policy, part.request)))
			: {};
		if (tags === null) throw new RangeError("the names of a call don't fit its tags");
		const input = runInstancesRequest(part.request, { ...this.#parts, ...part, namesTags: tags });
		const waitUntil = sendUntil + LAUNCH_GRACE;
		const patience: Patience = { sendUntil, waitUntil, tries: MAX_TRIES, ...(stop === undefined ? {} : { stop }) };
		try {
			const { Instances = [] } = await clients.call(placement, {
				action: "RunInstances",
				instances: count,
				patience,
				send: async (client, options) => {
					await confirmLock();
					return client.send(new RunInstancesCommand(input), options);
				},
			});
			const indexes = Instances.map(({ AmiLaunchIndex }) => AmiLaunchIndex);
			const machines = Instances.flatMap(({ InstanceId, VirtualizationType, RootDeviceType, AmiLaunchIndex }) => {
				const types = { virtualizationType: VirtualizationType ?? null, rootDeviceType: RootDeviceType ?? null };
				const isValid =
					isLaunchIndex(AmiLaunchIndex, count) &&
					indexes.indexOf(AmiLaunchIndex) === indexes.lastIndexOf(AmiLaunchIndex);
				const launchIndex = isValid ? AmiLaunchIndex : null;
				return InstanceId === undefined ? [] : [{ instanceId: InstanceId, launchIndex, ...types }];
			});
			return { machines, refusal: machines.length < count ? partial(what, machines.length) : null };
		} catch (error) {
			if (error instanceof DeadlineError) return refused(notSent(clients, what, sendUntil));
			if (error instanceof DatabaseError) {
				const message = `Skipped launching ${what}: ${error.message}`;
				return refused({ kind: "lock-lost", scope: "tick", code: error.code, message });
			}
			return { machines: [], refusal: refusalOf(error, what, part.request) };
		}
	}

	/** Names the machines of a call that could not give each its own tags. */
	async #nameAll(part: Part, machines: readonly Machine[], sendUntil: number): Promise<Outcome> {
		const { clients, policy } = this.#parts;
		const { placement, pool, count } = part.request;
		const { domain } = regionOf(policy, part.request);
		const assigned = assignNames(part, machines);
		const launchedAt = clients.timer.now();
		const limits: NamingLimits = {
			launchedAt,
			// What is left of listed names at the deadline, the next run tags with the same names.
			sendUntil: part.listsNames ? sendUntil : sendUntil + NAME_GRACE,
			waitUntil: sendUntil + END_GRACE,
			// An instance of this tick is named even if the tick is stopped meanwhile.
			stop: clients.ending.end,
		};
		const name = async ({ machine, name }: Assigned): Promise<readonly NamingFailure[]> => {
			if (name === null || count === 1) return [];
			const instance: NamedInstance = { instanceId: machine.instanceId, name, domain, knowsItsName: part.listsNames };
			return nameInstance(clients, placement, instance, limits);
		};
		if (part.listsNames) {
			const failures = Promise.all(assigned.map(name));
			const { region } = placement;
			const { mozType } = pool;
			this.#tagging.push(failures.then((all) => all.flat().map((failure) => ({ ...failure, region, mozType }))));
			const unknown = assigned.flatMap((one) => (one.name === null ? [one.machine] : []));
			return {
				launched: assigned.map(launchedInstance),
				refusal: null,
				namingFailures: unknown.map(({ instanceId }) => withoutLaunchIndex(instanceId, placement.region)),
			};
		}
		const all = await Promise.all(
			assigned.map(async (one) => {
				const namingFailures = await name(one);
				const isNamed = namingFailures.length === 0;
				return { launched: launchedInstance(isNamed ? one : { ...one, name: null }), namingFailures };
			}),
		);
		return {
			launched: all.map(({ launched }) => launched),
			refusal: null,
			namingFailures: all.flatMap(({ namingFailures }) => namingFailures),
		};
	}

	/** @throws CertificateError */
	async #userData(request: LaunchRequest, template: UserDataTemplate | null): Promise<string | null> {
		if (template === null) return null;
		const { policy, certificates } = this.#parts;
		const { domain, puppetServer } = regionOf(policy, request);
		const { region } = request.placement;
		const shared = { names: request.names ?? [], mozType: request.pool.mozType, region, domain, puppetServer };
		const { fqdn } = userDataValues({ ...shared, password: "", certs: "" });
		const values = userDataValues({
			...shared,
			// Known to the machine alone.
			password: uses(template, "password") ? randomBytes(18).toString("base64url") : "",
			certs: uses(template, "certs") ? ((await certificates?.get(fqdn)) ?? "") : "",
		});
		return fillUserData(template, values);
	}
}

/** For example `spot c6i.xlarge for bld-linux64 in us-east-1a`. */
function describeLaunch({ placement, pool }: Pick<LaunchRequest, "placement" | "pool">): string {
	const { lifecycle, instanceType, availabilityZone } = placement;
	return `${lifecycle} ${instanceType} for ${pool.mozType} in ${availabilityZone}`;
}

/** The request for each instance of a request. */
function onesOf(request: LaunchRequest): readonly LaunchRequest[] {
	return Array.from({ length: request.count }, (_, index) => firstOf(request, index, 1));
}

/** The request for `count` of a request's instances, from the one at a position on. */
function firstOf(request: LaunchRequest, from: number, count: number): LaunchRequest {
	return { ...request, count, names: request.names?.slice(from, from + count) ?? null };
}

/** Whether EC2 can have given this launch index to one of `count` instances. */
function isLaunchIndex(index: number | undefined, count: number): index is number {
	return index !== undefined && Number.isInteger(index) && index >= 0 && index < count;
}

/**
 * The name of each machine: by its launch index, at which it finds it in its user data. A machine whose index is not known
 * gets any other name of the call, but none if it has one in its user data.
 */
function assignNames({ request, listsNames }: Part, machines: readonly Machine[]): readonly Assigned[] {
	const names = request.names ?? [];
	const indexes = new Set(machines.map(({ launchIndex }) => launchIndex));
	const others = names.filter((_, index) => !indexes.has(index)).values();
	return machines.map((machine) => {
		const launchIndex = request.count === 1 ? 0 : machine.launchIndex;
		const name = launchIndex !== null ? names[launchIndex] : listsNames ? undefined : others.next().value;
		return { machine, name: name ?? null };
	});
}

function launchedInstance({ machine, name }: Assigned): LaunchedInstance {
	const { instanceId, virtualizationType, rootDeviceType } = machine;
	return { instanceId, name, virtualizationType, rootDeviceType };
}

function withoutLaunchIndex(instanceId: string, region: string): NamingFailure {
	const message = `EC2's answer has no valid launch index for ${instanceId} in ${region}, so the name that it takes from its user data is not known. A later run reads it and adds the tags.`;
	return { code: "no-launch-index", message };
}

/**
 * What several calls' refusals mean for their request. One that may have launched something comes first, then one of EC2's
 * before a missing certificate.
 */
function mergeRefusals(refusals: readonly Refusal[]): Refusal | null {
	const possiblyLaunched = refusals.reduce((sum, refusal) => sum + (refusal.possiblyLaunched ?? 0), 0);
	const first =
		refusals.find(({ kind }) => kind === "unknown") ??
		refusals.find(({ code }) => code !== NO_CERTIFICATE) ??
		refusals[0];
	if (first === undefined) return null;
	return possiblyLaunched === 0 ? first : { ...first, possiblyLaunched };
}
