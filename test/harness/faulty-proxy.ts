/** A connection to a server that works until the client sends a certain text, and then has a fault. */
import { connect, createServer, type Socket } from "node:net";
import { type FaultName, GARBAGE } from "./faulty-server.ts";
import { listen } from "./listen.ts";

/** What can happen to an answer. */
export type AnswerFault = Extract<FaultName, "hangs before headers" | "drips" | "reset" | "garbage">;

export class FaultyProxy implements AsyncDisposable {
	readonly port: number;
	/** Resolves when the text was sent for the first time. */
	readonly met: Promise<void>;
	readonly #close: () => Promise<void>;

	private constructor(port: number, met: Promise<void>, close: () => Promise<void>) {
		this.port = port;
		this.met = met;
		this.#close = close;
	}

	/** @param trigger the text after which nothing of the server's answers arrives as it should */
	static async start(fault: AnswerFault, target: { readonly port: number }, trigger: string): Promise<FaultyProxy> {
		const sockets = new Set<Socket>();
		const drips = new Set<NodeJS.Timeout>();
		const met = Promise.withResolvers<void>();
		const server = createServer((client) => {
			const upstream = connect(target.port, "127.0.0.1");
			for (const socket of [client, upstream]) sockets.add(socket.on("error", () => {}));
			client.on("close", () => upstream.destroy());
			let triggered = false;
			upstream.on("data", (bytes) => {
				if (!triggered) client.write(bytes);
				else if (fault === "drips") {
					let sent = 0;
					drips.add(setInterval(() => client.writable && client.write(bytes.subarray(sent, ++sent)), 1_000));
				}
			});
			client.on("data", (bytes) => {
				if (!triggered && bytes.includes(trigger)) {
					triggered = true;
					met.resolve();
					if (fault === "reset") client.resetAndDestroy();
					if (fault === "garbage") client.end(GARBAGE);
				}
				upstream.write(bytes);
			});
		});
		const port = await listen(server);
		return new FaultyProxy(port, met.promise, async () => {
			for (const drip of drips) clearInterval(drip);
			for (const socket of sockets) socket.destroy();
			await new Promise((done) => server.close(done));
		});
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.#close();
	}
}
