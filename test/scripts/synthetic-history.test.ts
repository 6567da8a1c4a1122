/** The shipped history is the one that its script makes, and the example configuration maps it. */
import { expect, it } from "vitest";
import { HISTORY, syntheticHistory } from "../../scripts/synthetic-history.ts";
import { readHistory } from "../../src/adapters/buildbot/history.ts";
import { SqliteStore } from "../../src/adapters/buildbot/sqlite.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ROOT } from "../harness/repository.ts";

const rows = syntheticHistory();

it("docs/examples/history.sqlite has the rows that npm run history makes", async () => {
	const timer = { now: () => 0, sleep: async () => {} };
	const { requests } = await readHistory(new SqliteStore(HISTORY, 0), 28, timer);
	expect(requests).toEqual(
		rows.map(({ name, submittedAt, startedAt, duration, worker }, index) => ({
			id: index + 1,
			builder: name,
			submittedAt,
			claimedAt: startedAt,
			completeAt: startedAt + duration,
			builds: [{ startedAt, finishedAt: startedAt + duration, worker }],
		})),
	);
});

it("each of its builders has an instance type of its own in the example configuration", () => {
	const { policy } = loadConfig("configs/watch_pending.json", { workspace: ROOT, regions: null });
	const names = [...new Set(rows.map(({ name }) => name))];
	const types = names.map((name) => policy.builderMap.find(({ regex }) => name.search(regex) === 0)?.mozType);
	expect(names).toHaveLength(3);
	expect(new Set(types)).toEqual(new Set(["bld-linux64", "try-linux64", "tst-linux64"]));
});
