/** Graphite's plain-text protocol: a line `path value time` for each metric, over TCP. */
import { connect } from "node:net";
import type { Graphite } from "../core/model/policy.ts";
import type { Metric } from "../core/report/metrics.ts";
import { errorMessage } from "../errors.ts";

/**
 * Sends the metrics over one connection. Graphite acknowledges nothing, so its closing of the connection, once it has
 * ours, is taken for its word that it has read all.
 * @param at seconds since 1970, UTC
 * @param timeout milliseconds for all of it
 * @returns null: they are sent; else what went wrong, and what to do
 */
export async function sendMetrics(
	metrics: readonly Metric[],
	{ host, port, prefix }: Graphite,
	at: number,
	timeout: number,
): Promise<string | null> {
	const lines = metrics.map(({ path, value }) => `${prefix}.${path} ${value} ${at}\n`).join("");
	try {
		await new Promise<void>((done, fail) => {
			connect({ host, port, signal: AbortSignal.timeout(timeout) })
				.on("error", fail)
				.on("close", () => done())
				.resume()
				.end(lines);
		});
		return null;
	} catch (error) {
		const isLate = error instanceof Error && error.name === "AbortError";
		const why = isLate ? `it did not take them within ${timeout / 1000} s` : errorMessage(error);
		return `The metrics could not be sent to Graphite at ${host}:${port}: ${why}. Check graphite_host and graphite_port in the configuration, that it runs, and that its firewall lets the runner in. Nothing else is affected.`;
	}
}
