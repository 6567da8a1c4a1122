/** Bootstrap certificates, as the original kept them: from a folder of files named by host, else from a server. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isHostName } from "../core/plan/names.ts";
import { CertificateError, errorMessage, errorMessageWithCause } from "../errors.ts";
import type { Certificates } from "../tick/ports.ts";

export interface CertificateOptions {
	/** https, with `{fqdn}` where the host's name goes. */
	readonly url: string;
	/** Absolute path. */
	readonly cacheDir: string;
	/** Milliseconds for one request. */
	readonly timeout: number;
	/** Milliseconds before each further try. */
	readonly pauses: readonly number[];
}

export class HttpsCertificates implements Certificates {
	readonly #options: CertificateOptions;

	constructor(options: CertificateOptions) {
		this.#options = options;
	}

	async get(fqdn: string): Promise<string> {
		// The name becomes a file's.
		if (!isHostName(fqdn)) throw this.#error(fqdn, "this is not the name of a host");
		return this.#cached(fqdn) ?? this.#store(fqdn, await this.#fetch(fqdn));
	}

	#cached(fqdn: string): string | null {
		try {
			return readFileSync(join(this.#options.cacheDir, fqdn), "utf8");
		} catch (error) {
			if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
			throw this.#error(fqdn, `the cached one cannot be read: ${errorMessage(error)}`);
		}
	}

	#store(fqdn: string, certificate: string): string {
		const { cacheDir } = this.#options;
		const path = join(cacheDir, fqdn);
		try {
			mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
			// Under another name first: a run that is killed half-way leaves no half certificate to be used.
			writeFileSync(`${path}.${process.pid}`, certificate, { mode: 0o600 });
			renameSync(`${path}.${process.pid}`, path);
		} catch (error) {
			throw this.#error(fqdn, `it cannot be cached: ${errorMessage(error)}`);
		}
		return certificate;
	}

	async #fetch(fqdn: string): Promise<string> {
		const { url, timeout, pauses } = this.#options;
		let why = "";
		for (const pause of [0, ...pauses]) {
			if (pause > 0) await new Promise((done) => setTimeout(done, pause));
			try {
				const response = await fetch(url.replaceAll("{fqdn}", encodeURIComponent(fqdn)), {
					signal: AbortSignal.timeout(timeout),
					redirect: "error",
				});
				const text = await response.text();
				if (response.ok && text.trim() !== "") return text;
				why = response.ok ? "the answer is empty" : `the answer is HTTP ${response.status}`;
				if (response.status >= 400 && response.status < 500) break;
			} catch (error) {
				why = errorMessageWithCause(error);
			}
		}
		throw this.#error(fqdn, why);
	}

	#error(fqdn: string, why: string): CertificateError {
		const { origin } = new URL(this.#options.url.replaceAll("{fqdn}", "x"));
		return new CertificateError(
			`The certificate of ${fqdn} could not be had from ${origin}: ${why}. Nothing of this name is launched; check "certs" in the configuration, and the server.`,
		);
	}
}
