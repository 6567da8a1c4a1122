/** A connection to a server that works until the client sends a certain text, and then has a fault. */
import { connect } from "node:net";
import { type FaultName, FaultyServer, GARBAGE } from "./faulty-server.ts";

/** What can happen to an answer. */
export type AnswerFault = Extract<FaultName, "hangs before headers" | "drips" | "reset" | "garbage">;

/** @param trigger the text after which nothing of the server's answers arrives as it should, and the fault is met */
export function startFaultyProxy(
	fault: AnswerFault,
	target: { readonly port: number },
	trigger: string,
): Promise<FaultyServer> {
	return FaultyServer.listen({ allowHalfOpen: false }, (client, connection) => {
		const upstream = connect(target.port, "127.0.0.1");
		connection.track(upstream);
		client.on("close", () => upstream.destroy());
		let triggered = false;
		upstream.on("data", (bytes) => {
			if (!triggered) client.write(bytes);
			else if (fault === "drips") {
				let sent = 0;
				connection.drip(() => client.writable && client.write(bytes.subarray(sent, ++sent)), 1_000);
			}
		});
		client.on("data", (bytes) => {
			if (!triggered && bytes.includes(trigger)) {
				triggered = true;
				connection.meet();
				if (fault === "reset") client.resetAndDestroy();
				if (fault === "garbage") client.end(GARBAGE);
			}
			upstream.write(bytes);
		});
	});
}
