/** Graphite's receiver on loopback: accepts connections, stores what it reads, and closes when the sender does. */
import { createServer, type Socket } from "node:net";
import { listen } from "./listen.ts";

export class Carbon {
	readonly port: number;
	/** The text received on each connection. */
	readonly received: string[] = [];
	/** Handles new connections instead of the receiver. */
	behave: ((socket: Socket) => void) | null = null;
	readonly #close: () => Promise<void>;

	private constructor(port: number, close: () => Promise<void>) {
		this.port = port;
		this.#close = close;
	}

	static async start(): Promise<Carbon> {
		const sockets = new Set<Socket>();
		const server = createServer({ allowHalfOpen: true }, (socket) => {
			sockets.add(socket.on("error", () => {}));
			if (carbon.behave === null) carbon.#read(socket);
			else carbon.behave(socket);
		});
		const port = await listen(server);
		const carbon = new Carbon(port, async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((done) => server.close(done));
		});
		return carbon;
	}

	#read(socket: Socket): void {
		const index = this.received.push("") - 1;
		socket.setEncoding("utf8").on("data", (text: string) => {
			this.received[index] += text;
		});
		socket.on("end", () => socket.end());
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#close();
	}
}
