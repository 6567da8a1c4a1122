/** Jacuzzis from an allocator: `GET /builders/<name>` and `GET /allocated/all`, which both return `{"machines": […]}`. */
import { z } from "zod";
import type { Allocations, Unknown } from "../../core/demand/allocations.ts";
import { errorMessageWithCause } from "../../errors.ts";
import type { AllocationSource } from "../../tick/ports.ts";
import { retry } from "../retry.ts";

export interface AllocatorOptions {
	/** For example `http://allocator/v1`. */
	readonly url: string;
	/** Milliseconds for one request. */
	readonly timeout: number;
	/** Milliseconds before each further attempt. */
	readonly pauses: readonly number[];
}

/** Concurrent requests. */
const CONCURRENCY = 8;

const answerSchema = z.object({ machines: z.array(z.string().min(1)) });

type Answer =
	| { readonly kind: "machines"; readonly names: readonly string[] }
	/** HTTP 404: the builder has no jacuzzi. */
	| { readonly kind: "none" }
	/** The reason has no full stop. */
	| { readonly kind: "unknown"; readonly reason: string };

export class Allocator implements AllocationSource {
	readonly #options: AllocatorOptions;

	constructor(options: AllocatorOptions) {
		this.#options = options;
	}

	async read(builders: readonly string[]): Promise<Allocations> {
		const slavesets = new Map<string, readonly string[]>();
		const unknown = new Map<string, Unknown>();
		const queue = [...new Set(builders)];
		const readBuilders = async (): Promise<void> => {
			for (let builder = queue.shift(); builder !== undefined; builder = queue.shift()) {
				const answer = await this.#get(`/builders/${encodeURIComponent(builder)}`);
				if (answer.kind === "unknown") unknown.set(builder, { code: "allocation-unknown", reason: answer.reason });
				if (answer.kind === "machines") slavesets.set(builder, answer.names);
			}
		};
		const readAllocated = async (): Promise<Allocations["allocated"]> => {
			const answer = await this.#get("/allocated/all");
			await readBuilders();
			if (answer.kind === "unknown") return answer;
			return { kind: "known", names: new Set(answer.kind === "none" ? [] : answer.names) };
		};
		const others = Array.from({ length: CONCURRENCY - 1 }, readBuilders);
		const [allocated] = await Promise.all([readAllocated(), ...others]);
		return { slavesets, unknown, allocated, connected: new Set() };
	}

	/** Never throws: one builder without an answer leaves the others usable. */
	async #get(path: string): Promise<Answer> {
		const { url, pauses } = this.#options;
		try {
			return await retry(() => this.#request(path), { pauses, isTransient: () => true });
		} catch (error) {
			const isMalformed = error instanceof z.ZodError || error instanceof SyntaxError;
			const why = isMalformed ? 'the response is not {"machines": ["name", …]}' : errorMessageWithCause(error);
			return { kind: "unknown", reason: `the jacuzzi allocator at ${new URL(url).origin} did not answer: ${why}` };
		}
	}

	async #request(path: string): Promise<Answer> {
		const { url, timeout } = this.#options;
		const response = await fetch(`${url.replace(/\/+$/, "")}${path}`, {
			signal: AbortSignal.timeout(timeout),
			redirect: "error",
		});
		if (response.status === 404) return { kind: "none" };
		if (!response.ok) throw new Error(`HTTP ${response.status}`);
		return { kind: "machines", names: answerSchema.parse(await response.json()).machines };
	}
}
