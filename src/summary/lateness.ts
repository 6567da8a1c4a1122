/** The note on a late run. */
import { latenessWarning } from "../core/report/previous-run.ts";
import type { Report } from "../core/report/report.ts";

/** Empty if the run is on time, or if that is unknown. */
export function lateness({ previousRun }: Report): string {
	const warning = previousRun === null ? null : latenessWarning(previousRun);
	return warning === null ? "" : `⚠️ ${warning}`;
}
