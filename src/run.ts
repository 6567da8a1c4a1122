/** Wires inputs and adapters into one tick, and publishes its report. */
import { resolve } from "node:path";
import { BuildbotAllocations } from "./adapters/buildbot/allocations.ts";
import { type Database, openDatabase } from "./adapters/buildbot/open.ts";
import { HttpsCertificates } from "./adapters/certificates.ts";
import { GithubRuns } from "./adapters/github/runs.ts";
import { sendMetrics } from "./adapters/graphite.ts";
import { Allocator } from "./adapters/jacuzzi/allocator.ts";
import { FixedAllocations } from "./adapters/jacuzzi/fixed.ts";
import { invalidProxy, type ProxyEnvironment, proxiesIn, useProxies } from "./adapters/proxy.ts";
import { timeLimit } from "./adapters/time-limit.ts";
import { checkConfig, readConfig } from "./check.ts";
import type { Config } from "./config/load.ts";
import type { Graphite, Policy } from "./core/model/policy.ts";
import { failureReasons } from "./core/report/fail-on.ts";
import { metricsOf } from "./core/report/metrics.ts";
import { redactReport } from "./core/report/redact-report.ts";
import type { Mode, Report } from "./core/report/report.ts";
import { DiagnosticsError, diagnostic, errorMessage, InputError, MetricsError, StoppedError } from "./errors.ts";
import { readAuthorities } from "./inputs/database-tls.ts";
import type { DatabaseLocation } from "./inputs/database-url.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { summarize } from "./summary/summary.ts";
import { outcomeLines } from "./tick/log-lines.ts";
import type {
	AllocationSource,
	Certificates,
	Clock,
	Ending,
	Host,
	Log,
	RunLog,
	RunOutcome,
	TickPorts,
} from "./tick/ports.ts";
import { type TickOptions, tick } from "./tick/tick.ts";

/** Code that the entries load late. */
export { ProcessEnding } from "./adapters/ending.ts";
export { readSecretsFile } from "./inputs/secrets-file.ts";
export { showPolicy } from "./policy.ts";

const clock: Clock = { now: () => Math.floor(Date.now() / 1000), elapsed: () => performance.now() };

/** Runs one tick. Never throws: every error becomes a message and sets the exit status. */
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
	const ports = await openPorts(inputs, database, config.policy, { ...host, proxies });
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

async function openPorts(
	inputs: Inputs,
	location: DatabaseLocation,
	policy: Policy,
	{ log, redactor, ending, proxies }: Host & { readonly proxies: ProxyEnvironment | null },
): Promise<TickPorts> {
	const { run, github, certificateFolder, mode } = inputs;
	if (certificateFolder !== null && policy.certs === null) {
		log.debug("--cached-cert-dir is ignored: the configuration has no certs.");
	}
	const database = await open(inputs, location, policy, log);
	return {
		pending: database.pending,
		allocations: allocationsOf(policy, database, ending),
		// A dry run changes nothing, so it may overlap another run.
		lock: inputs.lock && mode === "launch" ? database.lock : null,
		previousRun: github === null ? null : new GithubRuns(github, 5_000),
		cloud: async () => {
			const { openCloud } = await import("./adapters/ec2/open.ts");
			const client = { onSecret: (secret: string) => redactor.add(secret) };
			const certificates = certificatesOf(policy, inputs, ending);
			return openCloud({ policy, run, clock, ending, proxies, certificates, client });
		},
		timeLimit,
		ending,
		log,
		clock,
	};
}

/** Publishes the report, sends the metrics, and decides whether the run fails. */
async function conclude(
	result: Report,
	{ failOn, graphiteHosts }: Inputs,
	policy: Policy,
	{ log, redactor, ending, publish }: Host,
): Promise<RunOutcome> {
	const report = redactReport(result, redactor);
	await log.group("Report", async () => {
		for (const line of outcomeLines(report)) log.info(line);
		publish({ report, summary: summarize(report) });
		const graphites = [...(policy.graphite === null ? [] : [policy.graphite]), ...graphiteHosts];
		await sendReport(report, graphites, ending.stop.aborted ? HURRIED_METRICS : METRICS, log);
	});
	const reasons = failureReasons(report, failOn);
	for (const reason of reasons) log.error(reason);
	for (const { message } of report.failures) if (!reasons.includes(message)) log.warning(message);
	if (reasons.length === 0) return { kind: "succeeded" };
	return { kind: "failed", message: `Failing the run (fail-on: ${failOn}); see the errors above.` };
}

/** Milliseconds for the metrics; the second after the run was stopped. */
const METRICS = 10_000;
const HURRIED_METRICS = 2_000;

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
async function open(inputs: Inputs, location: DatabaseLocation, policy: Policy, log: RunLog): Promise<Database> {
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
