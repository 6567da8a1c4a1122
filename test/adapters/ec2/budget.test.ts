import { DescribeInstancesCommand, RunInstancesCommand } from "@aws-sdk/client-ec2";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Budget, TokenBucket } from "../../../src/adapters/ec2/budget.ts";
import { Ec2Clients } from "../../../src/adapters/ec2/client.ts";
import { Ec2Endpoint } from "../../ec2-endpoint/endpoint.ts";
import { createWorld, threeZoneRegions } from "../../ec2-endpoint/world.ts";
import { SteppedTimer } from "../../harness/stepped-timer.ts";

/** When each of `count` calls may be made, in milliseconds, if all come at once. */
async function turns(count: number, take: (budget: Budget) => Promise<void>): Promise<readonly number[]> {
	const timer = new SteppedTimer();
	const budget = new Budget(timer);
	const each = Array.from({ length: count }, async () => {
		await take(budget);
		return timer.now();
	});
	return timer.until(Promise.all(each));
}

describe("the budget of a region", () => {
	it("lets five launches go at once, then two a second", async () => {
		expect(await turns(8, (budget) => budget.take("RunInstances", 1))).toEqual([0, 0, 0, 0, 0, 500, 1000, 1500]);
	});

	it("lets a thousand instances be asked for at once, then two a second", async () => {
		expect(await turns(3, (budget) => budget.take("RunInstances", 500))).toEqual([0, 0, 250_000]);
	});

	it("lets a hundred namings go at once, then ten a second", async () => {
		expect((await turns(102, (budget) => budget.take("CreateTags", 0))).slice(98)).toEqual([0, 0, 100, 200]);
	});

	it("lets a hundred reads of a kind go at once, then twenty a second", async () => {
		expect((await turns(102, (budget) => budget.take("DescribeImages", 0))).slice(98)).toEqual([0, 0, 50, 100]);
	});

	it("keeps actions apart", async () => {
		const timer = new SteppedTimer();
		const budget = new Budget(timer);
		for (let call = 0; call < 5; call += 1) await budget.take("RunInstances", 1);
		await budget.take("CreateTags", 0);
		expect(timer.now()).toBe(0);
	});

	it("is empty where EC2 throttles, and fills half as fast", async () => {
		const timer = new SteppedTimer();
		const budget = new Budget(timer);
		budget.slowDown("RunInstances");
		await timer.until(budget.take("RunInstances", 1));
		expect(timer.now()).toBe(1000);
		for (let time = 0; time < 9; time += 1) budget.slowDown("RunInstances");
		await timer.until(budget.take("RunInstances", 1));
		// An eighth of two a second is the least.
		expect(timer.now()).toBe(1000 + 4000);
	});

	it("never lets more go in any span of time than the bucket holds and gets back in it", async () => {
		const steps = fc.array(fc.record({ count: fc.integer({ min: 1, max: 7 }), pause: fc.nat(4000) }), {
			maxLength: 20,
		});
		await fc.assert(
			fc.asyncProperty(steps, async (some) => {
				const timer = new SteppedTimer();
				const rate = { capacity: 10, perSecond: 2 };
				const bucket = new TokenBucket(rate, timer);
				const granted: { readonly at: number; readonly count: number }[] = [];
				const all: Promise<unknown>[] = [];
				for (const { count, pause } of some) {
					all.push(bucket.take(count).then(() => granted.push({ at: timer.now(), count })));
					await timer.until(timer.sleep(pause));
				}
				await timer.until(Promise.all(all));
				for (const [index, { at: from }] of granted.entries()) {
					let sum = 0;
					for (const { at, count } of granted.slice(index)) {
						sum += count;
						expect(sum).toBeLessThanOrEqual(rate.capacity + ((at - from) / 1000) * rate.perSecond + 1e-6);
					}
				}
			}),
			{ numRuns: 50 },
		);
	});
});

describe("calls over a socket", () => {
	it("wait for their turn, retries too, each region for itself", async () => {
		const world = createWorld({ regions: threeZoneRegions(["us-east-1", "us-west-2"]) });
		await using endpoint = await Ec2Endpoint.start(world);
		const before = { ...process.env };
		Object.assign(process.env, endpoint.environment);
		const timer = new SteppedTimer();
		const clients = new Ec2Clients("run", { timer });
		try {
			const launch = (region: string) =>
				clients.for({ region, role: null }).send(
					new RunInstancesCommand({
						ImageId: "ami-0123456789abcdef0",
						InstanceType: "c6i.xlarge",
						SubnetId: `subnet-${region}a`,
						MinCount: 1,
						MaxCount: 1,
					}),
				);
			await timer.until(Promise.all(Array.from({ length: 7 }, () => launch("us-east-1"))));
			expect(timer.now()).toBe(1000);
			await timer.until(launch("us-west-2"));
			await timer.until(
				clients.for({ region: "us-east-1", role: null }).send(new DescribeInstancesCommand({ MaxResults: 5 })),
			);
			expect(timer.now()).toBe(1000);
			endpoint.faults.add({ action: "RunInstances", times: 1, throttle: true });
			await timer.until(launch("us-west-2"));
			// The refused call, and its retry, which has waited for a token of the slowed bucket.
			expect(clients.calls()).toMatchObject({ "us-west-2": { RunInstances: 3 } });
			expect(timer.now()).toBe(2000);
		} finally {
			clients.close();
			for (const name of Object.keys(endpoint.environment)) delete process.env[name];
			Object.assign(process.env, before);
		}
	});
});
