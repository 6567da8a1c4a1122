/** The sequential round trips to a jacuzzi allocator. */
import { createServer, type ServerResponse } from "node:http";
import { Allocator } from "../src/adapters/jacuzzi/allocator.ts";
import { NEVER } from "../test/harness/ending.ts";
import { listen } from "../test/harness/listen.ts";

/** All open requests are answered after this many milliseconds without a new one. */
const QUIET = 50;

/** Sequential round trips to read the slavesets of this many builders. */
export async function allocatorRounds(builders: number): Promise<number> {
	let rounds = 0;
	const underWay: ServerResponse[] = [];
	let quiet: NodeJS.Timeout | undefined;
	const answer = () => {
		rounds += 1;
		for (const response of underWay.splice(0)) response.end('{"machines": ["w-1"]}');
	};
	const server = createServer((_request, response) => {
		underWay.push(response);
		clearTimeout(quiet);
		quiet = setTimeout(answer, QUIET);
	});
	const port = await listen(server);
	try {
		const allocator = new Allocator({
			url: `http://127.0.0.1:${port}/v1`,
			timeout: 10_000,
			total: 60_000,
			pauses: [],
			ending: NEVER,
		});
		const names = Array.from({ length: builders }, (_, index) => `builder ${index}`);
		const { slavesets, unknown } = await allocator.read(names);
		if (slavesets.size !== builders || unknown.size > 0) throw new Error("the allocator did not answer");
		return rounds;
	} finally {
		server.closeAllConnections();
		await new Promise((done) => server.close(done));
	}
}
