/** The adapter against an EC2 endpoint over a socket, with time that passes only while a test waits for it. */

import { afterEach, beforeEach } from "vitest";
import type { ClientOptions } from "../../../src/adapters/ec2/client.ts";
import { type Cloud, openCloud } from "../../../src/adapters/ec2/open.ts";
import type { Outcome } from "../../../src/core/launch/outcome.ts";
import type { LaunchRequest } from "../../../src/core/launch/refusal.ts";
import type { Policy } from "../../../src/core/model/policy.ts";
import type { Certificates, Ending, FleetQuery } from "../../../src/tick/ports.ts";
import { placement, policy } from "../../core/facts.ts";
import { Ec2Endpoint, type Ec2EndpointOptions } from "../../ec2-endpoint/endpoint.ts";
import {
	createWorld,
	threeZoneRegions,
	type World,
	type WorldRegion,
	type WorldSpec,
} from "../../ec2-endpoint/world.ts";
import { NEVER } from "../../harness/ending.ts";
import { SteppedTimer } from "../../harness/stepped-timer.ts";

export const RUN = { id: "example/builds/1", step: "", url: "https://github.com/example/builds/actions/runs/1" };
const START = 1_700_000_000;

export const QUERY: FleetQuery = {
	region: "us-west-2",
	role: null,
	mozTypes: ["bld"],
	subnetIds: ["subnet-us-west-2a"],
	templates: [],
	spotProducts: [{ productDescription: "Linux/UNIX", instanceTypes: ["c6i.xlarge"] }],
};

export function launchRequest(overrides: Partial<LaunchRequest> = {}): LaunchRequest {
	return {
		pool: { mozType: "bld", slaveset: null },
		placement: placement(),
		count: 3,
		names: null,
		ordinal: 0,
		...overrides,
	};
}

export const names = (count: number) => Array.from({ length: count }, (_, index) => `bld-${index + 1}`);

/** One endpoint and its world, started anew for each test. */
export class TestCloud {
	timer = this.#newTimer();
	/** Seconds by which this machine's clock is ahead of EC2's. */
	skew = 0;
	readonly #clouds: Cloud[] = [];
	#world: World | null = null;
	#endpoint: Ec2Endpoint | null = null;
	readonly #environment = { ...process.env };

	get world(): World {
		if (this.#world === null) throw new Error("No test is running.");
		return this.#world;
	}

	get endpoint(): Ec2Endpoint {
		if (this.#endpoint === null) throw new Error("No test is running.");
		return this.#endpoint;
	}

	/** Time stands still while a call is in flight, as far as the endpoint knows. */
	#newTimer(): SteppedTimer {
		const turns = async (count: number) => {
			for (let turn = 0; turn < count; turn += 1) await new Promise((next) => setImmediate(next));
		};
		return new SteppedTimer(async () => {
			do await turns(5);
			while (this.#endpoint?.journal.calls().some(({ outcome }) => outcome === null));
		});
	}

	/** Replaces the endpoint. Its clock follows the timer. */
	async start(spec: Partial<WorldSpec> = {}, options: Ec2EndpointOptions = {}): Promise<void> {
		await this.stop();
		this.timer = this.#newTimer();
		this.skew = 0;
		const now = () => START + Math.floor(this.timer.now() / 1000);
		this.#world = createWorld({ regions: threeZoneRegions(["us-east-1", "us-west-2"]), now, ...spec });
		this.#endpoint = await Ec2Endpoint.start(this.#world, options);
		Object.assign(process.env, this.#endpoint.environment);
	}

	async stop(): Promise<void> {
		for (const cloud of this.#clouds.splice(0)) cloud.close();
		for (const name of Object.keys(this.#endpoint?.environment ?? {})) delete process.env[name];
		Object.assign(process.env, this.#environment);
		await this.#endpoint?.close();
		this.#endpoint = null;
	}

	now(): number {
		return this.world.now() + this.skew;
	}

	open(
		args: {
			readonly policy?: Partial<Policy>;
			readonly run?: { readonly id?: string; readonly step?: string };
			readonly certificates?: Certificates;
			readonly ending?: Ending;
			readonly client?: Partial<ClientOptions>;
		} = {},
	): Cloud {
		const cloud = openCloud({
			policy: policy(args.policy),
			run: { ...RUN, ...args.run },
			clock: { now: () => this.now(), elapsed: () => 0 },
			ending: args.ending ?? NEVER,
			proxies: null,
			certificates: args.certificates ?? null,
			client: { timer: this.timer, ...args.client },
		});
		this.#clouds.push(cloud);
		return cloud;
	}

	/** @param seconds from now to the deadline */
	launch(
		overrides: Partial<LaunchRequest> = {},
		seconds = 240,
		cloud: Cloud = this.open(),
		confirmLock = async () => {},
	): Promise<Outcome> {
		return this.timer.until(cloud.launcher.launch(launchRequest(overrides), this.now() + seconds, confirmLock));
	}

	read(query: Partial<FleetQuery> = {}, cloud: Cloud = this.open()) {
		return this.timer.until(cloud.fleet.read({ ...QUERY, ...query }));
	}

	region(): WorldRegion {
		const region = this.world.findRegion("us-west-2");
		if (region === undefined) throw new Error("The world has no us-west-2.");
		return region;
	}

	running(region = "us-west-2") {
		return this.world.instances(region);
	}

	calls(action: string) {
		return this.endpoint.journal.calls(action);
	}
}

/** Gives each test of a file an endpoint of its own. */
export function useCloud(spec: Partial<WorldSpec> = {}, options: Ec2EndpointOptions = {}): TestCloud {
	const cloud = new TestCloud();
	beforeEach(() => cloud.start(spec, options));
	afterEach(() => cloud.stop());
	return cloud;
}
