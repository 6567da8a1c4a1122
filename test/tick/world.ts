/** Ports in memory, every one of which a test may override: one builder is pending, and EC2 grants every request. */
import { timeLimit } from "../../src/adapters/time-limit.ts";
import type { LaunchRequest } from "../../src/core/launch/refusal.ts";
import type { Fleet, Launcher, Log, TickPorts } from "../../src/tick/ports.ts";
import type { TickOptions } from "../../src/tick/tick.ts";
import { NOW, policy, region } from "../core/facts.ts";
import { NEVER } from "../harness/ending.ts";

export const REGION = "us-west-2";

export const OPTIONS: TickOptions = {
	policy: policy({ builderMap: [{ source: "linux", line: 1, regex: /linux/y, mozType: "bld" }] }),
	regions: [REGION],
	mode: "launch",
	latestAmiPercentage: 100,
	maxLaunches: 200,
	maxHourlyCost: null,
	timeout: 240,
};

/** Calls of the ports, in order. */
export class Journal {
	readonly calls: string[] = [];
	readonly lines: string[] = [];

	ports(overrides: Partial<TickPorts & { readonly fleet: Fleet; readonly launcher: Launcher }> = {}): TickPorts {
		const { fleet = this.#fleet, launcher = this.launcher, ...ports } = overrides;
		let elapsed = 0;
		return {
			pending: {
				read: async () => {
					this.calls.push("pending");
					const builders = [{ builder: "linux build", count: 3, oldestSubmittedAt: NOW - 60 }];
					return { builders, outsideAgeWindow: 0 };
				},
			},
			allocations: null,
			workers: null,
			lock: null,
			previousRun: null,
			cloud: async () => {
				this.calls.push("cloud");
				return { fleet, launcher, apiCalls: () => ({}) };
			},
			timeLimit,
			ending: NEVER,
			log: this.log,
			clock: {
				now: () => NOW,
				elapsed: () => {
					elapsed += 1;
					return elapsed;
				},
			},
			...ports,
		};
	}

	readonly launcher: Launcher = {
		launch: async ({ count, placement }: LaunchRequest) => {
			this.calls.push(`launch ${count} in ${placement.region}`);
			const launched = Array.from({ length: count }, (_, index) => ({
				instanceId: `i-${index}`,
				name: null,
				virtualizationType: "hvm",
				rootDeviceType: "ebs",
			}));
			return { launched, refusal: null, namingFailures: [] };
		},
		adopt: async () => [],
		finishNaming: async () => [],
		rehearse: async ({ placement }: LaunchRequest) => {
			this.calls.push(`rehearse ${placement.lifecycle} in ${placement.region}`);
			return null;
		},
	};

	readonly log: Log = {
		debug: () => {},
		info: (message) => this.lines.push(message),
		notice: (message) => this.lines.push(`notice: ${message}`),
		warning: (message) => this.lines.push(`warning: ${message}`),
		error: (message) => this.lines.push(`error: ${message}`),
		group: async (_title, body) => body(),
	};

	readonly #fleet: Fleet = {
		read: async (query) => {
			this.calls.push(`read ${query.region}`);
			return region(query.region);
		},
	};
}
