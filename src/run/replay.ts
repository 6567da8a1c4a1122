/** Replays the scheduler database's history: reads it, maps its builders as a tick does, simulates, and publishes. */
import { setImmediate } from "node:timers/promises";
import type { Database } from "../adapters/buildbot/open.ts";
import { timeLimit } from "../adapters/time-limit.ts";
import type { Config } from "../config/load.ts";
import type { Pool } from "../core/demand/pool.ts";
import type { PendingBuilder } from "../core/model/facts.ts";
import type { History } from "../core/model/history.ts";
import type { Policy } from "../core/model/policy.ts";
import type { Redactor } from "../core/report/redaction.ts";
import type { ReplayReport } from "../core/report/replay-report.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { Workload } from "../simulate/workload.ts";
import { attempt } from "../tick/attempt.ts";
import { findDemand } from "../tick/demand.ts";
import { counted } from "../tick/log-lines.ts";
import type { RunOutcome } from "../tick/ports.ts";
import { allocationsOf, clock, type Opened } from "./adapters.ts";

/** What the history comes to. */
type Read =
	| { readonly kind: "read"; readonly workload: Workload; readonly allocated: ReadonlySet<string> }
	| { readonly kind: "failed"; readonly message: string }
	| { readonly kind: "stopped" };

type ReplayInputs = Pick<Inputs, "maxLaunches" | "maxHourlyCost" | "replay">;

interface ReplayPorts extends Pick<Opened, "log" | "redactor" | "ending" | "publishReplay"> {
	readonly database: Pick<Database, "history" | "store">;
}

/** Changes nothing and does not contact AWS. */
export async function runReplay(
	inputs: ReplayInputs,
	config: Pick<Config, "policy" | "regions">,
	opened: ReplayPorts,
): Promise<RunOutcome> {
	const { log, redactor, publishReplay } = opened;
	const read = await readWorkload(inputs.replay.days, config.policy, opened);
	if (read.kind === "stopped") return { kind: "succeeded" };
	if (read.kind === "failed") {
		log.error(read.message);
		return { kind: "failed", message: "Nothing was replayed; see the error above." };
	}
	const report = await log.group("Replay", () => simulateAll(read, { inputs, config }, opened));
	// It was stopped.
	if (report === null) return { kind: "succeeded" };
	const { summarizeReplay } = await import("../summary/replay.ts");
	await log.group("Report", async () => {
		const redacted = redact(report, redactor);
		log.info(redacted.advice);
		publishReplay({ report: redacted, summary: summarizeReplay(redacted) });
	});
	return { kind: "succeeded" };
}

/** The history itself is dropped on return, since it takes far more memory than the workload. */
async function readWorkload(days: number, policy: Policy, { log, ending, database }: ReplayPorts): Promise<Read> {
	// A read changes nothing, so a signal ends it at once.
	const atOnce = { stop: ending.stop, end: ending.stop };
	const read = await log.group("History", () =>
		attempt({ stage: "pending", ending: atOnce }, () => database.history.read(days)),
	);
	if (ending.stop.aborted) return { kind: "stopped" };
	if (read.kind === "failed") return { kind: "failed", message: read.failure.message };
	const history = read.value;
	log.info(`Read ${counted(history.requests.length, "build request")} of the last ${counted(days, "day")}.`);
	const { mapped, allocated, failures } = await log.group("Map", () =>
		findDemand({
			pending: buildersOf(history),
			patterns: policy.builderMap,
			allocations: allocationsOf(policy, database, atOnce),
			...{ timeLimit, ending: atOnce, clock, log },
		}),
	);
	for (const { message } of failures) log.warning(`The replay leaves requests out. A tick would report: ${message}`);
	const pools = new Map(
		mapped.flatMap(({ builder, mozType, slaveset, skipReason }): (readonly [string, Pool])[] =>
			mozType === null || skipReason !== null ? [] : [[builder, { mozType, slaveset }]],
		),
	);
	const { workloadOf } = await import("../simulate/workload.ts");
	return { kind: "read", workload: workloadOf(history, (builder) => pools.get(builder) ?? null), allocated };
}

/** The builders of a history, with the number of their requests. */
function buildersOf({ requests }: History): readonly PendingBuilder[] {
	return [...Map.groupBy(requests, ({ builder }) => builder)].map(([builder, some]) => ({
		builder,
		count: some.length,
		oldestSubmittedAt: some.reduce(
			(oldest, { submittedAt }) => Math.min(oldest, submittedAt),
			Number.POSITIVE_INFINITY,
		),
	}));
}

/** Null: the run was stopped. Between two settings, signals are handled. */
async function simulateAll(
	{ workload, allocated }: Extract<Read, { kind: "read" }>,
	{ inputs, config }: { readonly inputs: ReplayInputs; readonly config: Pick<Config, "policy" | "regions"> },
	{ log, ending }: ReplayPorts,
): Promise<ReplayReport | null> {
	const { Replay } = await import("../simulate/replay.ts");
	const { maxLaunches, maxHourlyCost, replay } = inputs;
	const { policy, regions } = config;
	const rules = { policy, regions, allocated, maxLaunches, maxHourlyCost };
	const one = new Replay({ workload, rules, ...replay });
	const requests = workload.submittedAt.length;
	if (requests > 0) log.info(`Simulating ${one.settings.length} settings for ${counted(requests, "build request")}.`);
	const results = [];
	for (const setting of one.settings) {
		await setImmediate();
		if (ending.stop.aborted) return null;
		results.push(one.simulate(setting));
	}
	return one.report(results);
}

/** Instance types are the only texts of the report that a person chose. */
function redact(report: ReplayReport, redactor: Redactor): ReplayReport {
	const redacted = <T extends { readonly mozType: string }>(types: readonly T[]) =>
		types.map((type) => ({ ...type, mozType: redactor.redact(type.mozType) }));
	const { validation, settings } = report;
	return {
		...report,
		validation: validation === null ? null : { ...validation, types: redacted(validation.types) },
		settings: settings.map((setting) => ({ ...setting, types: redacted(setting.types) })),
	};
}
