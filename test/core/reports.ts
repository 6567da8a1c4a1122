/** Reports for tests, every part of which a test may override. */
import { makeReport, type TickResult } from "../../src/core/report/make-report.ts";
import type { Report, ReportedLaunch, ReportedPool } from "../../src/core/report/report.ts";
import { NOW } from "./facts.ts";

const ISO_NOW = new Date(NOW * 1000).toISOString();

/** What a tick came to that found nothing pending. */
export const NOTHING: TickResult = {
	mode: "launch",
	startedAt: NOW,
	finishedAt: NOW,
	regions: ["us-east-1", "us-west-2"],
	builders: [],
	outsideAgeWindow: 0,
	lockHolder: null,
	previousRun: null,
	instances: [],
	deaths: [],
	firstBuilds: null,
	planned: null,
	failures: [],
	apiCalls: {},
	timings: [],
};

/** The report of such a tick. */
export function report(overrides: Partial<Report> = {}): Report {
	return { ...makeReport(NOTHING), ...overrides };
}

export function reportedPool(overrides: Partial<ReportedPool> = {}): ReportedPool {
	return {
		mozType: "bld",
		slaveset: null,
		pending: 0,
		oldestSubmittedAt: ISO_NOW,
		running: { spot: 0, onDemand: 0 },
		fresh: { spot: 0, onDemand: 0 },
		needed: 0,
		launched: 0,
		shortfall: 0,
		possiblyLaunched: 0,
		reasons: [],
		phases: [],
		...overrides,
	};
}

export function reportedLaunch(overrides: Partial<ReportedLaunch> = {}): ReportedLaunch {
	return {
		mozType: "bld",
		slaveset: null,
		region: "us-west-2",
		role: null,
		availabilityZone: "us-west-2a",
		subnetId: "subnet-1",
		instanceType: "c6i.xlarge",
		lifecycle: "spot",
		imageId: "ami-1",
		maxPrice: 0.2,
		spotPrice: 0.06,
		onDemandPrice: null,
		instanceId: "i-0123456789abcdef0",
		name: null,
		virtualizationType: "hvm",
		rootDeviceType: "ebs",
		...overrides,
	};
}
