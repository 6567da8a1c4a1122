/** A run that watches: many ticks, and one report of them. */
import { dirname, resolve } from "node:path";
import type { Cloud as Ec2Cloud } from "../adapters/ec2/open.ts";
import { jobTimeout } from "../adapters/github/job-timeout.ts";
import { after, sleep } from "../adapters/sleep.ts";
import { timeLimit } from "../adapters/time-limit.ts";
import { loadFrom } from "../check.ts";
import { fingerprintOf } from "../config/document/fingerprint.ts";
import type { Config } from "../config/load.ts";
import type { Policy } from "../core/model/policy.ts";
import { redactReport } from "../core/report/redact-report.ts";
import type { Mode } from "../core/report/report.ts";
import { ConfigError } from "../errors.ts";
import type { Inputs, Watching } from "../inputs/inputs.ts";
import { summarize } from "../summary/summary.ts";
import { outcomeLines } from "../tick/log-lines.ts";
import type { RunOutcome } from "../tick/ports.ts";
import { watchWarnings } from "../watch/warnings.ts";
import type { Setup } from "../watch/watch.ts";
import { allocationsOf, clock, databasePorts, type Opened, openCloud } from "./adapters.ts";
import { decide, sendMetricsOf } from "./conclude.ts";
import { tickOptions } from "./tick-options.ts";

interface Configured {
	readonly mode: Mode;
	readonly inputs: Inputs;
	readonly config: Config;
}

/** Runs ticks until the time is over, and publishes one report of them all. */
export async function runWatch(watching: Watching, configured: Configured, opened: Opened): Promise<RunOutcome> {
	const { inputs } = configured;
	const { log, redactor, database, publish } = opened;
	const { watch, TickEnding } = await import("../watch/watch.ts");
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
