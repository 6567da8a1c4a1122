/** A server on loopback whose answers have one fault, made of the bytes that go over the wire. */
import { createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { freePort, listen } from "./listen.ts";

/** What happens to a connection or a call. */
export const FAULTS = [
	"refused",
	"hangs before headers",
	"hangs after headers",
	"drips",
	"reset",
	"garbage",
	"denied",
] as const;
export type FaultName = (typeof FAULTS)[number];

/** The bytes of a protocol. */
export interface Protocol {
	/** Whether the server sends first. */
	readonly serverFirst?: boolean;
	/** The beginning of an answer that promises more. */
	readonly start: Buffer;
	/** What may follow it without end. */
	readonly drop: Buffer;
	/** An answer without meaning, after which the connection ends. */
	readonly garbage: Buffer;
	/** A refusal, after which the connection ends. */
	readonly denied: Buffer;
	/** Of a server that requires TLS. */
	readonly tls?: { readonly key: string; readonly cert: string };
}

export const GARBAGE = Buffer.from(Array.from({ length: 256 }, (_, index) => (index * 37 + 128) % 256));

export class FaultyServer implements AsyncDisposable {
	readonly port: number;
	/** Resolves when the first connection has met the fault; never if it is refused. */
	readonly met: Promise<void>;
	readonly #close: () => Promise<void>;

	private constructor(port: number, met: Promise<void>, close: () => Promise<void>) {
		this.port = port;
		this.met = met;
		this.#close = close;
	}

	static async start(fault: FaultName, protocol: Protocol): Promise<FaultyServer> {
		if (fault === "refused") return new FaultyServer(await freePort(), new Promise(() => {}), async () => {});
		const sockets = new Set<Socket>();
		const drips = new Set<NodeJS.Timeout>();
		const met = Promise.withResolvers<void>();
		const answer = (socket: Socket, stream: Duplex) => {
			met.resolve();
			switch (fault) {
				case "hangs before headers":
					return;
				case "hangs after headers":
					stream.write(protocol.start);
					return;
				case "drips":
					stream.write(protocol.start);
					drips.add(setInterval(() => stream.writable && stream.write(protocol.drop), 100));
					return;
				case "reset":
					socket.resetAndDestroy();
					return;
				case "garbage":
				case "denied":
					stream.end(protocol[fault]);
			}
		};
		// Graphite's clients end their side first.
		const server = createServer({ allowHalfOpen: true }, (socket) => {
			sockets.add(socket.on("error", () => {}));
			const stream = protocol.tls === undefined ? socket : new TLSSocket(socket, { isServer: true, ...protocol.tls });
			stream.on("error", () => {}).resume();
			if (protocol.serverFirst === true) answer(socket, stream);
			else stream.once("data", () => answer(socket, stream));
		});
		const port = await listen(server);
		return new FaultyServer(port, met.promise, async () => {
			for (const drip of drips) clearInterval(drip);
			for (const socket of sockets) socket.destroy();
			await new Promise((done) => server.close(done));
		});
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.#close();
	}
}
