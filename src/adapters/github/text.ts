/** Text from outside, made safe for the runner's log. */
import type { Report } from "../../core/report.ts";
import { visible } from "../../core/visible.ts";

/** Visible lines that the runner does not take for a command: `::name::` at a line's start, `##[name]` anywhere. */
export function safeForLog(text: string): string {
	return text
		.split("\n")
		.map((line) =>
			visible(line)
				.replace(/^(\s*)::/, "$1\\::")
				.replaceAll("##[", "##\\["),
		)
		.join("\n");
}

/** The text without the secrets. The runner masks the log; files that this action writes are its own to mask. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
	return secrets.reduce((result, secret) => result.replaceAll(secret, "***"), text);
}

/**
 * The report as it may be saved and shown, without the secrets in any of its texts. What is made of it is made of this:
 * once a text is escaped, a secret in it is no longer found.
 */
export function reportWithoutSecrets(report: Report, secrets: readonly string[]): Report {
	const clean = (_key: string, value: unknown) => (typeof value === "string" ? withoutSecrets(value, secrets) : value);
	return JSON.parse(JSON.stringify(report, clean));
}
