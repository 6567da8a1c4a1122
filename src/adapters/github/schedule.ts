/** The schedule that started this run. */
import { Cron } from "croner";
import { z } from "zod";
import { readTextFile } from "../../config/document/text-file.ts";

const eventSchema = z.object({ schedule: z.string() });

/**
 * The cron that started the run, from the payload of a `schedule` event; null: another event started it.
 * @throws if the payload can't be read
 */
export function cronOfEvent(eventName: string | null, eventPath: string | null): string | null {
	if (eventName !== "schedule" || eventPath === null) return null;
	const read = readTextFile(eventPath, { folder: null });
	if (read.kind === "unreadable") throw new Error(`${eventPath}: ${read.message}`);
	return eventSchema.parse(JSON.parse(read.text)).schedule;
}

/**
 * Seconds between scheduled runs after a run that finished at `time`: the mean of three intervals, so that a nightly
 * pause neither counts as a delay nor hides one in the morning. GitHub evaluates crons in UTC.
 * @param time seconds since 1970, UTC
 * @throws if the text is not a cron, or one that doesn't recur
 */
export function intervalAfter(cron: string, time: number): number {
	const schedule = new Cron(cron, { timezone: "UTC", mode: "5-part" });
	const [last] = schedule.previousRuns(1, new Date((time + 1) * 1000));
	const third = schedule.nextRuns(3, new Date(time * 1000)).at(2);
	if (last === undefined || third === undefined) throw new RangeError(`the cron "${cron}" does not recur`);
	return Math.round((third.getTime() - last.getTime()) / 3000);
}
