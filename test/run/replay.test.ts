import { expect, it } from "vitest";
import { SqliteStore } from "../../src/adapters/buildbot/sqlite.ts";
import type { History } from "../../src/core/model/history.ts";
import { Redactor } from "../../src/core/report/redaction.ts";
import type { ReplayReport } from "../../src/core/report/replay-report.ts";
import { runReplay } from "../../src/run/replay.ts";
import type { HistorySource, RunLog } from "../../src/tick/ports.ts";
import { ManualEnding } from "../harness/ending.ts";
import { QUIET } from "../harness/quiet-log.ts";
import { history, onDemandOnly, REGIONS } from "../simulate/histories.ts";

const INPUTS = {
	maxLaunches: 200,
	maxHourlyCost: null,
	replay: { days: 1, boot: { shortest: 180, longest: 480 }, idleStop: 600, watchInterval: 15 },
};

/** Replays what a source reads; without a configured pattern, so that no builder maps. */
async function replay(source: HistorySource["read"], ending = new ManualEnding()) {
	const lines: string[] = [];
	const published: ReplayReport[] = [];
	const keep = (line: string) => {
		lines.push(line);
	};
	const log: RunLog = { ...QUIET, info: keep, error: keep, warning: keep, annotate: () => {}, end: () => {} };
	const outcome = await runReplay(
		INPUTS,
		{ policy: onDemandOnly(1), regions: REGIONS },
		{
			log,
			ending,
			redactor: new Redactor(),
			publishReplay: ({ report }) => published.push(report),
			database: { history: { read: source }, store: new SqliteStore("/missing.sqlite", 0) },
		},
	);
	return { outcome, lines, published };
}

it("ends at once if it is stopped while it reads", async () => {
	const ending = new ManualEnding();
	const { outcome, lines, published } = await replay(() => {
		ending.stopNow();
		return new Promise<History>(() => {});
	}, ending);
	expect({ outcome, lines, published }).toEqual({ outcome: { kind: "succeeded" }, lines: [], published: [] });
});

it("counts one request and one day in the singular", async () => {
	const { lines, published } = await replay(async () => history([[0, 60]]));
	expect(lines).toContain("Read 1 build request of the last 1 day.");
	expect(published).toMatchObject([{ requests: { replayed: 0, unmatched: 1 } }]);
});
