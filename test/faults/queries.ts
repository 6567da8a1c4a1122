/** Rows of database servers that fail while the pending requests are read. */
import { SERVERS } from "../adapters/buildbot/servers.ts";
import { urlOf } from "../harness/database-server.ts";
import { type AnswerFault, startFaultyProxy } from "../harness/faulty-proxy.ts";
import { rowsOf, schemaOf } from "../harness/scheduler-rows.ts";
import type { Row } from "./row.ts";

/** Seconds of `timeout`, since a query may take longer than a row should. */
const TIMEOUT = 5;
const FAULTS: readonly AnswerFault[] = ["hangs before headers", "drips", "reset", "garbage"];

export const QUERY_ROWS: readonly Row[] = SERVERS.flatMap(({ name, dialect, address, create }) =>
	FAULTS.map((fault) => ({
		subject: `Query (${name})`,
		fault: fault.replace(" before headers", ""),
		delay: fault === "reset" || fault === "garbage" ? 4 : TIMEOUT + 30,
		prepare: async () => {
			const rows = rowsOf("4.3", dialect, [{ builder: "Linux x86-64 mozilla-central build" }]);
			const database = await create(address(), `${schemaOf("4.3", dialect)}\n${rows}`);
			const proxy = await startFaultyProxy(fault, address(), "complete = 0");
			const url = urlOf({ ...address(), port: proxy.port }, database);
			return {
				// Other tests use the same server, and on MariaDB a lock is the whole server's.
				inputs: { "database-url": url, lock: "false", timeout: String(TIMEOUT) },
				met: proxy.met,
				close: () => proxy[Symbol.asyncDispose](),
			};
		},
	})),
);
