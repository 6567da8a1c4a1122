/** The third step: what EC2 knows, for every account of every region in use. */
import type { MachineFacts, RegionFacts } from "../core/model/facts.ts";
import type { Failure } from "../core/model/failure.ts";
import { deepFreeze } from "../core/model/freeze.ts";
import type { LaunchTemplate, MozType, Policy, Region } from "../core/model/policy.ts";
import { inWords } from "../core/report/duration.ts";
import {
	type AccountRegion,
	accountRegions,
	isAccountOf,
	knownMachines,
	type UnreadAccount,
} from "../core/supply/accounts.ts";
import { FleetError } from "../errors.ts";
import { attempt } from "./attempt.ts";
import { regionLine, unreadLine } from "./log-lines.ts";
import type { Ending, Fleet, FleetQuery, Log } from "./ports.ts";

export interface TickFacts {
	readonly regions: readonly RegionFacts[];
	/** Accounts that couldn't be read, or not completely. */
	readonly unread: readonly UnreadAccount[];
	/** The instances of both, as far as they are known. */
	readonly machines: readonly MachineFacts[];
	/** One for each of them. */
	readonly failures: readonly Failure[];
	/** Seconds to add to this machine's clock; 0 unless it differs from EC2's by more than {@link CLOCK_TOLERANCE}. */
	readonly clockOffset: number;
}

/** Seconds. A larger difference would distort what is fresh, what is young, and what is recent. */
const CLOCK_TOLERANCE = 60;

/** Reads all accounts concurrently. Nothing is launched in one that can't be read completely. */
export async function readFacts(args: {
	readonly fleet: Fleet;
	readonly policy: Policy;
	readonly regions: readonly Region[];
	/** Instance types in demand. */
	readonly mozTypes: readonly MozType[];
	readonly ending: Ending;
	readonly log: Log;
}): Promise<TickFacts> {
	const { fleet, policy, ending, log } = args;
	const mozTypes = [...new Set(args.mozTypes)];
	const answers = await Promise.all(
		accountRegions(policy, args.regions).map(async (account) => {
			const query = fleetQuery(policy, account, mozTypes);
			const read = await attempt({ stage: "read", region: account.region, ending }, () => fleet.read(query));
			if (read.kind === "done") {
				log.info(regionLine(read.value));
				return { regions: [read.value], unread: [], failures: [] };
			}
			const unread = { ...account, machines: read.error instanceof FleetError ? read.error.machines : null };
			log.info(unreadLine(unread, read.failure.code));
			return { regions: [], unread: [unread], failures: [read.failure] };
		}),
	);
	const regions = answers.flatMap((answer) => answer.regions);
	const unread = answers.flatMap((answer) => answer.unread);
	const machines = knownMachines(regions, unread);
	const clockOffset = offsetOf(machines);
	if (clockOffset !== 0) {
		const direction = clockOffset > 0 ? "behind" : "ahead of";
		log.warning(
			`The clock of this machine is ${inWords(Math.abs(clockOffset))} ${direction} EC2's. Using EC2's time for this run. Synchronize the machine's clock.`,
		);
	}
	return deepFreeze({
		...{ clockOffset, regions, unread, machines },
		failures: answers.flatMap(({ failures }) => failures),
	});
}

/** The median of the regions' offsets, so that no single answer decides. */
function offsetOf(machines: readonly MachineFacts[]): number {
	const offsets = machines.map(({ clockOffset = 0 }) => clockOffset).toSorted((a, b) => a - b);
	const median = offsets[Math.floor(offsets.length / 2)] ?? 0;
	return Math.abs(median) > CLOCK_TOLERANCE ? median : 0;
}

function fleetQuery(policy: Policy, account: AccountRegion, mozTypes: readonly MozType[]): FleetQuery {
	const { region } = account;
	const own = mozTypes.filter((mozType) => isAccountOf(policy, mozType, account));
	const rules = own
		.filter((mozType) => policy.spotLimits.regions[region]?.[mozType] !== undefined)
		.flatMap((mozType) => policy.spotRules[mozType] ?? []);
	const products = Map.groupBy(rules, ({ productDescription }) => productDescription);
	return {
		...account,
		mozTypes: own,
		subnetIds: [...new Set(own.flatMap((mozType) => policy.types[mozType]?.regions[region]?.subnetIds ?? []))],
		templates: [...new Map(own.flatMap((mozType) => templateOf(policy, mozType, region))).values()],
		spotProducts: [...products].map(([productDescription, some]) => ({
			productDescription,
			instanceTypes: [...new Set(some.map(({ instanceType }) => instanceType))],
		})),
	};
}

function templateOf(policy: Policy, mozType: MozType, region: Region): readonly (readonly [string, LaunchTemplate])[] {
	const template = policy.types[mozType]?.regions[region]?.launchTemplate ?? null;
	return template === null ? [] : [[`${template.idOrName} ${template.version}`, template]];
}
