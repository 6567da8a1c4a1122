/** The word on a run that comes late. */
import { describeLateness, isLate } from "../core/report/previous-run.ts";
import type { Report } from "../core/report/report.ts";

/** Empty where the run came in time, or where that is not known. */
export function lateness({ previousRun }: Report): string {
	return previousRun !== null && isLate(previousRun) ? `⚠️ ${describeLateness(previousRun)}` : "";
}
