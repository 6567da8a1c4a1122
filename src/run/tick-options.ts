import type { Config } from "../config/load.ts";
import type { Mode } from "../core/report/report.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { TickOptions } from "../tick/tick.ts";

/** What a tick sees of the inputs. Every field is named, so that no secret travels further than its adapter. */
export function tickOptions(
	mode: Mode,
	{ latestAmiPercentage, maxLaunches, maxHourlyCost, timeout }: Inputs,
	{ policy, regions }: Config,
): TickOptions {
	return { policy, regions, mode, latestAmiPercentage, maxLaunches, maxHourlyCost, timeout };
}
