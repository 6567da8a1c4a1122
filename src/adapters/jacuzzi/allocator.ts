/** Jacuzzis from an allocator: `GET /builders/<name>` and `GET /allocated/all`, which both return `{"machines": […]}`. */
import { z } from "zod";
import type { Allocations, Unknown } from "../../core/demand/allocations.ts";
import { errorMessageWithCause } from "../../errors.ts";
import type { AllocationSource, Ending } from "../../tick/ports.ts";
import { getText, TooLongError } from "../http.ts";
import { retry } from "../retry.ts";

export interface AllocatorOptions {
	/** For example `http://allocator/v1`. */
	readonly url: string;
	/** Milliseconds for one request. */
	readonly timeout: number;
	/** Milliseconds for all requests of a read. */
	readonly total: number;
	/** Milliseconds before each further attempt. */
	readonly pauses: readonly number[];
	readonly ending: Ending;
}

/** Concurrent requests. */
const CONCURRENCY = 8;
/** Bytes of an answer: enough for 10,000 machines. */
const MAX_BYTES = 1_000_000;

const answerSchema = z.object({ machines: z.array(z.string().min(1)) });

type Answer =
	| { readonly kind: "machines"; readonly names: readonly string[] }
	/** HTTP 404: the builder has no jacuzzi. */
	| { readonly kind: "none" }
	/** The reason has no full stop. */
	| { readonly kind: "unknown"; readonly reason: string };

/** Lasts for one read. */
interface Session {
	/** Aborts when the read's time is over. */
	readonly signal: AbortSignal;
	/** Why the server is not asked anymore; null: it is. */
	silence: Answer | null;
}

export class Allocator implements AllocationSource {
	readonly #options: AllocatorOptions;

	constructor(options: AllocatorOptions) {
		this.#options = options;
	}

	/** A server that once did not respond at all is not asked for the other builders. */
	async read(builders: readonly string[]): Promise<Allocations> {
		const { total, ending } = this.#options;
		const session: Session = { signal: AbortSignal.any([ending.end, AbortSignal.timeout(total)]), silence: null };
		const slavesets = new Map<string, readonly string[]>();
		const unknown = new Map<string, Unknown>();
		const queue = [...new Set(builders)];
		const readBuilders = async (): Promise<void> => {
			for (let builder = queue.shift(); builder !== undefined; builder = queue.shift()) {
				const answer = await this.#get(session, `/builders/${encodeURIComponent(builder)}`);
				if (answer.kind === "unknown") unknown.set(builder, { code: "allocation-unknown", reason: answer.reason });
				if (answer.kind === "machines") slavesets.set(builder, answer.names);
			}
		};
		const readAllocated = async (): Promise<Allocations["allocated"]> => {
			const answer = await this.#get(session, "/allocated/all");
			await readBuilders();
			if (answer.kind === "unknown") return answer;
			return { kind: "known", names: new Set(answer.kind === "none" ? [] : answer.names) };
		};
		const others = Array.from({ length: CONCURRENCY - 1 }, readBuilders);
		const [allocated] = await Promise.all([readAllocated(), ...others]);
		return { slavesets, unknown, allocated, connected: new Set() };
	}

	/** Never throws: one builder without an answer leaves the others usable. */
	async #get(session: Session, path: string): Promise<Answer> {
		if (session.silence !== null) return session.silence;
		const { pauses, ending } = this.#options;
		const signal = AbortSignal.any([session.signal, ending.stop]);
		try {
			return await retry(() => this.#request(session, path), { pauses, isTransient: () => true, signal });
		} catch (error) {
			const answer = this.#unknown(error);
			const responded = error instanceof ResponseError || error instanceof TooLongError;
			if (!responded) session.silence ??= answer;
			return answer;
		}
	}

	#unknown(error: unknown): Answer {
		const { origin } = new URL(this.#options.url);
		return { kind: "unknown", reason: `the jacuzzi allocator at ${origin} did not answer: ${describe(error)}` };
	}

	async #request({ signal }: Session, path: string): Promise<Answer> {
		const { url, timeout } = this.#options;
		const address = `${url.replace(/\/+$/, "")}${path}`;
		const { status, text } = await getText({ url: address, timeout, maxBytes: MAX_BYTES, signal });
		if (status === 404) return { kind: "none" };
		if (status < 200 || status > 299) throw new ResponseError(`HTTP ${status}`);
		return { kind: "machines", names: machinesIn(text) };
	}
}

/** A response that is no answer. */
class ResponseError extends Error {
	override readonly name = "ResponseError";
}

function describe(error: unknown): string {
	return (error instanceof ResponseError ? error.message : errorMessageWithCause(error)).replace(/\.$/, "");
}

function machinesIn(text: string): readonly string[] {
	try {
		return answerSchema.parse(JSON.parse(text)).machines;
	} catch (error) {
		throw new ResponseError('the response is not {"machines": ["name", …]}', { cause: error });
	}
}
