/** A server on loopback whose answers never end. */
import { createServer as createHttpServer, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Server } from "node:net";
import { listen } from "./listen.ts";

/** Where an answer stops; with `drip`, its body continues byte by byte without end. */
export type Stall = "before-headers" | "after-headers" | "drip";

export class StallingServer implements AsyncDisposable {
	readonly port: number;
	readonly #close: () => Promise<void>;

	private constructor(port: number, close: () => Promise<void>) {
		this.port = port;
		this.#close = close;
	}

	/** @param tls of an HTTPS server; null: HTTP */
	static async http(
		stall: Stall,
		tls: { readonly key: string; readonly cert: string } | null = null,
	): Promise<StallingServer> {
		const drips = new Set<NodeJS.Timeout>();
		const answer = (response: ServerResponse) => {
			if (stall === "before-headers") return;
			response.writeHead(200).write("[");
			if (stall === "drip") drips.add(setInterval(() => response.write(" "), 100));
		};
		const server =
			tls === null
				? createHttpServer((_request, response) => answer(response))
				: createHttpsServer(tls, (_request, response) => answer(response));
		const port = await listen(server);
		return new StallingServer(port, async () => {
			for (const drip of drips) clearInterval(drip);
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
		});
	}

	/** A server that accepts connections, reads, and never sends a byte. */
	static async silent(make: (onSocket: (socket: { resume(): void; destroy(): void }) => void) => Server) {
		const sockets = new Set<{ destroy(): void }>();
		const server = make((socket) => {
			sockets.add(socket);
			socket.resume();
		});
		const port = await listen(server);
		return new StallingServer(port, async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((done) => server.close(done));
		});
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.#close();
	}
}
