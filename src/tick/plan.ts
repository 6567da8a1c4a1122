/** The fourth step: the decision. */
import { makePlan, type Plan, type PlanInput } from "../core/plan/plan.ts";
import type { TickDemand } from "./demand.ts";
import type { TickFacts } from "./facts.ts";
import { planDetails, planLines, planWarnings, reclaimLines } from "./log-lines.ts";
import type { Log } from "./ports.ts";

export interface PlanStep
	extends Pick<PlanInput, "policy" | "latestAmiPercentage" | "maxLaunches" | "maxHourlyCost" | "now"> {
	readonly demand: TickDemand;
	readonly facts: TickFacts;
}

/** Decides what to launch. */
export function plan(step: PlanStep, log: Log): Plan {
	const decided = makePlan(planInput(step));
	for (const line of [...planLines(decided), ...reclaimLines(decided)]) log.info(line);
	for (const warning of planWarnings(decided, step.facts.regions)) log.warning(warning);
	log.debug(planDetails(decided));
	return decided;
}

/** What the pure planner sees. Every field is named, so that no secret of the inputs can reach it. */
export function planInput({
	policy,
	latestAmiPercentage,
	maxLaunches,
	maxHourlyCost,
	now,
	demand,
	facts,
}: PlanStep): PlanInput {
	return {
		demand: demand.pools,
		policy,
		facts: facts.regions,
		unread: facts.unread,
		allocated: demand.allocated,
		connected: demand.connected,
		latestAmiPercentage,
		maxLaunches,
		maxHourlyCost,
		now,
	};
}
