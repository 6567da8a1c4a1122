/** The end of a run: its report, its metrics, and whether it fails. */
import { sendMetrics } from "../adapters/graphite.ts";
import type { Graphite, Policy } from "../core/model/policy.ts";
import { type FailOn, failureReasons } from "../core/report/fail-on.ts";
import { metricsOf } from "../core/report/metrics.ts";
import { redactReport } from "../core/report/redact-report.ts";
import type { Report } from "../core/report/report.ts";
import { MetricsError } from "../errors.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { summarize } from "../summary/summary.ts";
import { outcomeLines } from "../tick/log-lines.ts";
import type { Host, Log, RunOutcome } from "../tick/ports.ts";

/** Publishes the report, sends the metrics, and decides whether the run fails. */
export async function conclude(
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
export function decide(report: Report, last: Report, failOn: FailOn, log: Log): RunOutcome {
	const reasons = failureReasons(last, failOn);
	for (const reason of reasons) log.error(reason);
	for (const { message } of report.failures) if (!reasons.includes(message)) log.warning(message);
	if (reasons.length === 0) return { kind: "succeeded" };
	return { kind: "failed", message: `Failing the run (fail-on: ${failOn}); see the errors above.` };
}

/** Milliseconds for the metrics; the second after the run was stopped. */
const METRICS = 10_000;
const HURRIED_METRICS = 2_000;

/** Sends a report to the Graphites of the configuration and of the command line. */
export async function sendMetricsOf(
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
