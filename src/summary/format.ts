/** How numbers, times, and codes are shown. */
import { inWords } from "../core/report/duration.ts";
import type { Mode, ReportedPool, ReportedReason } from "../core/report/report.ts";
import { escapeMarkdown } from "./escape.ts";

/** Codes of requests that have, or will soon have, a machine. */
const SERVED = ["launched", "covered-by-fresh", "covered-by-running"];
const FORMAT = new Intl.NumberFormat("en-US");

/** `1,234`. */
export function number(value: number): string {
	return FORMAT.format(value);
}

/** `1 instance`, `1,234 instances`. */
export function count(value: number, noun: string): string {
	return `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** US dollars per hour, with as many digits as EC2 states. */
export function price(usdPerHour: number | null): string {
	return usdPerHour === null ? "" : usdPerHour.toFixed(4);
}

/** How long ago, as of the report's own time; empty if unknown. */
export function waited(since: string | null, now: string): string {
	return since === null ? "" : inWords(Math.max(0, Date.parse(now) - Date.parse(since)) / 1000);
}

/** Workers of a jacuzzi named in a label. */
const MOST_WORKERS = 2;

/** The workers of a jacuzzi in few words: `w-1, w-2, and 398 more`. */
export function workers(slaveset: readonly string[]): string {
	const rest = slaveset.length - MOST_WORKERS;
	if (rest <= 1) return slaveset.join(", ");
	return `${slaveset.slice(0, MOST_WORKERS).join(", ")}, and ${number(rest)} more`;
}

/** The type, with the workers if it is a jacuzzi; not escaped. */
export function poolName({ mozType, slaveset }: Pick<ReportedPool, "mozType" | "slaveset">): string {
	return slaveset === null ? mozType : `${mozType} (${workers(slaveset)})`;
}

const REASON_WORDS: ReadonlyMap<string, string> = new Map([
	["covered-by-fresh", "covered by fresh instances"],
	["covered-by-running", "covered by running instances"],
	["cap-global", "over the type's limit"],
	["cap-region", "over a region's limit"],
	["cap-tick", "over max-launches"],
	["cap-cost", "over the cost ceiling"],
	["no-capacity", "without EC2 capacity"],
	["no-price", "too expensive"],
	["no-address", "without a free address"],
	["no-name", "without a free name"],
	["no-rules", "not allowed by the configuration"],
	["no-subnet", "without a subnet"],
	["template", "with an unusable launch template"],
	["died-young", "held back because new instances die"],
	["timeout", "out of time"],
	["error", "failed"],
	["pattern-timeout", "with a pattern that timed out"],
	["allocation-unknown", "with unknown workers"],
	["not-configured", "without configured workers"],
]);

/** A reason code as words that follow a number: `12 over max-launches`. */
export function reasonWords(code: string, mode: Mode): string {
	if (code === "launched" && mode === "dry-run") return "would be launched";
	return REASON_WORDS.get(code) ?? escapeMarkdown(code.replaceAll("-", " "));
}

/** Reasons added up by code: served requests first, then the rest in order of appearance. */
export function sumByCode(reasons: readonly ReportedReason[]): ReadonlyMap<string, number> {
	const sums = new Map<string, number>(SERVED.map((code) => [code, 0]));
	for (const { code, count } of reasons) sums.set(code, (sums.get(code) ?? 0) + count);
	return new Map([...sums].filter(([, sum]) => sum > 0));
}
