/** A server on loopback whose answers have one fault, made of the bytes that go over the wire. */
import { createServer, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { CLOSED_PORT, listen } from "./listen.ts";

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

/** What a connection does with the server that accepted it. */
export interface FaultyConnection {
	/** Closes a further socket with the server. */
	track(socket: Socket): void;
	/** Notes that the fault has been met. */
	meet(): void;
	/** Calls `send` again and again, until the server is closed. */
	drip(send: () => void, milliseconds: number): void;
}

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
		if (fault === "refused") return new FaultyServer(CLOSED_PORT, new Promise(() => {}), async () => {});
		const answer = (socket: Socket, stream: Duplex, connection: FaultyConnection) => {
			connection.meet();
			switch (fault) {
				case "hangs before headers":
					return;
				case "hangs after headers":
					stream.write(protocol.start);
					return;
				case "drips":
					stream.write(protocol.start);
					connection.drip(() => stream.writable && stream.write(protocol.drop), 100);
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
		return FaultyServer.listen({ allowHalfOpen: true }, (socket, connection) => {
			const stream = protocol.tls === undefined ? socket : new TLSSocket(socket, { isServer: true, ...protocol.tls });
			stream.on("error", () => {}).resume();
			if (protocol.serverFirst === true) answer(socket, stream, connection);
			else stream.once("data", () => answer(socket, stream, connection));
		});
	}

	/** A server whose connections are faulty as `onSocket` makes them. */
	static async listen(
		options: { readonly allowHalfOpen: boolean },
		onSocket: (socket: Socket, connection: FaultyConnection) => void,
	): Promise<FaultyServer> {
		const sockets = new Set<Socket>();
		const drips = new Set<NodeJS.Timeout>();
		const met = Promise.withResolvers<void>();
		const connection: FaultyConnection = {
			track: (socket) => void sockets.add(socket.on("error", () => {})),
			meet: () => met.resolve(),
			drip: (send, milliseconds) => void drips.add(setInterval(send, milliseconds)),
		};
		const server = createServer(options, (socket) => {
			connection.track(socket);
			onSocket(socket, connection);
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
