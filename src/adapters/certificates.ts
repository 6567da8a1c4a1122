/** Bootstrap certificates: from a folder of files named by host, or from a server if the folder has none. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isHostName } from "../core/plan/names.ts";
import { CertificateError, errorMessage, errorMessageWithCause } from "../errors.ts";
import type { Certificates } from "../tick/ports.ts";
import { retry } from "./retry.ts";

export interface CertificateOptions {
	/** https, with the placeholder `{fqdn}`. */
	readonly url: string;
	/** Absolute path. */
	readonly cacheDir: string;
	/** Milliseconds for one request. */
	readonly timeout: number;
	/** Milliseconds before each further attempt. */
	readonly pauses: readonly number[];
}

export class HttpsCertificates implements Certificates {
	readonly #options: CertificateOptions;

	constructor(options: CertificateOptions) {
		this.#options = options;
	}

	async get(fqdn: string): Promise<string> {
		// The name becomes a file name.
		if (!isHostName(fqdn)) throw this.#error(fqdn, "this is not a host name");
		return this.#cached(fqdn) ?? this.#store(fqdn, await this.#fetch(fqdn));
	}

	#cached(fqdn: string): string | null {
		try {
			return readFileSync(join(this.#options.cacheDir, fqdn), "utf8");
		} catch (error) {
			if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
			throw this.#error(fqdn, `the cached file can't be read: ${errorMessage(error)}`, error);
		}
	}

	#store(fqdn: string, certificate: string): string {
		const { cacheDir } = this.#options;
		const path = join(cacheDir, fqdn);
		try {
			mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
			// Renaming is atomic, so a killed run leaves no partial certificate behind.
			writeFileSync(`${path}.${process.pid}`, certificate, { mode: 0o600 });
			renameSync(`${path}.${process.pid}`, path);
		} catch (error) {
			throw this.#error(fqdn, `it can't be cached: ${errorMessage(error)}`, error);
		}
		return certificate;
	}

	async #fetch(fqdn: string): Promise<string> {
		const isTransient = (error: unknown) => !(error instanceof StatusError && error.isFinal);
		try {
			return await retry(() => this.#request(fqdn), { pauses: this.#options.pauses, isTransient });
		} catch (error) {
			throw this.#error(fqdn, errorMessageWithCause(error), error);
		}
	}

	async #request(fqdn: string): Promise<string> {
		const { url, timeout } = this.#options;
		const response = await fetch(url.replaceAll("{fqdn}", encodeURIComponent(fqdn)), {
			signal: AbortSignal.timeout(timeout),
			redirect: "error",
		});
		const text = await response.text();
		if (!response.ok) throw new StatusError(response.status);
		if (text.trim() === "") throw new TypeError("the response is empty");
		return text;
	}

	#error(fqdn: string, why: string, cause?: unknown): CertificateError {
		const { origin } = new URL(this.#options.url.replaceAll("{fqdn}", "x"));
		return new CertificateError(
			`The certificate for ${fqdn} could not be fetched from ${origin}: ${why}. No instance with this name was launched. Check "certs" in the configuration and the server.`,
			{ cause },
		);
	}
}

/** An HTTP response without a certificate. */
class StatusError extends Error {
	/** Whether the server rejected the request itself, so that another attempt can't succeed. */
	readonly isFinal: boolean;

	constructor(status: number) {
		super(`the server responded with HTTP ${status}`);
		this.isFinal = status >= 400 && status < 500;
	}
}
