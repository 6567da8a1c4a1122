/** Messages for database servers that can't be read: the reason and the remedy. */
import type { DatabaseCode } from "../../core/model/failure.ts";
import { sessionErrorMessage } from "./store.ts";

export interface Explanation {
	readonly code: DatabaseCode;
	readonly why: string;
	/** Whether the reason may be that the connection is not encrypted, which no server says. */
	readonly mayNeedTls?: true;
}

/** What the errors of one kind of server mean. */
export interface Explanations {
	/** By the code of the driver or the server. */
	readonly codes: Readonly<Record<string, Explanation>>;
	/** By message, for errors whose code is missing, shared, or that of another server. These come first. */
	readonly messages: readonly (readonly [RegExp, Explanation])[];
}

/** Explains what a driver threw. */
export function explain(cause: unknown, { codes, messages }: Explanations): Explanation {
	const message = sessionErrorMessage(cause);
	const [, explanation] = [...messages, ...TLS].find(([pattern]) => pattern.test(message)) ?? [];
	const code = codeOf(cause);
	return explanation ?? codes[code] ?? NETWORK[code] ?? UNKNOWN;
}

/** What the driver or the server said. */
export function detailOf(cause: unknown): string {
	return [codeOf(cause), sessionErrorMessage(cause)].filter((part) => part !== "").join(": ");
}

function codeOf(cause: unknown): string {
	return cause instanceof Error && "code" in cause && cause.code !== undefined ? String(cause.code) : "";
}

/** Follows an explanation that may need it. */
export const UNENCRYPTED =
	' The connection is not encrypted. If the server requires that for this user, set "database-tls" to verify-full or required.';

const UNKNOWN: Explanation = {
	code: "query-failed",
	why: "the query failed. If the server's message below doesn't help, run the query by hand as the same user.",
};
const REFUSED: Explanation = {
	code: "connection-refused",
	why: 'nothing is listening there. Check host and port in "database-url", that the server is running, and that its firewall admits the runner.',
};
const UNKNOWN_HOST: Explanation = {
	code: "host-unknown",
	why: 'the host name can\'t be resolved. Check it in "database-url", and that the runner is in a network that can resolve it.',
};
export const TIMEOUT: Explanation = {
	code: "timeout",
	why: "it timed out. Check that the runner can reach it and that the server isn't overloaded.",
};
export const LOST: Explanation = {
	code: "connection-lost",
	why: "the connection broke before the answer was complete. The next tick tries again. If this recurs, check the server's error log.",
};
export const BUSY: Explanation = {
	code: "server-busy",
	why: "the server accepts no more connections. The next tick tries again. If this recurs, check its connection limit.",
};
export const DENIED: Explanation = {
	code: "access-denied",
	why: "the server denied access. Check user and password in \"database-url\" (percent-encoded), and that the user may connect from the runner's address and SELECT from Buildbot's tables.",
};
export const NO_PASSWORD: Explanation = {
	code: "access-denied",
	why: 'the server requires a password, and "database-url" has none. Write it after the user name: user:password@host.',
};
export const NO_SUCH_DATABASE: Explanation = {
	code: "no-such-database",
	why: 'the server has no database with that name. Check the end of "database-url".',
};
export const NO_TLS: Explanation = {
	code: "tls-unavailable",
	why: 'the server doesn\'t support TLS, and nothing was sent unencrypted. Enable TLS on the server, or set "database-tls" to disabled if the network itself is safe.',
};
/** By the error codes of Node's sockets. */
const NETWORK: Readonly<Record<string, Explanation>> = {
	ECONNREFUSED: REFUSED,
	EHOSTUNREACH: REFUSED,
	ENETUNREACH: REFUSED,
	ENOTFOUND: UNKNOWN_HOST,
	EAI_AGAIN: UNKNOWN_HOST,
	ETIMEDOUT: TIMEOUT,
	ENOENT: {
		code: "connection-refused",
		why: 'the socket doesn\'t exist. Check it in "database-url".',
	},
	ECONNRESET: LOST,
	EPIPE: LOST,
};

function untrusted(why: string): Explanation {
	return { code: "tls-untrusted", why };
}

/** OpenSSL's and Node's words for a certificate that is rejected. A driver may replace the code. */
const TLS: Explanations["messages"] = [
	[/certificate has expired/i, untrusted("the server certificate has expired. Renew it on the server.")],
	[
		/certificate is not yet valid/i,
		untrusted("the server certificate is not valid yet. Check the clocks of the server and the runner."),
	],
	[
		/does not match certificate's altnames/i,
		untrusted(
			'the server certificate is for another name. Use a host name of the certificate in "database-url", or let the server have a certificate for this one.',
		),
	],
	[
		/self[- ]signed certificate|unable to (?:verify|get)\b.*\b(?:certificate|issuer)/i,
		untrusted(
			'the server certificate was issued by a CA that is not trusted. Set "database-ca" to its CA certificates (for Amazon RDS: rds).',
		),
	],
];
