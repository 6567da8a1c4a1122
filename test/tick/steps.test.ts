import { expect, it } from "vitest";
import { timeLimit } from "../../src/adapters/time-limit.ts";
import { findDemand } from "../../src/tick/demand.ts";
import { readFacts } from "../../src/tick/facts.ts";
import { launch, simulateLaunch } from "../../src/tick/launch.ts";
import { readPending, takeLock } from "../../src/tick/pending.ts";
import { plan } from "../../src/tick/plan.ts";
import { NOW } from "../core/facts.ts";
import { Journal, OPTIONS } from "./world.ts";

/** Paths of the objects and lists in a value that can still be changed. */
function thawedIn(value: unknown, path = "value"): readonly string[] {
	if (typeof value !== "object" || value === null) return [];
	const own = Object.isFrozen(value) ? [] : [path];
	return [...own, ...Object.entries(value).flatMap(([key, part]) => thawedIn(part, `${path}.${key}`))];
}

it("every step returns a value that is frozen throughout", async () => {
	const journal = new Journal();
	const ports = journal.ports();
	const { policy, regions, latestAmiPercentage, maxLaunches, maxHourlyCost } = OPTIONS;
	const { ending, log, clock } = ports;
	const lock = await takeLock({ lock: null, timeout: 240, ending, log, clock });
	const pending = await readPending({ source: ports.pending, window: policy.pending, ending, log, clock });
	if (pending.kind === "failed") throw new Error(pending.failure.message);
	const patterns = policy.builderMap;
	const { builders } = pending;
	const demand = await findDemand({ pending: builders, patterns, allocations: null, timeLimit, ending, clock, log });
	const { fleet, launcher } = await ports.cloud();
	const facts = await readFacts({ fleet, policy, regions, mozTypes: ["bld"], ending, log });
	const decided = plan({ policy, latestAmiPercentage, maxLaunches, maxHourlyCost, now: NOW, demand, facts }, log);
	const simulated = await simulateLaunch({ plan: decided, launcher, log, deadline: NOW + 1 });
	const launched = await launch({ plan: decided, launcher, lock: null, ending, log, deadline: NOW + 1 });
	expect(launched.result.launches).toHaveLength(3);
	const steps = { lock, pending, demand, facts, decided, simulated, launched };
	expect(Object.entries(steps).flatMap(([name, step]) => thawedIn(step, name))).toEqual([]);
});
