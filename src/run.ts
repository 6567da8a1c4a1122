/** Builds the adapters, runs one tick, and writes what it came to. */
import { resolve } from "node:path";
import * as core from "@actions/core";
import { type Database, openDatabase } from "./adapters/buildbot/open.ts";
import type { DatabaseLocation } from "./adapters/buildbot/url.ts";
import { HttpsCertificates } from "./adapters/certificates.ts";
import { ActionsLog } from "./adapters/github/log.ts";
import { setCounts, writeReport, writeSummary } from "./adapters/github/outputs.ts";
import { Allocator } from "./adapters/jacuzzi/allocator.ts";
import { FixedAllocations } from "./adapters/jacuzzi/fixed.ts";
import { timeLimit } from "./adapters/time-limit.ts";
import { type Config, loadConfig } from "./config/load.ts";
import type { Policy } from "./core/policy.ts";
import { whyFailed } from "./core/verdict.ts";
import { ConfigError, messageOf } from "./errors.ts";
import type { Inputs } from "./inputs.ts";
import type { AllocationSource, Certificates, Clock } from "./ports.ts";
import { summarise } from "./summary/summary.ts";
import { tick } from "./tick.ts";

const clock: Clock = { now: () => Math.floor(Date.now() / 1000), elapsed: () => performance.now() };

/** Runs the action once; every fault ends as a message and, by `fail-on`, as a failed run. */
export async function run(inputs: Inputs, secrets: readonly string[], summaryFile: string | undefined): Promise<void> {
	const log = new ActionsLog(secrets);
	try {
		const config = configOrFaults(inputs, log);
		if (config === null) return;
		if (inputs.mode === "check" || inputs.database === null) {
			log.info(
				`The configuration is sound: ${config.policy.builderMap.length} patterns, ${Object.keys(config.policy.types).length} instance types, regions ${config.regions.join(", ")}.`,
			);
			return;
		}
		const { policy, regions } = config;
		const database = await databaseOrFault(inputs, inputs.database, policy, log);
		if (database === null) return;
		// A dry run changes nothing, so it may go beside another.
		const lock = inputs.lock && inputs.mode === "launch" ? database.lock : null;
		const cloud = async () => {
			const { openCloud } = await import("./adapters/ec2/open.ts");
			return openCloud({ policy, run: inputs.run, clock, certificates: certificatesOf(policy, inputs.workspace) });
		};
		const report = await tick(
			{ ...inputs, mode: inputs.mode, policy, regions },
			{ pending: database.pending, allocations: allocationsOf(policy), lock, cloud, timeLimit, log, clock },
		);
		writeReport(report, inputs.temporaryFolder, secrets);
		const counted = report.lockedBy === null && !report.failures.some(({ stage }) => stage === "pending");
		if (counted) setCounts(report);
		writeSummary(summarise(report), summaryFile, secrets);
		const why = whyFailed(report, inputs.failOn);
		for (const reason of why) log.error(reason);
		for (const { message } of report.failures) if (!why.includes(message)) log.warning(message);
		if (why.length > 0) core.setFailed(`The run fails by fail-on: ${inputs.failOn}; why is told above.`);
	} catch (error) {
		// What comes here is a mistake of this action's own. Its message is shown; what it holds may be secret.
		log.error(`The action broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
		process.exitCode = 1;
	}
}

function allocationsOf({ jacuzzi }: Policy): AllocationSource | null {
	if (jacuzzi === null) return null;
	if ("builders" in jacuzzi) return new FixedAllocations(jacuzzi.builders);
	return new Allocator({ url: jacuzzi.url, timeout: 10_000, pauses: [500, 2_000] });
}

function certificatesOf({ certs }: Policy, workspace: string): Certificates | null {
	if (certs === null) return null;
	const cacheDir = resolve(workspace, certs.cacheDir);
	return new HttpsCertificates({ url: certs.url, cacheDir, timeout: 10_000, pauses: [1_000, 3_000] });
}

async function databaseOrFault(
	inputs: Inputs,
	location: DatabaseLocation,
	policy: Policy,
	log: ActionsLog,
): Promise<Database | null> {
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
		const why = messageOf(error);
		log.error(`Input "database-ca" cannot be used: ${why}. It must be PEM text, the path of a PEM file, or rds.`);
		core.setFailed("The inputs cannot be used; nothing was read or launched.");
		return null;
	}
}

function configOrFaults(inputs: Inputs, log: ActionsLog): Config | null {
	try {
		const config = loadConfig(inputs.config, { workspace: inputs.workspace, regions: inputs.regions });
		for (const notice of config.notices) log.annotate("notice", notice);
		for (const warning of config.warnings) log.annotate("warning", warning);
		return config;
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		for (const fault of error.faults) log.annotate("error", fault);
		core.setFailed(`The configuration cannot be used (faults: ${error.faults.length}); nothing was read or launched.`);
		return null;
	}
}
