/** Builds the adapters, runs one tick, and writes what it came to. */
import { resolve } from "node:path";
import { BuildbotAllocations } from "./adapters/buildbot/allocations.ts";
import { type Database, openDatabase } from "./adapters/buildbot/open.ts";
import { HttpsCertificates } from "./adapters/certificates.ts";
import { GithubRuns } from "./adapters/github/runs.ts";
import { sendMetrics } from "./adapters/graphite.ts";
import { Allocator } from "./adapters/jacuzzi/allocator.ts";
import { FixedAllocations } from "./adapters/jacuzzi/fixed.ts";
import { timeLimit } from "./adapters/time-limit.ts";
import { type Config, loadConfig } from "./config/load.ts";
import type { Graphite, Policy } from "./core/model/policy.ts";
import { failureReasons } from "./core/report/fail-on.ts";
import { metricsOf } from "./core/report/metrics.ts";
import { reportWithoutSecrets } from "./core/report/redaction.ts";
import type { Report } from "./core/report/report.ts";
import { ConfigError, errorMessage } from "./errors.ts";
import type { DatabaseLocation } from "./inputs/database-url.ts";
import type { Inputs } from "./inputs/inputs.ts";
import { summarise } from "./summary/summary.ts";
import { outcomeLines } from "./tick/log-lines.ts";
import type { AllocationSource, Certificates, Clock, Host, Log, RunLog } from "./tick/ports.ts";
import { tick } from "./tick/tick.ts";

/** For the command line: what reads files is here. */
export { readSecretsFile } from "./inputs/secrets-file.ts";

const clock: Clock = { now: () => Math.floor(Date.now() / 1000), elapsed: () => performance.now() };

/** Runs one tick; every fault ends as a message and, by `fail-on`, as a failed run. */
export async function run(inputs: Inputs, host: Host): Promise<void> {
	const { log } = host;
	try {
		log.end(await runOnce(inputs, host));
	} catch (error) {
		// What comes here is a mistake of this action's own. Its message is shown; what it holds may be secret.
		log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
		log.end("The action broke, by a mistake of its own: report it with the log of this step.");
	}
}

/** Why the run has failed; null: it has not. */
async function runOnce(inputs: Inputs, { log, secrets, publish }: Host): Promise<string | null> {
	const config = await log.group("Configuration", async () => configOrFaults(inputs, log));
	if (typeof config === "string") return config;
	if (inputs.mode === "check" || inputs.database === null) return null;
	const { policy, regions } = config;
	if (inputs.certificateFolder !== null && policy.certs === null) {
		log.debug("--cached-cert-dir is not used, since the configuration has no certs");
	}
	const database = await databaseOrFault(inputs, inputs.database, policy, log);
	if (typeof database === "string") return database;
	// A dry run changes nothing, so it may go beside another.
	const lock = inputs.lock && inputs.mode === "launch" ? database.lock : null;
	const cloud = async () => {
		const { openCloud } = await import("./adapters/ec2/open.ts");
		return openCloud({ policy, run: inputs.run, clock, certificates: certificatesOf(policy, inputs) });
	};
	const result = await tick(
		{ ...inputs, mode: inputs.mode, policy, regions },
		{
			pending: database.pending,
			allocations: allocationsOf(policy, database),
			lock,
			previousRun: inputs.github === null ? null : new GithubRuns(inputs.github, 5_000),
			cloud,
			timeLimit,
			log,
			clock,
		},
	);
	const report = reportWithoutSecrets(result, secrets);
	await log.group("Report", async () => {
		for (const line of outcomeLines(report)) log.info(line);
		publish({ report, summary: summarise(report) });
		const graphites = [...(policy.graphite === null ? [] : [policy.graphite]), ...inputs.graphiteHosts];
		await sendReport(report, graphites, log);
	});
	const why = failureReasons(report, inputs.failOn);
	for (const reason of why) log.error(reason);
	for (const { message } of report.failures) if (!why.includes(message)) log.warning(message);
	return why.length > 0 ? `The run fails by fail-on: ${inputs.failOn}; why is told above.` : null;
}

/** Tells Graphite of the tick; where that fails, a warning says so, and that is all. */
async function sendReport(report: Report, graphites: readonly Graphite[], log: Log): Promise<void> {
	const metrics = graphites.length === 0 ? [] : metricsOf(report);
	if (metrics.length === 0) return;
	const at = Math.floor(Date.parse(report.finishedAt) / 1000);
	const send = async (graphite: Graphite) => {
		for (const { path, value } of metrics) log.debug(`${graphite.prefix}.${path} ${value}`);
		const failure = await sendMetrics(metrics, graphite, at, 10_000);
		if (failure === null)
			log.info(`${metrics.length} metrics are sent to Graphite at ${graphite.host}:${graphite.port}.`);
		else log.warning(failure);
	};
	await Promise.all(graphites.map(send));
}

function allocationsOf({ jacuzzi }: Policy, { store }: Database): AllocationSource | null {
	if (jacuzzi === null) return null;
	if ("buildbot" in jacuzzi) return new BuildbotAllocations(store);
	if ("builders" in jacuzzi) return new FixedAllocations(jacuzzi.builders);
	return new Allocator({ url: jacuzzi.url, timeout: 10_000, pauses: [500, 2_000] });
}

function certificatesOf({ certs }: Policy, { workspace, certificateFolder }: Inputs): Certificates | null {
	if (certs === null) return null;
	const cacheDir = resolve(workspace, certificateFolder ?? certs.cacheDir);
	return new HttpsCertificates({ url: certs.url, cacheDir, timeout: 10_000, pauses: [1_000, 3_000] });
}

/** The database, or why the run fails. */
async function databaseOrFault(
	inputs: Inputs,
	location: DatabaseLocation,
	policy: Policy,
	log: RunLog,
): Promise<Database | string> {
	const ignored = location.kind === "sqlite" ? [] : location.ignoredKeys;
	if (ignored.length > 0)
		log.notice(`"database-url": ${ignored.join(", ")} concern Buildbot's driver and are ignored.`);
	try {
		const { workspace, run, databaseTls: tls, databaseCa: ca, databaseIamRegion: iamRegion } = inputs;
		return await openDatabase(location, {
			workspace,
			tls,
			ca,
			run: run.url ?? run.id,
			typeTag: policy.typeTag,
			iamRegion,
		});
	} catch (error) {
		const why = errorMessage(error);
		log.error(`Input "database-ca" cannot be used: ${why}. It must be PEM text, the path of a PEM file, or rds.`);
		return "The inputs cannot be used; nothing was read or launched.";
	}
}

/** The configuration, or why the run fails. */
function configOrFaults(inputs: Inputs, log: RunLog): Config | string {
	try {
		const config = loadConfig(inputs.config, { workspace: inputs.workspace, regions: inputs.regions });
		for (const warning of config.warnings) log.annotate("warning", warning);
		log.info(
			`The configuration is sound: ${config.policy.builderMap.length} patterns, ${Object.keys(config.policy.types).length} instance types, regions ${config.regions.join(", ")}.`,
		);
		log.debug(
			`Inputs: mode ${inputs.mode}, max-launches ${inputs.maxLaunches}, timeout ${inputs.timeout} s, latest-ami-percentage ${inputs.latestAmiPercentage}, fail-on ${inputs.failOn}, lock ${inputs.lock}, database-tls ${inputs.databaseTls}.`,
		);
		return config;
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		for (const fault of error.faults) log.annotate("error", fault);
		return `The configuration cannot be used (faults: ${error.faults.length}); nothing was read or launched.`;
	}
}
