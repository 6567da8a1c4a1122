import type { TestProject } from "vitest/node";
import { ensureMariaDb } from "./ensure-mariadb.ts";
import { type MariaDbAddress, startMariaDb } from "./mariadb.ts";

declare module "vitest" {
	interface ProvidedContext {
		/** The server that all test files share; each makes databases of its own. */
		mariaDb: MariaDbAddress;
	}
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	ensureMariaDb();
	const { stop, ...address } = await startMariaDb();
	project.provide("mariaDb", address);
	return stop;
}
