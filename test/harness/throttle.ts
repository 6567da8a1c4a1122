/** Faults of a connection between client and server. */
import { connect, createServer, type Server } from "node:net";
import type { ServerAddress } from "./database-server.ts";
import { listen } from "./listen.ts";

/** A proxy that passes only the first bytes of a server's answers. */
export class Throttle {
	allowed = 0;
	/** Whether it then breaks the connection; otherwise it falls silent. */
	breaks = true;
	/** Number of bytes that the server sent in the last connection. */
	passed = 0;
	readonly #server: Server;
	port = 0;

	private constructor({ host, port }: ServerAddress) {
		this.#server = createServer((client) => {
			const upstream = connect(port, host);
			this.passed = 0;
			client.pipe(upstream);
			upstream.on("data", (chunk: Buffer) => {
				client.write(chunk.subarray(0, Math.max(0, this.allowed - this.passed)));
				this.passed += chunk.length;
				if (this.passed > this.allowed && this.breaks) client.destroy();
			});
			for (const socket of [client, upstream]) socket.on("error", () => undefined);
			client.on("close", () => upstream.destroy());
			upstream.on("close", () => client.destroy());
		});
	}

	static async start(server: ServerAddress): Promise<Throttle> {
		const throttle = new Throttle(server);
		throttle.port = await listen(throttle.#server, "localhost");
		return throttle;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await new Promise((done) => this.#server.close(done));
	}
}
