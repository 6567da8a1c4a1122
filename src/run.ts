/** Wires inputs and adapters into one tick, or the ticks of a watch, and publishes the report. */
import { dirname, resolve } from "node:path";
import { BuildbotAllocations } from "./adapters/buildbot/allocations.ts";
import { type Database, openDatabase } from "./adapters/buildbot/open.ts";
import { HttpsCertificates } from "./adapters/certificates.ts";
import type { Cloud as Ec2Cloud } from "./adapters/ec2/open.ts";
import type { Credentials } from "./adapters/ec2/own-role.ts";
import { jobTimeout } from "./adapters/github/job-timeout.ts";
import { GithubRuns } from "./adapters/github/runs.ts";
import { sendMetrics } from "./adapters/graphite.ts";
import { Allocator } from "./adapters/jacuzzi/allocator.ts";
import { FixedAllocations } from "./adapters/jacuzzi/fixed.ts";
import { invalidProxy, type ProxyEnvironment, proxiesIn, useProxies } from "./adapters/proxy.ts";
import { after, sleep } from "./adapters/sleep.ts";
import { timeLimit } from "./adapters/time-limit.ts";
import { checkConfig, loadFrom, readConfig } from "./check.ts";
import { fingerprintOf } from "./config/document/fingerprint.ts";
import type { Config } from "./config/load.ts";
import type { Graphite, Policy } from "./core/model/policy.ts";
import { type FailOn, failureReasons } from "./core/report/fail-on.ts";
import { metricsOf } from "./core/report/metrics.ts";
import { redactReport } from "./core/report/redact-report.ts";
import type { Mode, Report } from "./core/report/report.ts";
import {
	ConfigError,
	DiagnosticsError,
	diagnostic,
	errorMessage,
	InputError,
	MetricsError,
	StoppedError,
} from "./errors.ts";
import { readAuthorities } from "./inputs/database-tls.ts";
import type { DatabaseLocation } from "./inputs/database-url.ts";
import type { Inputs, Watching } from "./inputs/inputs.ts";
import { summarize } from "./summary/summary.ts";
import { outcomeLines } from "./tick/log-lines.ts";
import type { AllocationSource, Certificates, Clock, Ending, Host, Log, RunOutcome, TickPorts } from "./tick/ports.ts";
import { type TickOptions, tick } from "./tick/tick.ts";
import { watchWarnings } from "./watch/warnings.ts";
import type { Setup } from "./watch/watch.ts";

/** Code that the entries load late. */
export { ProcessEnding } from "./adapters/ending.ts";
export { readSecretsFile } from "./inputs/secrets-file.ts";
export { showPolicy } from "./policy.ts";

const clock: Clock = { now: () => Math.floor(Date.now() / 1000), elapsed: () => performance.now() };

/** Runs one tick, or watches. Never throws: every error becomes a message and sets the exit status. */
export async function run(inputs: Inputs, host: Host): Promise<void> {
	const { log } = host;
	try {
		const outcome = await runOnce(inputs, host);
		log.end(interruption(host.ending) ?? outcome);
	} catch (error) {
		if (error instanceof DiagnosticsError) {
			for (const problem of error.diagnostics) log.annotate("error", problem);
			log.end({ kind: "failed", message: error.headline });
			return;
		}
		// A bug. Only the message and the stack are shown, since other fields may hold secrets.
		log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
		const message = "Internal error. This is a bug in aws-watch-pending: please report it with this step's log.";
		log.end({ kind: "failed", message });
	}
}

/** How a run ends that a signal stopped; null: none did. */
function interruption({ stop }: Ending): RunOutcome | null {
	if (!(stop.reason instanceof StoppedError) || stop.reason.code !== "interrupted") return null;
	return { kind: "failed", message: `${stop.reason.message} The next run launches what is still needed.` };
}

/** @throws DiagnosticsError if the configuration or an input is invalid */
async function runOnce(inputs: Inputs, host: Host): Promise<RunOutcome> {
	const { log } = host;
	const { mode, database } = inputs;
	if (mode === "check" || database === null) return checkConfig(inputs, host);
	const config = await readConfig(inputs, log);
	log.debug(
		`Inputs: mode ${mode}, max-launches ${inputs.maxLaunches}, max-hourly-cost ${inputs.maxHourlyCost ?? "none"}, timeout ${inputs.timeout} s, latest-ami-percentage ${inputs.latestAmiPercentage}, fail-on ${inputs.failOn}, lock ${inputs.lock}, database-tls ${inputs.databaseTls}.`,
	);
	const proxies = openProxies();
	const credentials = ownCredentials(inputs, config, { ...host, proxies });
	const opened = {
		...host,
		proxies,
		credentials,
		database: await open(inputs, database, config.policy, { log, credentials }),
	};
	if (inputs.watch !== null) return runWatch(inputs.watch, { mode, inputs, config }, opened);
	const ports = openPorts(inputs, config.policy, opened);
	const result = await tick(tickOptions(mode, inputs, config), ports);
	return conclude(result, inputs, config.policy, host);
}

