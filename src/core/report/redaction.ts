/** Keeps secrets out of what a run writes itself; the runner masks only its own log. */
import type { Report } from "./report.ts";

/** The text with each secret replaced by `***`. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
	return secrets.reduce((result, secret) => result.replaceAll(secret, "***"), text);
}

/**
 * The report without the secrets in any of its texts. The summary is made from this report: once a text is escaped, a
 * secret in it is no longer found.
 */
export function reportWithoutSecrets(report: Report, secrets: readonly string[]): Report {
	const clean = (_key: string, value: unknown) => (typeof value === "string" ? withoutSecrets(value, secrets) : value);
	return JSON.parse(JSON.stringify(report, clean));
}
