/** A watch at a database server. */
import { connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/adapters/buildbot/open.ts";
import { listen } from "../../harness/listen.ts";
import { rowsOf, schemaOf } from "../../harness/scheduler-rows.ts";
import { Stage } from "../../watch/stage.ts";
import { useCloud } from "../ec2/cloud.ts";
import { OPTIONS, SERVERS } from "./servers.ts";

const cloud = useCloud();

describe.each(SERVERS)("a watch at $name", (kind) => {
	it("reads, ticks, and holds the lock on one connection, and closes it at the end", async () => {
		const requests = [{ builder: "linux build" }, { builder: "linux build" }];
		const rows = rowsOf("4.3", kind.dialect, requests);
		const address = kind.address();
		const database = await kind.create(address, `${schemaOf("4.3", kind.dialect)}\n${rows}`);
		let opened = 0;
		const open = new Set<unknown>();
		const relay = createServer((client) => {
			const server = connect(address.port, "127.0.0.1");
			opened += 1;
			open.add(client);
			const end = () => {
				open.delete(client);
				client.destroy();
				server.destroy();
			};
			for (const socket of [client, server]) socket.on("error", end).on("close", end);
			client.pipe(server).pipe(client);
		});
		const location = { ...address, port: await listen(relay), database, socketPath: null, searchPath: null };
		const { pending, lock } = await openDatabase({ ...location, kind: kind.dialect, ignoredKeys: [] }, OPTIONS);
		using stage = new Stage(cloud);
		const { report, last } = await stage.run({ duration: 700, interval: 60, ports: { pending, lock } });
		expect(report.ticks).toHaveLength(3);
		expect(report.launches).toHaveLength(2);
		expect(last.failures).toEqual([]);
		expect(opened).toBe(1);
		// The relay closes once the socket's end has reached it.
		await new Promise<void>((done) => relay.close(() => done()));
		expect(open.size).toBe(0);
	});
});
