/** Ports on this machine. */
import { createServer, type Server } from "node:net";

/** Starts listening on a free port, by default of loopback. */
export async function listen(server: Server, host = "127.0.0.1"): Promise<number> {
	await new Promise<void>((done, fail) => server.once("error", fail).listen(0, host, done));
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("The server listens on no port");
	return address.port;
}

/** A port of the system's on which nothing listens. A free one could be taken at any time. */
export const CLOSED_PORT = 2;

/** A port on which nothing listens now. */
export async function freePort(): Promise<number> {
	const probe = createServer();
	const port = await listen(probe);
	await new Promise((done) => probe.close(done));
	return port;
}
