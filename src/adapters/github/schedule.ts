/** The schedule that started this run. */
import { readFileSync } from "node:fs";
import { Cron } from "croner";
import { z } from "zod";

const eventSchema = z.object({ schedule: z.string() });

/**
 * The cron that started the run, from the payload that GitHub leaves for a `schedule` event; null: none did.
 * @throws where the payload cannot be read
 */
export function cronOfEvent(eventName: string | null, eventPath: string | null): string | null {
	if (eventName !== "schedule" || eventPath === null) return null;
	return eventSchema.parse(JSON.parse(readFileSync(eventPath, "utf8"))).schedule;
}

/**
 * Seconds from one run to the next as the cron had them just after a run that finished at `time`: the mean over three, so
 * that the pause of a night is not taken for a delay, and a night's pause does not hide a delay in the morning. GitHub
 * reads crons in UTC.
 * @param time seconds since 1970, UTC
 * @throws where the text is no cron, or one that comes no more
 */
export function intervalAfter(cron: string, time: number): number {
	const schedule = new Cron(cron, { timezone: "UTC", mode: "5-part" });
	const [last] = schedule.previousRuns(1, new Date((time + 1) * 1000));
	const third = schedule.nextRuns(3, new Date(time * 1000)).at(2);
	if (last === undefined || third === undefined) throw new RangeError(`the cron "${cron}" does not recur`);
	return Math.round((third.getTime() - last.getTime()) / 3000);
}
