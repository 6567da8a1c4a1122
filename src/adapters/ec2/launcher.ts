/** Launching on EC2. */
import { randomBytes } from "node:crypto";
import { RunInstancesCommand } from "@aws-sdk/client-ec2";
import type { LaunchedInstance, Outcome } from "../../core/launch/outcome.ts";
import type { LaunchRequest, Refusal } from "../../core/launch/refusal.ts";
import type { LaunchCode } from "../../core/model/failure.ts";
import type { Policy } from "../../core/model/policy.ts";
import {
	differsPerInstance,
	fillUserData,
	MOST_USER_DATA_BYTES,
	regionDnsAtom,
	type UserDataTemplate,
	uses,
} from "../../core/model/user-data.ts";
import type { Adoption } from "../../core/plan/adoption.ts";
import { CertificateError, DatabaseError, errorMessage } from "../../errors.ts";
import type { Certificates, Clock, Launcher } from "../../tick/ports.ts";
import { adviceForLaunch } from "./advice.ts";
import { LAUNCH_BURST, MAX_INSTANCES_PER_CALL } from "./budget.ts";
import type { Ec2Clients, Patience } from "./client.ts";
import { codeOf, DeadlineError } from "./errors.ts";
import { notSent, partial, refusalOf } from "./launch-refusals.ts";
import { type NamingLimits, nameInstance } from "./naming.ts";
import { meaningOf } from "./refusals.ts";
import { type Run, regionOf, runInstancesRequest } from "./request.ts";

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
}

export class Ec2Launcher implements Launcher {
	readonly #parts: LauncherParts;

	constructor(parts: LauncherParts) {
		this.#parts = parts;
	}

	/**
	 * Sends one `RunInstances` for the whole request, or one for each instance: if the user data differs, and
	 * for a slaveset, whose machines are counted by their names and so must never be without.
	 */
	async launch(request: LaunchRequest, deadline: number, confirmLock: () => Promise<void>): Promise<Outcome> {
		const template = this.#parts.policy.types[request.pool.mozType]?.userData ?? null;
		const limits = { sendUntil: this.#timerAt(deadline), confirmLock };
		if (request.pool.slaveset !== null || (template !== null && differsPerInstance(template))) {
			return this.#launchEach(request, template, limits);
		}
		return this.#launchTogether(request, await this.#userData(request, template), limits);
	}

	async adopt(adoption: Adoption, deadline: number): Promise<Outcome["namingFailures"]> {
		const { region, mozType } = adoption;
		const domain = this.#parts.policy.types[mozType]?.regions[region]?.domain ?? null;
		const { clients } = this.#parts;
		const now = clients.timer.now();
		const sendUntil = Math.min(now + ADOPTION_SEND, this.#timerAt(deadline) + NAME_GRACE);
		return nameInstance(
			clients,
			adoption,
			{ ...adoption, domain },
			{ launchedAt: null, sendUntil, waitUntil: Math.min(now + ADOPTION_WAIT, this.#timerAt(deadline) + END_GRACE) },
		);
	}

	/** `RunInstances` with `DryRun`, for one instance without a name or user data: EC2 answers "no" even if it permits it. */
	async rehearse({ names: _, ...request }: LaunchRequest, deadline: number): Promise<Refusal | null> {
		const { clients } = this.#parts;
		const { placement } = request;
		const one: LaunchRequest = { ...request, count: 1, names: null };
		const what = describeLaunch(request);
		const { ClientToken, ...input } = runInstancesRequest(one, { ...this.#parts, userData: null, index: 0 });
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
	 * refusal stops what is not sent yet, because it would be refused like it.
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
				const answer = await this.#launchOne({ request: one, index }, userData, { ...limits, stop });
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
				machines.map((machine) => ({ ...machine, name: request.names?.[index] ?? null })),
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
	 * In one call if EC2 grants it. A request beyond EC2's bucket of instances takes several calls, and so does one beyond
	 * the account's quota: EC2 may refuse the whole of it, so that half as many are asked for, down to one.
	 */
	async #launchTogether(request: LaunchRequest, userData: string | null, limits: Limits): Promise<Outcome> {
		const outcomes: Outcome[] = [];
		let remaining = request.count;
		let size = Math.min(remaining, MAX_INSTANCES_PER_CALL);
		let refusal: Refusal | null = null;
		for (let index = 0; remaining > 0; index += 1) {
			const from = request.count - remaining;
			const names = request.names?.slice(from, from + size) ?? null;
			const part = { request: { ...request, count: size, names }, index, userData };
			const { machines, refusal: refused } = await this.#runInstances(part, limits);
			outcomes.push(await this.#nameAll(part, machines, limits.sendUntil));
			remaining -= machines.length;
			refusal = refused;
			if (refused === null) size = Math.min(size, remaining);
			else if (refused.kind === "limit" && size > 1) size = Math.floor(size / 2);
			else break;
		}
		return {
			launched: outcomes.flatMap(({ launched }) => launched),
			refusal,
			namingFailures: outcomes.flatMap(({ namingFailures }) => namingFailures),
		};
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
		const input = runInstancesRequest(part.request, { ...this.#parts, ...part });
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
			const machines = Instances.flatMap(({ InstanceId, VirtualizationType, RootDeviceType }) => {
				const types = { virtualizationType: VirtualizationType ?? null, rootDeviceType: RootDeviceType ?? null };
				return InstanceId === undefined ? [] : [{ instanceId: InstanceId, ...types }];
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
	async #nameAll({ request }: Part, machines: readonly Machine[], sendUntil: number): Promise<Outcome> {
		const { clients, policy } = this.#parts;
		const { placement, names, count } = request;
		const { domain } = regionOf(policy, request);
		const limits: NamingLimits = {
			launchedAt: clients.timer.now(),
			sendUntil: sendUntil + NAME_GRACE,
			waitUntil: sendUntil + END_GRACE,
		};
		const all = await Promise.all(
			machines.map(async (machine, index) => {
				const name = names?.[index] ?? null;
				if (name === null || count === 1) return { launched: { ...machine, name }, namingFailures: [] };
				const instance = { instanceId: machine.instanceId, name, domain };
				const namingFailures = await nameInstance(clients, placement, instance, limits);
				return { launched: { ...machine, name: namingFailures.length === 0 ? name : null }, namingFailures };
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
		const hostname = request.names?.[0] ?? "";
		const fqdn = domain === null ? hostname : `${hostname}.${domain}`;
		return fillUserData(template, {
			hostname,
			fqdn,
			domain: domain ?? "",
			moz_instance_type: request.pool.mozType,
			region: request.placement.region,
			region_dns_atom: regionDnsAtom(request.placement.region),
			puppet_server: puppetServer ?? "",
			// Known to the machine alone.
			password: uses(template, "password") ? randomBytes(18).toString("base64url") : "",
			certs: uses(template, "certs") ? ((await certificates?.get(fqdn)) ?? "") : "",
		});
	}
}

/** For example `spot c6i.xlarge for bld-linux64 in us-east-1a`. */
function describeLaunch({ placement, pool }: Pick<LaunchRequest, "placement" | "pool">): string {
	const { lifecycle, instanceType, availabilityZone } = placement;
	return `${lifecycle} ${instanceType} for ${pool.mozType} in ${availabilityZone}`;
}

/** The request for each instance of a request. */
function onesOf(request: LaunchRequest): readonly LaunchRequest[] {
	return Array.from({ length: request.count }, (_, index) => ({
		...request,
		count: 1,
		names: request.names?.slice(index, index + 1) ?? null,
	}));
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
