/** A complete site on this machine: a checkout with a configuration, a Buildbot database, and an EC2 simulator. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadConfig } from "../../src/config/load.ts";
import type { Policy, Role } from "../../src/core/model/policy.ts";
import { roleOf } from "../../src/core/supply/accounts.ts";
import { Ec2Endpoint } from "../ec2-endpoint/endpoint.ts";
import { createWorld, type World } from "../ec2-endpoint/world.ts";
import { type ActionResult, type ActionRun, runAction } from "./action.ts";
import { BuildbotDatabase } from "./buildbot-database.ts";
import { documentedCalls } from "./documented-calls.ts";
import { runInProcess } from "./in-process.ts";

/** The example configuration that the project ships. */
const EXAMPLE = resolve(import.meta.dirname, "../../configs");
const ZONES = ["a", "b", "c"];

export class Site {
	readonly workspace: string;
	readonly database: BuildbotDatabase;
	readonly endpoint: Ec2Endpoint;
	readonly policy: Policy;
	#runs = 0;

	private constructor(workspace: string, endpoint: Ec2Endpoint, policy: Policy) {
		this.workspace = workspace;
		this.endpoint = endpoint;
		this.policy = policy;
		this.database = new BuildbotDatabase(join(workspace, "state.sqlite"));
	}

	/** @param configs a folder with `watch_pending.json` and its type files; default: the shipped example */
	static async start(configs: string = EXAMPLE, options: { readonly latency?: number } = {}): Promise<Site> {
		const workspace = mkdtempSync(join(tmpdir(), "aws-watch-pending-site-"));
		cpSync(configs, join(workspace, "configs"), { recursive: true });
		const { policy } = loadConfig("configs/watch_pending.json", { workspace, regions: null });
		return new Site(
			workspace,
			await Ec2Endpoint.start(worldOf(policy), { ...options, roles: worldsOf(policy) }),
			policy,
		);
	}

	/** The account that the action's credentials belong to. */
	get world(): World {
		return this.endpoint.world;
	}

	/** Runs the packaged action here, by default as a new workflow run each time. */
	run(inputs: Readonly<Record<string, string>> = {}, overrides: Partial<ActionRun> = {}): Promise<ActionResult> {
		return runAction(this.#next(inputs, overrides));
	}

	/** Runs the action's sources in this process, otherwise in the same way. */
	tick(inputs: Readonly<Record<string, string>> = {}, overrides: Partial<ActionRun> = {}): Promise<ActionResult> {
		return runInProcess(this.#next(inputs, overrides));
	}

	#next(inputs: ActionRun["inputs"], overrides: Partial<ActionRun>): ActionRun {
		this.#runs += 1;
		return {
			workspace: this.workspace,
			runId: String(this.#runs),
			...overrides,
			environment: { ...this.endpoint.environment, ...overrides.environment },
			inputs: { "database-url": "sqlite:///state.sqlite", ...inputs },
		};
	}

	/** @throws Error if the action made a call that docs/permissions.md does not list */
	async [Symbol.asyncDispose](): Promise<void> {
		this.database.close();
		await this.endpoint.close();
		rmSync(this.workspace, { recursive: true, force: true });
		const documented = documentedCalls();
		const undocumented = [...this.endpoint.journal.actions].filter((action) => !documented.has(action));
		if (undocumented.length > 0) throw new Error(`docs/permissions.md lacks the calls ${undocumented.join(", ")}`);
	}
}

/** The account of each role, by the role's ARN; roles of one account share a world. */
function worldsOf(policy: Policy): Readonly<Record<string, World>> {
	const roles = [...Object.values(policy.roles.regions), ...Object.values(policy.roles.types)];
	const byAccount = Map.groupBy(new Set(roles), (role) => role.split(":")[4] ?? "");
	return Object.fromEntries(
		[...byAccount].flatMap(([accountId, some]) => {
			const world = worldOf(policy, some, accountId);
			return some.map((role) => [role, world]);
		}),
	);
}

/**
 * An EC2 that contains everything a policy names for these roles: the subnets, spread over three zones, and spot prices
 * of about a third of the bids.
 */
export function worldOf(policy: Policy, roles: readonly Role[] = [null], accountId?: string): World {
	const types = Object.values(policy.types);
	const regions = [...new Set(types.flatMap((type) => Object.keys(type.regions)))];
	return createWorld({
		...(accountId === undefined ? {} : { accountId }),
		regions: Object.fromEntries(
			regions.map((region) => {
				const here = types.filter(({ mozType }) => roles.includes(roleOf(policy, mozType, region)));
				const subnetIds = [...new Set(here.flatMap((type) => type.regions[region]?.subnetIds ?? []))];
				const rules = Object.values(policy.spotRules).flat();
				return [
					region,
					{
						zones: ZONES.map((zone) => `${region}${zone}`),
						subnets: subnetIds.map((subnetId, index) => ({
							subnetId,
							availabilityZone: `${region}${ZONES[index % ZONES.length]}`,
							freeAddresses: 250,
						})),
						spotPrices: ZONES.flatMap((zone, index) =>
							rules.map(({ instanceType, bidPrice }) => ({
								instanceType,
								availabilityZone: `${region}${zone}`,
								price: Math.round(bidPrice * (0.3 + 0.05 * index) * 10_000) / 10_000,
							})),
						),
					},
				];
			}),
		),
	});
}
