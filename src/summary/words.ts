/** Figures and codes in words. */
import type { Mode, ReportedReason } from "../core/report.ts";
import { escapeMarkdown } from "./escape.ts";

/** Codes of requests that have a machine, or will. */
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

/** US dollars an hour, to the digit to which EC2 states prices. */
export function price(usdPerHour: number | null): string {
	return usdPerHour === null ? "" : usdPerHour.toFixed(4);
}

/** Whole seconds as `40 s`, `34 min`, `2 h 05 min` or `3 d 4 h`. */
export function duration(seconds: number): string {
	const minutes = Math.floor(seconds / 60);
	const hours = Math.floor(minutes / 60);
	if (minutes < 1) return `${Math.max(0, seconds)} s`;
	if (hours < 1) return `${minutes} min`;
	if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
	return `${number(Math.floor(hours / 24))} d ${hours % 24} h`;
}

/** How long ago, seen from the report's own time; empty where it is not known. */
export function waited(since: string | null, now: string): string {
	return since === null ? "" : duration(Math.floor((Date.parse(now) - Date.parse(since)) / 1000));
}

/** A reason's code in words: `covered by fresh`. */
export function reasonWords(code: string, mode: Mode): string {
	if (code === "launched" && mode === "dry-run") return "would be launched";
	return escapeMarkdown(code.replaceAll("-", " "));
}

/** Reasons added up by code: what is served first, then the rest in the order in which they first come. */
export function sumByCode(reasons: readonly ReportedReason[]): ReadonlyMap<string, number> {
	const sums = new Map<string, number>(SERVED.map((code) => [code, 0]));
	for (const { code, count } of reasons) sums.set(code, (sums.get(code) ?? 0) + count);
	return new Map([...sums].filter(([, sum]) => sum > 0));
}
