/** Bootstrap certificates: from a folder of files named by host, or from a server if the folder has none. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kindOfFile, readTextFile } from "../config/document/text-file.ts";
import { isHostName } from "../core/plan/names.ts";
import { CertificateError, errorMessage, errorMessageWithCause } from "../errors.ts";
import type { Certificates, Ending } from "../tick/ports.ts";
import { getText, TooLongError } from "./http.ts";
import { isPem } from "./pem.ts";
import { retry } from "./retry.ts";

export interface CertificateOptions {
	/** https, with the placeholder `{fqdn}`. */
	readonly url: string;
	/** Absolute path. */
	readonly cacheDir: string;
	/** Milliseconds for one request. */
	readonly timeout: number;
	/** Milliseconds for all attempts for one host. */
	readonly total: number;
	/** Milliseconds before each further attempt. */
	readonly pauses: readonly number[];
	readonly ending: Ending;
}

/** Concurrent requests. */
const CONCURRENCY = 8;
/** Bytes of a certificate with its chain and key: EC2 accepts 16 KB of user data. */
const MAX_BYTES = 64_000;

export class HttpsCertificates implements Certificates {
	readonly #options: CertificateOptions;
	readonly #results = new Map<string, Promise<string>>();
	readonly #waiting: (() => void)[] = [];
	#active = 0;
	/** Why the server is not asked anymore; null: it is. */
	#silence: string | null = null;

	constructor(options: CertificateOptions) {
		this.#options = options;
	}

	/** Each name is requested once: what failed fails again in the same tick. */
	get(fqdn: string): Promise<string> {
		const known = this.#results.get(fqdn);
		if (known !== undefined) return known;
		const result = this.#read(fqdn);
		this.#results.set(fqdn, result);
		return result;
	}

	async #read(fqdn: string): Promise<string> {
		// The name becomes a file name.
		if (!isHostName(fqdn)) throw this.#error(fqdn, "this is not a host name");
		return this.#cached(fqdn) ?? this.#store(fqdn, await this.#fetch(fqdn));
	}

	#cached(fqdn: string): string | null {
		const path = join(this.#options.cacheDir, fqdn);
		if (kindOfFile(path) === "none") return null;
		const read = readTextFile(path, { folder: null });
		if (read.kind === "unreadable") throw this.#error(fqdn, `${path} can't be used: ${read.message}`);
		if (!isPem(read.text)) throw this.#error(fqdn, `${path} is not PEM. Delete it to fetch the certificate again`);
		return read.text;
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
		const { pauses, total, ending } = this.#options;
		await this.#enter();
		try {
			if (this.#silence !== null) throw this.#error(fqdn, this.#silence);
			const limit = AbortSignal.any([ending.end, AbortSignal.timeout(total)]);
			const isTransient = (error: unknown) => !(error instanceof ResponseError && error.isFinal);
			const signal = AbortSignal.any([limit, ending.stop]);
			return await retry(() => this.#request(fqdn, limit), { pauses, isTransient, signal });
		} catch (error) {
			if (error instanceof CertificateError) throw error;
			if (!(error instanceof ResponseError)) this.#silence ??= errorMessageWithCause(error);
			throw this.#error(fqdn, errorMessageWithCause(error), error);
		} finally {
			this.#leave();
		}
	}

	/** Waits until fewer requests are in flight than allowed. */
	async #enter(): Promise<void> {
		if (this.#active >= CONCURRENCY) await new Promise<void>((done) => this.#waiting.push(done));
		else this.#active += 1;
	}

	/** The next one takes over the place. */
	#leave(): void {
		const next = this.#waiting.shift();
		if (next === undefined) this.#active -= 1;
		else next();
	}

	async #request(fqdn: string, signal: AbortSignal): Promise<string> {
		const { url, timeout } = this.#options;
		const address = url.replaceAll("{fqdn}", encodeURIComponent(fqdn));
		const { status, contentType, text } = await this.#getText(address, timeout, signal);
		if (status < 200 || status > 299) {
			// The server rejected the request itself, so another attempt can't succeed.
			throw new ResponseError(`the server responded with HTTP ${status}`, status >= 400 && status < 500);
		}
		if (text.trim() === "") throw new ResponseError("the response is empty", false);
		if (/html/i.test(contentType) || !isPem(text)) throw new ResponseError("the response is not PEM", true);
		return text;
	}

	async #getText(url: string, timeout: number, signal: AbortSignal) {
		try {
			return await getText({ url, timeout, maxBytes: MAX_BYTES, signal });
		} catch (error) {
			if (error instanceof TooLongError) throw new ResponseError(error.message, true);
			throw error;
		}
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
class ResponseError extends Error {
	/** Whether another attempt can't succeed. */
	readonly isFinal: boolean;

	constructor(message: string, isFinal: boolean) {
		super(message);
		this.isFinal = isFinal;
	}
}
