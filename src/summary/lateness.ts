/** The note on a late run. */
import { describeLateness, isLate } from "../core/report/previous-run.ts";
import type { Report } from "../core/report/report.ts";

/** Empty if the run is on time, or if that is unknown. */
export function lateness({ previousRun }: Report): string {
	return previousRun !== null && isLate(previousRun) ? `⚠️ ${describeLateness(previousRun)}` : "";
}
