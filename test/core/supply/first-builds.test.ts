import { describe, expect, it } from "vitest";
import type { Instance, WorkerFacts } from "../../../src/core/model/facts.ts";
import { firstBuilds, namedMachines } from "../../../src/core/supply/first-builds.ts";
import { instance, NOW } from "../facts.ts";

const DELAY = 1200;

type Known = WorkerFacts["known"][number];

/** A machine launched some seconds ago. */
const machine = (name: string, age: number, overrides: Partial<Instance> = {}) =>
	instance({ name, launchedAt: NOW - age, ...overrides });
/** A worker whose first build started some seconds after the launch of its machine, for a request that had waited long. */
const built = (name: string, age: number, after: number): Known => ({
	name,
	isConnected: true,
	firstBuild: { startedAt: NOW - age + after, submittedAt: NOW - age - 600 },
});
const silent = (name: string): Known => ({ name, isConnected: false, firstBuild: null });

function measure(machines: readonly Instance[], known: readonly Known[], buildsSince = 0) {
	return firstBuilds({ machines: namedMachines(machines), workers: { known, buildsSince }, delay: DELAY, now: NOW });
}

describe("the time from launch to first build", () => {
	it("has the median and the slowest of the machines launched in the last day", () => {
		const ages = [7_200, 3_600, 80_000, 86_400] as const;
		const machines = ages.map((age, index) => machine(`w-${index}`, age));
		const afters = [240, 301, 480, 4_000];
		const known = ages.map((age, index) => built(`w-${index}`, age, afters[index] ?? 0));
		expect(measure(machines, known)).toEqual({ machines: 3, median: 301, slowest: 480, neverConnected: [] });
		// Of an even number, the mean of the two in the middle.
		expect(measure(machines.slice(0, 2), known)).toMatchObject({ machines: 2, median: 271, slowest: 301 });
	});

	it("leaves out a machine that may have been idle until its first request was submitted", () => {
		const startedAt = NOW - 600;
		const of = (submittedAt: number | null) =>
			measure([machine("w", 3_600)], [{ name: "w", isConnected: true, firstBuild: { startedAt, submittedAt } }]);
		expect(of(startedAt - 59)).toMatchObject({ machines: 0, median: null, slowest: null });
		// This request waited for the machine, and that one for longer than the machine existed.
		expect(of(startedAt - 60)).toMatchObject({ machines: 1 });
		expect(of(NOW - 3_600)).toMatchObject({ machines: 1 });
		const quick: Known = {
			name: "w",
			isConnected: true,
			firstBuild: { startedAt: NOW - 60, submittedAt: NOW - 90 },
		};
		expect(measure([machine("w", 90)], [quick])).toMatchObject({ machines: 1, slowest: 30 });
		expect(of(startedAt)).toMatchObject({ machines: 0 });
		// Younger than its build: nothing is known of it.
		expect(of(startedAt + 1)).toMatchObject({ machines: 1 });
		expect(of(null)).toMatchObject({ machines: 1 });
	});

	it("leaves out a build that starts in the future, which says nothing about the machine", () => {
		expect(measure([machine("w", 600)], [built("w", 600, 600)])).toMatchObject({ machines: 1, slowest: 600 });
		const ahead = measure([machine("w", 6_000)], [{ ...built("w", 6_000, 6_001), isConnected: false }]);
		expect(ahead).toEqual({ machines: 0, median: null, slowest: null, neverConnected: [] });
	});

	it("is unknown if no machine has the name of a worker", () => {
		expect(measure([machine("i-am-called.example.com", 7_200)], [])).toBeNull();
		expect(measure([], [silent("w")])).toBeNull();
	});

	it.each<[string, readonly Instance[]]>([
		["that this action did not launch", [machine("w", 7_200, { ours: false })]],
		["that is loaned to a person", [machine("w", 7_200, { loaned: true })]],
		["that is not ready", [machine("w", 7_200, { mozState: "broken" })]],
		["that is stopped", [machine("w", 7_200, { state: "stopped" })]],
		["that shares its name with another", [machine("w", 7_200), machine("w", 60)]],
		["whose name is empty", [machine("", 7_200)]],
		["without a name", [instance({ name: null })]],
		["without a type", [machine("w", 7_200, { mozType: null })]],
	])("leaves out a machine %s", (_which, machines) => {
		expect(namedMachines(machines)).toEqual([]);
		expect(measure(machines, [silent("w")])).toBeNull();
	});
});

