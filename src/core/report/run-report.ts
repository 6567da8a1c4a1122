/** The reports of a watch's ticks as one report of the run. */
import type {
	ApiCalls,
	Report,
	ReportedFailure,
	ReportedLaunch,
	ReportedRefusal,
	ReportedTick,
	ReportedWaits,
} from "./report.ts";

/** Entries of each list that are kept. A watch of weeks keeps its latest ones. */
const MAX_TICKS = 2_000;
const MAX_LAUNCHES = 10_000;
const MAX_REFUSALS = 1_000;
const MAX_FAILURES = 500;

/** Collects the ticks of a run. Its size is bounded, however long the run is. */
export class RunRecord {
	#first: Report | null = null;
	#last: Report | null = null;
	#hasReadAws = false;
	#apiCalls: ApiCalls = {};
	#lastPlanned: Report | null = null;
	#ticks: readonly ReportedTick[] = [];
	#launches: readonly ReportedLaunch[] = [];
	#refusals: readonly ReportedRefusal[] = [];
	readonly #failures = new Map<string, ReportedFailure>();
	/** How many requests waited for each number of seconds. */
	readonly #waits = new Map<number, number>();

	/** The report of the last tick; null: there was none. */
	get last(): Report | null {
		return this.#last;
	}

	/** Whether a tick read every region. */
	get hasReadAws(): boolean {
		return this.#hasReadAws;
	}

	/** @param waits seconds from each served request to the launch call */
	add(report: Report, waits: readonly number[]): void {
		this.#first ??= report;
		this.#last = report;
		if (report.heuristics !== null) this.#lastPlanned = report;
		this.#hasReadAws ||= report.heuristics !== null && !report.failures.some(({ stage }) => stage === "read");
		this.addUnfinished(report, waits);
		this.addFailures(report.failures);
	}

	/** A tick that could not read AWS any more: only what it launched counts. */
	addUnfinished(report: Report, waits: readonly number[]): void {
		this.#ticks = lastOf([...this.#ticks, tickOf(report)], MAX_TICKS);
		this.#launches = lastOf([...this.#launches, ...report.launches], MAX_LAUNCHES);
		this.#refusals = lastOf([...this.#refusals, ...report.refusals], MAX_REFUSALS);
		this.#apiCalls = sumOf(this.#apiCalls, report.apiCalls);
		for (const seconds of waits) this.#waits.set(seconds, (this.#waits.get(seconds) ?? 0) + 1);
	}

	/** Failures of the run, also between ticks. The same one is kept once. */
	addFailures(failures: readonly ReportedFailure[]): void {
		for (const failure of failures) {
			const key = keyOf(failure);
			// To the end of the list, so that the latest are kept.
			this.#failures.delete(key);
			this.#failures.set(key, failure);
			const [oldest] = this.#failures.keys();
			if (this.#failures.size > MAX_FAILURES && oldest !== undefined) this.#failures.delete(oldest);
		}
	}

	/**
	 * The report of the run. Demand, pools, and instances are those of the last tick that planned something; the rest
	 * covers the run.
	 * @param finishedAt ISO 8601
	 * @param standing failures that no later tick did without
	 * @throws RangeError if there was no tick
	 */
	report(finishedAt: string, standing: readonly ReportedFailure[]): Report {
		const last = this.#last;
		if (last === null) throw new RangeError("the run had no tick");
		const shown = this.#lastPlanned ?? last;
		const unhealed = new Set(standing.map(keyOf));
		const launches = this.#launches;
		return {
			...shown,
			startedAt: (this.#first ?? last).startedAt,
			finishedAt,
			lockedBy: last.lockedBy,
			lockedSince: last.lockedSince,
			previousRun: (this.#first ?? last).previousRun,
			launches,
			refusals: this.#refusals,
			failures: [...this.#failures].map(([key, failure]) => ({ ...failure, healed: !unhealed.has(key) })),
			apiCalls: this.#apiCalls,
			cost: costOf(launches),
			ticks: this.#ticks,
			waits: waitsOf(this.#waits),
		};
	}
}

function lastOf<T>(list: readonly T[], most: number): readonly T[] {
	return list.length > most ? list.slice(list.length - most) : list;
}

function sumOf(calls: ApiCalls, more: ApiCalls): ApiCalls {
	const sum = new Map(Object.entries(calls));
	for (const [region, byAction] of Object.entries(more)) {
		const before = sum.get(region) ?? {};
		const added = Object.entries(byAction).map(([action, count]) => [action, (before[action] ?? 0) + count] as const);
		sum.set(region, { ...before, ...Object.fromEntries(added) });
	}
	return Object.fromEntries(sum);
}

/** Two failures of the same kind at the same place are one, whatever their messages count. */
function keyOf({ stage, region, mozType, code }: ReportedFailure): string {
	return JSON.stringify([stage, region, mozType, code]);
}

function tickOf({ startedAt, pending, pools }: Report): ReportedTick {
	const sum = (key: "needed" | "launched" | "shortfall" | "possiblyLaunched") =>
		pools.reduce((total, pool) => total + pool[key], 0);
	return {
		startedAt,
		pending: pending.matched,
		needed: sum("needed"),
		launched: sum("launched"),
		shortfall: sum("shortfall"),
		possiblyLaunched: sum("possiblyLaunched"),
	};
}

/** @returns the sum of the prices, in EC2's precision, and the number of launches without one */
export function costOf(launches: readonly ReportedLaunch[]): Report["cost"] {
	const prices = launches.flatMap(({ spotPrice, onDemandPrice }) => spotPrice ?? onDemandPrice ?? []);
	return {
		usdPerHour: roundedUsd(prices.reduce((sum, price) => sum + price, 0)),
		unpriced: launches.length - prices.length,
	};
}

/** Rounds to EC2's precision of prices, since a sum of binary fractions ends in noise. */
export function roundedUsd(usd: number): number {
	return Math.round(usd * 10_000) / 10_000;
}

/** @param waits number of requests by seconds */
function waitsOf(waits: ReadonlyMap<number, number>): ReportedWaits | null {
	const ordered = [...waits].toSorted(([a], [b]) => a - b);
	const requests = ordered.reduce((sum, [, count]) => sum + count, 0);
	const longest = ordered.at(-1)?.[0];
	if (longest === undefined) return null;
	/** The nearest-rank method: the least wait that this share of the requests did not exceed. */
	const percentile = (share: number): number => {
		let left = Math.ceil(share * requests);
		for (const [seconds, count] of ordered) {
			left -= count;
			if (left <= 0) return seconds;
		}
		return longest;
	};
	return { requests, p50: percentile(0.5), p95: percentile(0.95), longest };
}