/** @throws InputError if a variable of the environment names a proxy that can't be used */
function openProxies(): ProxyEnvironment | null {
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

/** What a tick sees of the inputs. Every field is named, so that no secret travels further than its adapter. */
export function tickOptions(
	mode: Mode,
	{ latestAmiPercentage, maxLaunches, maxHourlyCost, timeout }: Inputs,
	{ policy, regions }: Config,
): TickOptions {
	return { policy, regions, mode, latestAmiPercentage, maxLaunches, maxHourlyCost, timeout };
}

interface Opened extends Host {
	readonly proxies: ProxyEnvironment | null;
	readonly database: Database;
	readonly credentials: OwnCredentials;
}

/** Of the role that the run assumes; undefined: those that the SDK finds. */
type OwnCredentials = (() => Promise<Credentials>) | undefined;

function ownCredentials(
	{ roleToAssume: role, run }: Inputs,
	{ regions }: Config,
	{ redactor, proxies }: Pick<Opened, "redactor" | "proxies">,
): OwnCredentials {
	if (role === null) return undefined;
	let credentials: OwnCredentials;
	return async () => {
		if (credentials === undefined) {
			const [{ ownRole }, { idToken }] = await Promise.all([
				import("./adapters/ec2/own-role.ts"),
				import("./adapters/github/id-token.ts"),
			]);
			const onSecret = (secret: string) => redactor.add(secret);
			credentials ??= ownRole({ role, regions, runId: run.id, idToken, proxies, now: Date.now, onSecret });
		}
		return credentials();
	};
}

function openPorts(inputs: Inputs, policy: Policy, opened: Opened): TickPorts {
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

function databasePorts(
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

async function openCloud(inputs: Inputs, policy: Policy, opened: Opened): Promise<Ec2Cloud> {
	const { redactor, ending, proxies, credentials } = opened;
	const ec2 = await import("./adapters/ec2/open.ts");
	const client = { onSecret: (secret: string) => redactor.add(secret) };
	const certificates = certificatesOf(policy, inputs, ending);
	return ec2.openCloud({ policy, run: inputs.run, clock, ending, proxies, certificates, credentials, client });
}

interface Configured {
	readonly mode: Mode;
	readonly inputs: Inputs;
	readonly config: Config;
}

/** Runs ticks until the time is over, and publishes one report of them all. */
async function runWatch(watching: Watching, configured: Configured, opened: Opened): Promise<RunOutcome> {
	const { inputs } = configured;
	const { log, redactor, database, publish } = opened;
	const { watch, TickEnding } = await import("./watch/watch.ts");
	for (const warning of watchWarnings({ ...endsOf(inputs), ...watching, timeout: inputs.timeout, now: clock.now() })) {
		log.warning(warning);
	}
	const ending = new TickEnding(opened.ending, after);
	const setups = new Setups(configured, { ...opened, ending });
	const { report: result, last } = await watch(watching, {
		...databasePorts(inputs, database),
		setup: () => setups.current(),
		run: opened.ending,
		ending,
		timeLimit,
		log,
		clock,
		sleep,
		random: Math.random,
		afterTick: async (tickReport) => {
			const report = redactReport(tickReport, redactor);
			for (const line of outcomeLines(report)) log.info(line);
			await sendMetricsOf(report, inputs, setups.policy, { log, ending });
		},
	});
	const report = redactReport(result, redactor);
	await log.group("Report", async () => publish({ report, summary: summarize(report) }));
	return decide(report, redactReport(last, redactor), inputs.failOn, log);
}

/** When the job and its credentials end, as far as they say so. */
function endsOf({ github, workspace, roleToAssume }: Inputs) {
	const job = process.env["GITHUB_JOB"];
	const expiration = Date.parse(process.env["AWS_CREDENTIAL_EXPIRATION"] ?? "");
	return {
		jobTimeout: github === null || job === undefined ? null : jobTimeout(workspace, github.workflowRef, job),
		expiresAt: roleToAssume !== null || Number.isNaN(expiration) ? null : Math.floor(expiration / 1000),
	};
}

/** What the ticks of a watch work with, by the configuration as it is. */
class Setups {
	readonly #configured: Configured;
	readonly #opened: Opened;
	readonly #folder: string;
	#fingerprint: string;
	#config: Config;
	#setup: Setup;
	/** Null: no tick has needed it. */
	#cloud: Promise<Ec2Cloud> | null = null;

	constructor(configured: Configured, opened: Opened) {
		const { inputs, config } = configured;
		this.#configured = configured;
		this.#opened = opened;
		this.#folder = dirname(resolve(inputs.workspace, inputs.config));
		this.#fingerprint = fingerprintOf(this.#folder);
		this.#config = config;
		this.#setup = this.#setupFor(config);
	}

	/** Where the metrics go. */
	get policy(): Policy {
		return this.#config.policy;
	}

	/** A watch without an end reads the configuration again when a file beside it changes. A run reads it once. */
	current(): Setup {
		if (this.#configured.inputs.watch?.duration !== null) return this.#setup;
		const fingerprint = fingerprintOf(this.#folder);
		if (fingerprint === this.#fingerprint) return this.#setup;
		this.#fingerprint = fingerprint;
		const config = this.#reread();
		if (config !== null) {
			// No tick runs now. A cloud that could not be opened was reported by its tick.
			this.#cloud?.then((cloud) => cloud.close()).catch(() => undefined);
			this.#cloud = null;
			this.#config = config;
			this.#setup = this.#setupFor(config);
		}
		return this.#setup;
	}

	/** Null: the new configuration can't be used. Every error is logged. */
	#reread(): Config | null {
		const { log } = this.#opened;
		try {
			const config = loadFrom(this.#configured.inputs, log);
			if (config.policy.typeTag === this.#config.policy.typeTag) return config;
			log.error(
				'The changed configuration has another "type_tag", by which the lock is named. Restart the watch to use it.',
			);
		} catch (error) {
			if (!(error instanceof ConfigError)) throw error;
			for (const problem of error.diagnostics) log.annotate("error", problem);
			log.error("The changed configuration is invalid. The watch continues with the old one.");
		}
		return null;
	}

	#setupFor(config: Config): Setup {
		const { mode, inputs } = this.#configured;
		const { database, ending } = this.#opened;
		const { run } = inputs;
		return {
			options: tickOptions(mode, inputs, config),
			allocations: allocationsOf(config.policy, database, ending),
			cloud: async (tickId) => {
				this.#cloud ??= openCloud(inputs, config.policy, this.#opened);
				return (await this.#cloud).forTick({ ...run, step: JSON.stringify([run.step, tickId]) });
			},
		};
	}
}

/** Publishes the report, sends the metrics, and decides whether the run fails. */
async function conclude(
	result: Report,
	inputs: Inputs,
	policy: Policy,
	{ log, redactor, ending, publish }: Host,
): Promise<RunOutcome> {
	const report = redactReport(result, redactor);
	await log.group("Report", async () => {
		for (const line of outcomeLines(report)) log.info(line);
		publish({ report, summary: summarize(report) });
		await sendMetricsOf(report, inputs, policy, { log, ending });
	});
	return decide(report, report, inputs.failOn, log);
}

/**
 * Decides whether the run fails. What does not fail it is a warning.
 * @param report of the run, whose failures are logged
 * @param last the tick by which the run fails; the run itself if it is one tick
 */
function decide(report: Report, last: Report, failOn: FailOn, log: Log): RunOutcome {
	const reasons = failureReasons(last, failOn);
	for (const reason of reasons) log.error(reason);
	for (const { message } of report.failures) if (!reasons.includes(message)) log.warning(message);
	if (reasons.length === 0) return { kind: "succeeded" };
	return { kind: "failed", message: `Failing the run (fail-on: ${failOn}); see the errors above.` };
}

/** Milliseconds for the metrics; the second after the run was stopped. */
const METRICS = 10_000;
const HURRIED_METRICS = 2_000;

async function sendMetricsOf(
	report: Report,
	{ graphiteHosts }: Inputs,
	{ graphite }: Policy,
	{ log, ending }: Pick<Host, "log" | "ending">,
): Promise<void> {
	const graphites = [...(graphite === null ? [] : [graphite]), ...graphiteHosts];
	await sendReport(report, graphites, ending.stop.aborted ? HURRIED_METRICS : METRICS, log);
}

/** Sends the report's metrics. A Graphite that can't be reached is only a warning. */
async function sendReport(report: Report, graphites: readonly Graphite[], timeout: number, log: Log): Promise<void> {
	const metrics = graphites.length === 0 ? [] : metricsOf(report);
	if (metrics.length === 0) return;
	const at = Math.floor(Date.parse(report.finishedAt) / 1000);
	const send = async (graphite: Graphite) => {
		for (const { path, value } of metrics) log.debug(`${graphite.prefix}.${path} ${value}`);
		try {
			await sendMetrics(metrics, graphite, at, timeout);
			log.info(`Sent ${metrics.length} metrics to Graphite at ${graphite.host}:${graphite.port}.`);
		} catch (error) {
			if (!(error instanceof MetricsError)) throw error;
			log.warning(error.message);
		}
	};
	await Promise.all(graphites.map(send));
}

function allocationsOf({ jacuzzi }: Policy, { store }: Database, ending: Ending): AllocationSource | null {
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

/** @throws InputError if `database-ca` is invalid */
async function open(
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
		now: clock.now,
		timeout: inputs.timeout,
		typeTag: policy.typeTag,
		iamRegion,
		iamCredentials: credentials,
	});
}

async function authoritiesOf({ databaseCa, workspace }: Inputs): Promise<string[] | undefined> {
	try {
		return await readAuthorities(databaseCa, workspace);
	} catch (error) {
		const message = `Input "database-ca" is invalid: ${errorMessage(error)}. It must be PEM text, the path of a PEM file, or rds.`;
		throw new InputError([diagnostic(message)], { cause: error });
	}
}