describe("machines that never connected", () => {
	const never = (machines: readonly Instance[], known: readonly Known[], buildsSince = 0) =>
		measure(machines, known, buildsSince)?.neverConnected;

	it("are those that were launched longer ago than twice the slowest took", () => {
		const fast = [machine("fast", 7_200), built("fast", 7_200, 300)] as const;
		const others = [601, 600].map((age) => machine(`after ${age}`, age));
		const workers = [fast[1], silent("after 601"), silent("after 600")];
		expect(never([fast[0], ...others], workers)).toMatchObject([{ count: 1, launchedAt: NOW - 601 }]);
	});

	it("don't include a fresh one of a type that has not built yet, however fast another type is", () => {
		const known = [built("fast", 7_200, 300), silent("slow")];
		const of = (age: number) => never([machine("fast", 7_200), machine("slow", age, { mozType: "tst" })], known);
		expect(of(DELAY)).toEqual([]);
		expect(of(DELAY + 1)).toMatchObject([{ mozType: "tst", count: 1 }]);
		// The slowest of all types counts, too.
		const slow = [built("fast", 7_200, 900), silent("slow")];
		expect(never([machine("fast", 7_200), machine("slow", 1_800, { mozType: "tst" })], slow)).toEqual([]);
	});

	it("are those that were launched longer ago than twice the fresh-instance delay if none has built yet", () => {
		const machines = [machine("a", 2 * DELAY + 1), machine("b", 2 * DELAY)];
		expect(never(machines, [silent("a"), silent("b")])).toMatchObject([{ count: 1 }]);
	});

	it("are grouped by image, zone, and EC2 instance type", () => {
		const place = { availabilityZone: "us-west-2b", instanceType: "m5.large", imageId: "ami-2" };
		const machines = [machine("a", 9_000), machine("b", 8_000, place), machine("c", 7_000), machine("d", 9_500, place)];
		expect(never(machines, ["a", "b", "c", "d"].map(silent))).toEqual([
			{
				...{ mozType: "bld", region: "us-west-2", availabilityZone: "us-west-2a", instanceType: "c6i.xlarge" },
				...{ imageId: "ami-1", count: 2, launchedAt: NOW - 7_000 },
			},
			{ mozType: "bld", region: "us-west-2", ...place, count: 2, launchedAt: NOW - 8_000 },
		]);
	});

	it.each<[string, Known]>([
		["that is connected", { ...silent("w"), isConnected: true }],
		["of which it is unknown whether it is connected", { ...silent("w"), isConnected: null }],
		["that built before it lost its connection", { ...built("w", 90_000, 300), isConnected: false }],
	])("don't include one %s", (_which, worker) => {
		expect(never([machine("w", 90_000)], [worker])).toEqual([]);
	});

	it("don't include one whose builds were not all read", () => {
		expect(never([machine("w", 9_000)], [silent("w")], NOW - 9_000)).toHaveLength(1);
		expect(never([machine("w", 9_000)], [silent("w")], NOW - 8_999)).toEqual([]);
	});
});

it("the slowest machine and the median do not depend on the order of machines", () => {
	const machines = [3, 1, 2].map((number) => machine(`w-${number}`, 3_600));
	const known = [3, 1, 2].map((number) => built(`w-${number}`, 3_600, 100 * number));
	expect(measure(machines, known)).toMatchObject({ machines: 3, median: 200, slowest: 300 });
});

it("machines that never connected are grouped in a fixed order", () => {
	const machines = ["b", "a"].map((zone) => machine(`w-${zone}`, 7_200, { availabilityZone: `us-west-2${zone}` }));
	const groups = measure(machines, [silent("w-a"), silent("w-b")])?.neverConnected;
	expect(groups?.map(({ availabilityZone }) => availabilityZone)).toEqual(["us-west-2a", "us-west-2b"]);
});
