/** Loads of build requests that are the same in each run. */
import { randomFrom } from "../../scripts/random.ts";

const DAY = 86_400;
/** Most requests that arrive together. */
const MAX_PUSH = 12;

/**
 * Times of a day's requests, in seconds since its start: pushes of 1 to 12 requests, most of them in the working hours.
 * @param scale multiplies the number of pushes
 */
export function dayOfRequests(seed: number, scale = 1): readonly number[] {
	const random = randomFrom(seed);
	const times: number[] = [];
	for (let second = 0; second < DAY; second += 1) {
		const hour = second / 3_600;
		const pushesPerHour = scale * (2 + 10 * Math.max(0, Math.sin(((hour - 6) / 14) * Math.PI)));
		if (random() >= pushesPerHour / 3_600) continue;
		times.push(...Array.from({ length: 1 + Math.floor(random() * MAX_PUSH) }, () => second));
	}
	return times;
}

/** The same for several days, which differ. */
export function daysOfRequests(days: number, seed: number, scale = 1): readonly number[] {
	return Array.from({ length: days }, (_, day) => dayOfRequests(seed + day, scale).map((at) => day * DAY + at)).flat();
}
