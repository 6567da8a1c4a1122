/** How numbers, times, and codes are shown. */
import { inWords } from "../core/report/duration.ts";
import type { Mode, ReportedReason } from "../core/report/report.ts";
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

/** A reason code as words: `covered by fresh`. */
export function reasonWords(code: string, mode: Mode): string {
	if (code === "launched" && mode === "dry-run") return "would be launched";
	return escapeMarkdown(code.replaceAll("-", " "));
}

/** Reasons added up by code: served requests first, then the rest in order of appearance. */
export function sumByCode(reasons: readonly ReportedReason[]): ReadonlyMap<string, number> {
	const sums = new Map<string, number>(SERVED.map((code) => [code, 0]));
	for (const { code, count } of reasons) sums.set(code, (sums.get(code) ?? 0) + count);
	return new Map([...sums].filter(([, sum]) => sum > 0));
}
