/** Graphite's plaintext protocol: one line `path value time` per metric, over TCP. */
import { connect } from "node:net";
import type { Graphite } from "../core/model/policy.ts";
import type { Metric } from "../core/report/metrics.ts";
import { errorMessage, MetricsError } from "../errors.ts";

/**
 * Sends the metrics over one connection. Graphite acknowledges nothing. It closes the connection after ours has ended,
 * which counts as the acknowledgment that it has read everything.
 * @param at seconds since 1970, UTC
 * @param timeout milliseconds for the whole transfer
 * @throws MetricsError
 */
export async function sendMetrics(
	metrics: readonly Metric[],
	{ host, port, prefix }: Graphite,
	at: number,
	timeout: number,
): Promise<void> {
	const lines = metrics.map(({ path, value }) => `${prefix}.${path} ${value} ${at}\n`).join("");
	try {
		await new Promise<void>((done, fail) => {
			connect({ host, port, signal: AbortSignal.timeout(timeout) })
				.on("error", fail)
				.on("close", () => done())
				.resume()
				.end(lines);
		});
	} catch (error) {
		const isLate = error instanceof Error && error.name === "AbortError";
		const why = isLate ? `it timed out after ${timeout / 1000} s` : errorMessage(error);
		throw new MetricsError(
			`The metrics could not be sent to Graphite at ${host}:${port}: ${why}. Nothing else is affected. Check that it is running, that its firewall admits the runner, and graphite_host and graphite_port in the configuration.`,
			{ cause: error },
		);
	}
}
