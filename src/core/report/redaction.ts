/** Keeps secrets out of everything a run writes. The runner masks only its own log. */
import type { Report } from "./report.ts";

/** The text with each secret replaced by `***`. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
	return secrets.reduce((result, secret) => result.replaceAll(secret, "***"), text);
}

/**
 * The report with secrets replaced in all of its texts. The summary must be rendered from this report, because escaping
 * would hide a secret from the search.
 */
export function reportWithoutSecrets(report: Report, secrets: readonly string[]): Report {
	const clean = (_key: string, value: unknown) => (typeof value === "string" ? withoutSecrets(value, secrets) : value);
	return JSON.parse(JSON.stringify(report, clean));
}
