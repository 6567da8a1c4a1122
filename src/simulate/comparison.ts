/** How far simulated waits are from real ones. */

import type { ReplayWaits } from "../core/report/replay-report.ts";

/** Share of the real wait by which a simulated one may differ. */
const TOLERANCE = 0.25;
/** Seconds that never count as a difference: Buildbot itself takes some to assign a request to an idle worker. */
const MOMENT = 30;

/** Whether the median or the 95th percentile differ by more than a quarter. */
export function differs(simulated: ReplayWaits, real: ReplayWaits): boolean {
	return difference(simulated.p50, real.p50) > TOLERANCE || difference(simulated.p95, real.p95) > TOLERANCE;
}

/** The larger a distance, the worse the fit. */
export function distance(simulated: ReplayWaits, real: ReplayWaits): number {
	return difference(simulated.p50, real.p50) + difference(simulated.p95, real.p95);
}

/** Share of the real wait. */
function difference(simulated: number | null, real: number | null): number {
	if (simulated === null || real === null) return Number.MAX_VALUE / 4;
	const seconds = Math.abs(simulated - real);
	return seconds <= MOMENT ? 0 : seconds / Math.max(real, 1);
}
