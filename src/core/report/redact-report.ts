/** Which texts of the report may hold a secret by accident, and which are codes that a reader compares. */
import type { AppliedCap, PhaseResult } from "../launch/phase-result.ts";
import type { Redactor } from "./redaction.ts";
import type {
	Report,
	ReportedBuilder,
	ReportedDeaths,
	ReportedFailure,
	ReportedLaunch,
	ReportedPool,
	ReportedReason,
	ReportedRefusal,
	ReportedSkip,
} from "./report.ts";

type Rule<T> = (value: T) => T;
/** A rule for every key, so that a new key of the report must be given one. */
type Rules<T> = { readonly [Key in keyof T]-?: Rule<T[Key]> };

/**
 * The report without secrets. Messages and names from outside are redacted. Codes, identifiers of AWS and of the
 * configuration, times, and counts stay as they are, even if a secret is the same word. The summary must be rendered from
 * this report, because escaping would hide a secret from the search.
 */
export function redactReport(report: Report, redactor: Redactor): Report {
	const text: Rule<string> = (value) => redactor.redact(value);
	const name = orNull(text);
	const names = orNull(each(text));

	const reason = object<ReportedReason>({ code, message: text, count: code });
	const cap = object<AppliedCap>({ code, message: text, headroom: code, launched: code });
	const phase = object<PhaseResult>({
		lifecycle: code,
		count: code,
		fresh: code,
		old: code,
		needed: code,
		launched: code,
		caps: each(cap),
	});
	const builder = object<ReportedBuilder>({
		builder: text,
		count: code,
		mozType: code,
		slaveset: names,
		reason: code,
	});
	const pool = object<ReportedPool>({
		mozType: code,
		slaveset: names,
		pending: code,
		oldestSubmittedAt: code,
		running: code,
		fresh: code,
		needed: code,
		launched: code,
		shortfall: code,
		possiblyLaunched: code,
		reasons: each(reason),
		phases: each(phase),
	});
	const launch = object<ReportedLaunch>({
		mozType: code,
		slaveset: names,
		region: code,
		role: code,
		availabilityZone: code,
		subnetId: code,
		instanceType: code,
		lifecycle: code,
		imageId: code,
		maxPrice: code,
		spotPrice: code,
		onDemandPrice: code,
		instanceId: code,
		name,
		virtualizationType: code,
		rootDeviceType: code,
	});
	const refusal = object<ReportedRefusal>({
		mozType: code,
		region: code,
		availabilityZone: code,
		instanceType: code,
		lifecycle: code,
		wanted: code,
		code,
		message: text,
	});
	const death = object<ReportedDeaths>({
		mozType: code,
		region: code,
		availabilityZone: code,
		lifecycle: code,
		instanceType: code,
		imageId: code,
		code,
		message: text,
		count: code,
	});
	const failure = object<ReportedFailure>({
		stage: code,
		region: code,
		mozType: code,
		code,
		message: text,
		healed: code,
	});
	return object<Report>({
		version: code,
		mode: code,
		startedAt: code,
		finishedAt: code,
		lockedBy: name,
		lockedSince: code,
		previousRun: code,
		regions: code,
		pending: object({
			total: code,
			matched: code,
			unmatched: code,
			outsideAgeWindow: code,
			oldestSubmittedAt: code,
			builders: each(builder),
			reasons: each(reason),
		}),
		heuristics: code,
		pools: each(pool),
		instances: code,
		spotPools: code,
		spread: code,
		firstBuilds: code,
		launches: each(launch),
		refusals: each(refusal),
		exclusions: each(object<ReportedSkip>({ mozType: code, lifecycle: code, code, message: text })),
		deaths: each(death),
		failures: each(failure),
		apiCalls: code,
		timings: code,
		cost: code,
		ticks: code,
		waits: code,
	})(report);
}

function code<T>(value: T): T {
	return value;
}

function orNull<T>(rule: Rule<T>): Rule<T | null> {
	return (value) => (value === null ? null : rule(value));
}

function each<T>(rule: Rule<T>): Rule<readonly T[]> {
	return (values) => values.map(rule);
}

function object<T extends object>(rules: Rules<T>): Rule<T> {
	return (value) => {
		const result = { ...value };
		const apply = <Key extends keyof T>(key: Key) => {
			if (!(key in value)) return;
			result[key] = rules[key](value[key]);
		};
		for (const key in rules) apply(key);
		return result;
	};
}
