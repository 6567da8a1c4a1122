/**
 * Processor time for planning and launching many pools at once, without EC2.
 * Usage: node scripts/bench-pools.ts <pools> <answer>
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LaunchRun } from "../src/core/launch/launch-run.ts";
import type { Outcome } from "../src/core/launch/outcome.ts";
import type { LaunchRequest } from "../src/core/launch/refusal.ts";
import { makePlan, type PlanInput } from "../src/core/plan/plan.ts";
import { instance, NOW, planInput, policy, region, spotRule, typeConfig } from "../test/core/facts.ts";

const REGIONS = ["us-east-1", "us-west-2"];

/** EC2's answer to every request. */
export const ANSWERS: Readonly<Record<string, (request: LaunchRequest) => Outcome>> = {
	"no capacity": () => ({
		launched: [],
		refusal: { kind: "no-capacity", code: "InsufficientInstanceCapacity", message: "none", suggestedZones: [] },
		namingFailures: [],
	}),
	"one instance each": ({ names }) => ({
		launched: [{ instanceId: "i-1", name: names?.[0] ?? null, virtualizationType: "hvm", rootDeviceType: "ebs" }],
		refusal: null,
		namingFailures: [],
	}),
};

/** Median seconds of processor time over three processes: a run plans and launches once per process, too. */
export function measurePools(pools: number, answer: string): number {
	const times = Array.from({ length: 3 }, () => {
		const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), String(pools), answer]);
		return Number(stdout);
	});
	return times.toSorted((a, b) => a - b)[1] ?? Number.NaN;
}

if (import.meta.main) {
	const [, , pools, name = ""] = process.argv;
	const answer = ANSWERS[name];
	if (answer === undefined) throw new Error(`"${name}" is not one of the answers ${Object.keys(ANSWERS).join(", ")}`);
	console.log(launchPools(Number(pools), answer));
}

/** Plans and launches pools with one pending request each: half of them one per type, half slavesets of one type. */
function launchPools(pools: number, answer: (request: LaunchRequest) => Outcome): number {
	const input = inputOf(pools);
	const start = process.cpuUsage();
	const launchRun = new LaunchRun(makePlan(input));
	const requests = [...launchRun.start()];
	for (const request of requests) requests.push(...launchRun.settle(request, answer(request)));
	launchRun.result();
	const { user, system } = process.cpuUsage(start);
	return (user + system) / 1e6;
}

function inputOf(pools: number): PlanInput {
	const types = Array.from({ length: pools / 2 }, (_, index) => `type-${index}`);
	const each = <T>(value: T) => Object.fromEntries(types.map((type) => [type, value]));
	const demand = types.flatMap((mozType, index) => [
		{ pool: { mozType, slaveset: null }, pending: 1, oldestSubmittedAt: NOW - index },
		{
			pool: { mozType: "type-0", slaveset: [`worker-${index}`] },
			pending: 1,
			oldestSubmittedAt: NOW - index,
		},
	]);
	const facts = REGIONS.map((name) =>
		region(name, {
			subnets: ["a", "b"].map((zone) => ({
				subnetId: `subnet-${name}${zone}`,
				availabilityZone: `${name}${zone}`,
				freeAddresses: pools,
			})),
			instances: types.map((mozType, index) =>
				instance({ region: name, mozType, name: `${name}-${index}`, loaned: true }),
			),
		}),
	);
	return planInput({
		demand,
		facts,
		maxLaunches: pools,
		maxHourlyCost: null,
		policy: policy({
			spotRules: each([spotRule()]),
			spotLimits: { global: {}, regions: Object.fromEntries(REGIONS.map((name) => [name, each(2 * pools)])) },
			onDemandLimits: { global: each(2 * pools), regions: {} },
			types: Object.fromEntries(types.map((type) => [type, typeConfig(type, REGIONS, "host-%d")])),
		}),
	});
}
