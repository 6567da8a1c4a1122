/** Jacuzzis as an allocator tells them: `GET /builders/<name>` and `GET /allocated/all`, both `{"machines": […]}`. */
import { z } from "zod";
import type { Allocations, Unknown } from "../../core/demand/allocations.ts";
import { errorMessageWithCause } from "../../errors.ts";
import type { AllocationSource } from "../../tick/ports.ts";

export interface AllocatorOptions {
	/** Such as `http://allocator/v1`. */
	readonly url: string;
	/** Milliseconds for one request. */
	readonly timeout: number;
	/** Milliseconds before each further try. */
	readonly pauses: readonly number[];
}

/** Requests under way at a time. */
const AT_ONCE = 8;

const answerSchema = z.object({ machines: z.array(z.string().min(1)) });

export class Allocator implements AllocationSource {
	readonly #options: AllocatorOptions;

	constructor(options: AllocatorOptions) {
		this.#options = options;
	}

	async read(builders: readonly string[]): Promise<Allocations> {
		const slavesets = new Map<string, readonly string[]>();
		const unknown = new Map<string, Unknown>();
		const queue = [...new Set(builders)];
		const ask = async (): Promise<void> => {
			for (let builder = queue.shift(); builder !== undefined; builder = queue.shift()) {
				const answer = await this.#get(`/builders/${encodeURIComponent(builder)}`);
				if (typeof answer === "string") unknown.set(builder, { code: "allocation-unknown", why: answer });
				else if (answer !== null) slavesets.set(builder, answer);
			}
		};
		const askAll = async () => {
			const all = await this.#get("/allocated/all");
			await ask();
			return typeof all === "string" ? all : new Set(all ?? []);
		};
		const [allocated] = await Promise.all([askAll(), ...Array.from({ length: AT_ONCE - 1 }, ask)]);
		return { slavesets, unknown, allocated, connected: new Set() };
	}

	/** The machines; null: there is no such thing (404); a text: why it is not known. */
	async #get(path: string): Promise<readonly string[] | null | string> {
		const { url, timeout, pauses } = this.#options;
		let why = "";
		for (const pause of [0, ...pauses]) {
			if (pause > 0) await new Promise((done) => setTimeout(done, pause));
			try {
				const response = await fetch(`${url.replace(/\/+$/, "")}${path}`, {
					signal: AbortSignal.timeout(timeout),
					redirect: "error",
				});
				if (response.status === 404) return null;
				if (response.ok) return answerSchema.parse(await response.json()).machines;
				why = `HTTP ${response.status}`;
			} catch (error) {
				why =
					error instanceof z.ZodError || error instanceof SyntaxError
						? 'the answer is not {"machines": ["name", …]}'
						: errorMessageWithCause(error);
			}
		}
		return `the jacuzzi allocator at ${new URL(url).origin} did not tell: ${why}`;
	}
}
