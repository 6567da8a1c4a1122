/** Launching on EC2. */
import { randomBytes } from "node:crypto";
import { CreateTagsCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
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
import type { AccountRegion } from "../../core/supply/accounts.ts";
import { CertificateError, DatabaseError, errorMessage } from "../../errors.ts";
import type { Certificates, Clock, Launcher } from "../../tick/ports.ts";
import type { Ec2Clients } from "./client.ts";
import { adviceFor, codeOf, DeadlineError, refusalKind, zonesWithCapacity } from "./errors.ts";
import { nameTags, type RequestParts, type Run, regionOf, runInstancesRequest } from "./request.ts";

export interface LauncherParts {
	readonly clients: Ec2Clients;
	readonly policy: Policy;
	readonly run: Run;
	readonly clock: Clock;
	/** Null: the configuration names none. */
	readonly certificates: Certificates | null;
}

/** What a launch gave, before it has a name. */
type Unnamed = Omit<LaunchedInstance, "name" | "instanceId"> & { readonly instanceId: string };
/** When not to make a call any more. */
interface Limits {
	/** Seconds since 1970, UTC. */
	readonly deadline: number;
	/** @throws DatabaseError */
	readonly confirmLock: () => Promise<void>;
}
type Naming = Pick<Outcome, "launched" | "namingFailures">;

export class Ec2Launcher implements Launcher {
	readonly #parts: LauncherParts;

	constructor(parts: LauncherParts) {
		this.#parts = parts;
	}

	/**
	 * One `RunInstances` for the whole order, or one after another for each instance: where the user data differs, and for
	 * a slaveset, whose machines are counted by their names and so must never be without.
	 */
	async launch(request: LaunchRequest, deadline: number, confirmLock: () => Promise<void>): Promise<Outcome> {
		const template = this.#parts.policy.types[request.pool.mozType]?.userData ?? null;
		if (request.pool.slaveset !== null || (template !== null && differsPerInstance(template))) {
			return this.#launchEach(request, template, { deadline, confirmLock });
		}
		const userData = await this.#userData(request, template);
		return this.#launchOnce(request, { userData, index: null }, { deadline, confirmLock });
	}

	async adopt(adoption: Adoption): Promise<Outcome["namingFailures"]> {
		const { region, mozType, instanceId, name } = adoption;
		const domain = this.#parts.policy.types[mozType]?.regions[region]?.domain ?? null;
		return this.#name(adoption, instanceId, name, domain);
	}

	/** One after another, so that the first refusal spares the calls that would be refused like it. */
	async #launchEach(request: LaunchRequest, template: UserDataTemplate | null, limits: Limits): Promise<Outcome> {
		const launched: LaunchedInstance[] = [];
		let refusal: Refusal | null = null;
		for (const [index, name] of (request.names ?? Array.from({ length: request.count }, () => null)).entries()) {
			const one: LaunchRequest = { ...request, count: 1, names: name === null ? null : [name] };
			try {
				const userData = await this.#userData(one, template);
				const outcome = await this.#launchOnce(one, { userData, index }, limits);
				launched.push(...outcome.launched);
				if (outcome.refusal !== null) return { launched, refusal: outcome.refusal, namingFailures: [] };
			} catch (error) {
				if (!(error instanceof CertificateError)) throw error;
				// Others may have theirs in the cache.
				refusal ??= { kind: "rejected", code: error.code, message: error.message, suggestedZones: [] };
			}
		}
		return { launched, refusal, namingFailures: [] };
	}

	async #launchOnce(
		request: LaunchRequest,
		own: Pick<RequestParts, "userData" | "index">,
		{ deadline, confirmLock }: Limits,
	): Promise<Outcome> {
		const { placement, names, count } = request;
		const { clients, clock } = this.#parts;
		const what = `Launching ${count} ${placement.lifecycle} ${placement.instanceType} for ${request.pool.mozType} in ${placement.availabilityZone}`;
		const refused = (refusal: Omit<Refusal, "suggestedZones">, suggestedZones: readonly string[] = []): Outcome => ({
			launched: [],
			refusal: { ...refusal, suggestedZones },
			namingFailures: [],
		});
		const bytes = Buffer.byteLength(own.userData ?? "");
		if (bytes > MOST_USER_DATA_BYTES) {
			const message = `${what} was not asked for: its user data has ${bytes} bytes, and EC2 takes ${MOST_USER_DATA_BYTES}.`;
			return refused({ kind: "rejected", code: "user-data-too-long" satisfies LaunchCode, message });
		}
		let machines: readonly Unnamed[];
		try {
			const command = new RunInstancesCommand(runInstancesRequest(request, { ...this.#parts, ...own }));
			command.middlewareStack.add(
				(next) => async (args) => {
					if (clock.now() >= deadline) throw new DeadlineError();
					await confirmLock();
					return next(args);
				},
				// After the wait for the region's budget, which may be long.
				{ step: "finalizeRequest", priority: "low", name: "deadline" },
			);
			const reservation = await clients.for(placement).send(command);
			machines = (reservation.Instances ?? []).flatMap(({ InstanceId, VirtualizationType, RootDeviceType }) => {
				const types = { virtualizationType: VirtualizationType ?? null, rootDeviceType: RootDeviceType ?? null };
				return InstanceId === undefined ? [] : [{ instanceId: InstanceId, ...types }];
			});
		} catch (error) {
			if (error instanceof DeadlineError) {
				const message = `${what} was not begun: the time of the input "timeout" was over. The next run goes on.`;
				return refused({ kind: "timeout", code: "timeout", message });
			}
			if (error instanceof DatabaseError) {
				return refused({ kind: "lock-lost", code: error.code, message: `${what} was not started: ${error.message}` });
			}
			const code = codeOf(error);
			const why = errorMessage(error);
			const message = `${what} failed: ${why.replace(/[.\s]*$/, ".")}${adviceFor(code)}`;
			return refused({ kind: refusalKind(error), code, message }, zonesWithCapacity(why));
		}
		const missing = machines.length < count;
		return {
			...(count > 1 && names !== null ? await this.#nameAll(request, machines, names) : named(machines, names)),
			refusal: missing
				? {
						kind: "no-capacity",
						code: "InsufficientInstanceCapacity",
						message: `EC2 gave ${machines.length} of ${count} ${placement.lifecycle} ${placement.instanceType} in ${placement.availabilityZone}`,
						suggestedZones: [],
					}
				: null,
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

	async #nameAll(request: LaunchRequest, machines: readonly Unnamed[], names: readonly string[]): Promise<Naming> {
		const { domain } = regionOf(this.#parts.policy, request);
		const all = await Promise.all(
			machines.map(async (machine, index) => {
				const name = names[index] ?? null;
				if (name === null) return { launched: { ...machine, name }, namingFailures: [] };
				const namingFailures = await this.#name(request.placement, machine.instanceId, name, domain);
				return { launched: { ...machine, name: namingFailures.length === 0 ? name : null }, namingFailures };
			}),
		);
		return {
			launched: all.map(({ launched }) => launched),
			namingFailures: all.flatMap(({ namingFailures }) => namingFailures),
		};
	}

	async #name(
		account: AccountRegion,
		instanceId: string,
		name: string,
		domain: string | null,
	): Promise<Outcome["namingFailures"]> {
		try {
			const command = new CreateTagsCommand({ Resources: [instanceId], Tags: nameTags(name, domain) });
			await this.#parts.clients.for(account).send(command);
			return [];
		} catch (error) {
			const code = codeOf(error);
			const why = errorMessage(error);
			const message = `Naming ${instanceId} in ${account.region} ${name} failed (${code}: ${why}); it runs without a name until a later run gives it one.${adviceFor(code)}`;
			return [{ code, message }];
		}
	}
}

function named(machines: readonly Unnamed[], names: readonly string[] | null): Naming {
	return {
		launched: machines.map((machine, index) => ({ ...machine, name: names?.[index] ?? null })),
		namingFailures: [],
	};
}
