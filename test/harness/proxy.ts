/** An HTTP proxy on loopback, by CONNECT and by absolute URLs. Every host name means this machine. */
import { createServer, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { listen } from "./listen.ts";

export class HttpProxy {
	readonly url: string;
	/** `host:port` of each request, in order. */
	readonly targets: string[];
	readonly #close: () => Promise<void>;

	private constructor(url: string, targets: string[], close: () => Promise<void>) {
		this.url = url;
		this.targets = targets;
		this.#close = close;
	}

	static async start(): Promise<HttpProxy> {
		const targets: string[] = [];
		const server = createServer((request, response) => {
			const url = new URL(request.url ?? "");
			targets.push(url.host);
			const { method, headers } = request;
			const onward = httpRequest({
				host: "127.0.0.1",
				port: url.port,
				path: url.pathname + url.search,
				method,
				headers,
			});
			onward.on("error", () => response.destroy());
			onward.on("response", (answer) => {
				response.writeHead(answer.statusCode ?? 502, answer.headers);
				answer.pipe(response);
			});
			request.pipe(onward);
		});
		server.on("connect", ({ url = "" }, socket) => {
			targets.push(url);
			const onward = connect(Number(url.split(":").at(-1)), "127.0.0.1", () => {
				socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
				onward.pipe(socket);
				socket.pipe(onward);
			});
			onward.on("error", () => socket.destroy());
			socket.on("error", () => onward.destroy());
		});
		const port = await listen(server);
		return new HttpProxy(`http://127.0.0.1:${port}`, targets, async () => {
			server.closeAllConnections();
			await new Promise((done) => server.close(done));
		});
	}

	/** Whether a request for this URL's host and port came by. */
	saw(url: string): boolean {
		return this.targets.includes(new URL(url).host);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.#close();
	}
}
