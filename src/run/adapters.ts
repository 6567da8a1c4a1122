/** Opens the adapters that the ticks of a run reach the outside through. */
import { resolve } from "node:path";
import { BuildbotAllocations } from "../adapters/buildbot/allocations.ts";
import { type Database, openDatabase } from "../adapters/buildbot/open.ts";
import { HttpsCertificates } from "../adapters/certificates.ts";
import type { Cloud as Ec2Cloud } from "../adapters/ec2/open.ts";
import type { Credentials } from "../adapters/ec2/own-role.ts";
import { GithubRuns } from "../adapters/github/runs.ts";
import { Allocator } from "../adapters/jacuzzi/allocator.ts";
import { FixedAllocations } from "../adapters/jacuzzi/fixed.ts";
import { invalidProxy, type ProxyEnvironment, proxiesIn, useProxies } from "../adapters/proxy.ts";
import { timeLimit } from "../adapters/time-limit.ts";
import type { Config } from "../config/load.ts";
import { ownRoleElsewhere } from "../config/roles.ts";
import type { Policy } from "../core/model/policy.ts";
import { diagnostic, errorMessage, InputError } from "../errors.ts";
import { readAuthorities } from "../inputs/database-tls.ts";
import type { DatabaseLocation } from "../inputs/database-url.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { AllocationSource, Certificates, Clock, Ending, Host, TickPorts, WatchEnd } from "../tick/ports.ts";

/** The real time. */
export const clock: Clock = { now: () => Math.floor(Date.now() / 1000), elapsed: () => performance.now() };

/** The host, with what a run opens once and all its ticks share. */
export interface Opened extends Host {
	readonly proxies: ProxyEnvironment | null;
	readonly database: Database;
	readonly credentials: OwnCredentials;
}

/** @throws InputError if a variable of the environment names a proxy that can't be used */
export function openProxies(): ProxyEnvironment | null {
	const proxies = proxiesIn(process.env);
	if (proxies === null) return null;
	const name = invalidProxy(proxies);
	if (name !== null) {
		const message = `The environment variable ${name} is invalid: it must be a URL such as http://proxy.example.com:3128.`;
		throw new InputError([diagnostic(message)]);
	}
	useProxies(proxies);
	return proxies;
}

/** Of the role that the run assumes; undefined: those that the SDK finds. */
type OwnCredentials = (() => Promise<Credentials>) | undefined;

/**
 * The credentials of `role-to-assume`. Nothing is asked for before they are needed.
 * @throws InputError if the role can't be used in a region in use
 */
export function ownCredentials(
	{ roleToAssume: role, run }: Inputs,
	{ regions }: Config,
	{ redactor, proxies }: Pick<Opened, "redactor" | "proxies">,
): OwnCredentials {
	if (role === null) return undefined;
	const problems = ownRoleElsewhere(role, regions);
	if (problems.length > 0) throw new InputError(problems);
	let credentials: OwnCredentials;
	return async () => {
		if (credentials === undefined) {
			const [{ ownRole }, { idToken }] = await Promise.all([
				import("../adapters/ec2/own-role.ts"),
				import("../adapters/github/id-token.ts"),
			]);
			const onSecret = (secret: string) => redactor.add(secret);
			credentials ??= ownRole({ role, regions, runId: run.id, idToken, proxies, now: Date.now, onSecret });
		}
		return credentials();
	};
}

/**
 * The scheduler database of a run; connects when it is first read.
 * @throws InputError if `database-ca` is invalid
 */
export async function openDatabaseOf(
	inputs: Inputs,
	location: DatabaseLocation,
	policy: Policy,
	{ log, credentials }: Pick<Opened, "log" | "credentials">,
): Promise<Database> {
	const ignored = location.ignoredKeys;
	if (ignored.length > 0) {
		log.notice(`"database-url": ${ignored.join(", ")} tune the drivers of Buildbot and were ignored.`);
	}
	const { workspace, run, databaseTls: tls, databaseIamRegion: iamRegion } = inputs;
	const authorities = await authoritiesOf(inputs);
	return openDatabase(location, {
		workspace,
		tls,
		authorities,
		run: run.url ?? run.id,
		watch: watchEnd(inputs),
		now: clock.now,
		timeout: inputs.timeout,
		typeTag: policy.typeTag,
		iamRegion,
		iamCredentials: credentials,
	});
}

function watchEnd({ watch }: Inputs): WatchEnd | null {
	if (watch === null) return null;
	return { until: watch.duration === null ? null : clock.now() + watch.duration };
}

async function authoritiesOf({ databaseCa, workspace }: Inputs): Promise<string[] | undefined> {
	try {
		return await readAuthorities(databaseCa, workspace);
	} catch (error) {
		const message = `Input "database-ca" is invalid: ${errorMessage(error)}. It must be PEM text, the path of a PEM file, or rds.`;
		throw new InputError([diagnostic(message)], { cause: error });
	}
}

/** Everything that one tick reaches the outside through. AWS is reached only if the tick asks for its cloud. */
export function openPorts(inputs: Inputs, policy: Policy, opened: Opened): TickPorts {
	const { log, ending, database } = opened;
	const { certificateFolder } = inputs;
	if (certificateFolder !== null && policy.certs === null) {
		log.debug("--cached-cert-dir is ignored: the configuration has no certs.");
	}
	return {
		...databasePorts(inputs, database),
		allocations: allocationsOf(policy, database, ending),
		cloud: () => openCloud(inputs, policy, opened),
		timeLimit,
		ending,
		log,
		clock,
	};
}

/** The ports that a watch uses between its ticks as well. */
export function databasePorts(
	{ lock, mode, github }: Inputs,
	database: Database,
): Pick<TickPorts, "pending" | "workers" | "lock" | "previousRun"> {
	return {
		pending: database.pending,
		workers: database.workers,
		// A dry run changes nothing, so it may overlap another run.
		lock: lock && mode === "launch" ? database.lock : null,
		previousRun: github === null ? null : new GithubRuns(github, 5_000),
	};
}

/** Loads the AWS SDK, which a run that launches nothing never needs. */
export async function openCloud(inputs: Inputs, policy: Policy, opened: Opened): Promise<Ec2Cloud> {
	const { redactor, ending, proxies, credentials } = opened;
	const ec2 = await import("../adapters/ec2/open.ts");
	const client = { onSecret: (secret: string) => redactor.add(secret) };
	const certificates = certificatesOf(policy, inputs, ending);
	return ec2.openCloud({ policy, run: inputs.run, clock, ending, proxies, certificates, credentials, client });
}

/** Where the slavesets come from; null: the configuration has no jacuzzi. */
export function allocationsOf(
	{ jacuzzi }: Policy,
	{ store }: Pick<Database, "store">,
	ending: Ending,
): AllocationSource | null {
	if (jacuzzi === null) return null;
	if ("buildbot" in jacuzzi) return new BuildbotAllocations(store);
	if ("builders" in jacuzzi) return new FixedAllocations(jacuzzi.builders);
	return new Allocator({ url: jacuzzi.url, timeout: 8_000, total: 20_000, pauses: [500, 2_000], ending });
}

function certificatesOf(
	{ certs }: Policy,
	{ workspace, certificateFolder }: Inputs,
	ending: Ending,
): Certificates | null {
	if (certs === null) return null;
	const cacheDir = resolve(workspace, certificateFolder ?? certs.cacheDir);
	return new HttpsCertificates({
		url: certs.url,
		cacheDir,
		timeout: 8_000,
		total: 20_000,
		pauses: [1_000, 3_000],
		ending,
	});
}
