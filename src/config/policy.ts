/** The data of the main file → a {@link Policy}, with every default. */
import type { z } from "zod";
import type {
	BuilderPattern,
	Graphite,
	Jacuzzi,
	Limits,
	Policy,
	Region,
	SpotRule,
	TypeConfig,
} from "../core/model/policy.ts";
import { isRegion } from "../core/plan/regions.ts";
import type { mainSchema } from "./schema.ts";

type MainData = z.infer<typeof mainSchema>;

export function policyOf(main: MainData, builderMap: readonly BuilderPattern[], types: readonly TypeConfig[]): Policy {
	return {
		typeTag: main.type_tag ?? "moz-type",
		builderMap,
		regionPriorities: main.region_priorities ?? {},
		spotRules: spotRulesOf(main.spot?.rules),
		spotLimits: limitsOf(main.spot?.limits),
		spotSpread: main.spot?.spread ?? {},
		onDemandLimits: limitsOf(main.ondemand?.limits),
		onDemandPrices: main.on_demand_price ?? {},
		maxHourlyCosts: main.max_hourly_cost ?? {},
		heuristics: heuristicsOf(main.heuristics),
		roles: rolesOf(main.roles),
		jacuzzi: jacuzziOf(main.jacuzzi),
		pending: { minAge: main.pending?.min_age ?? null, maxAge: main.pending?.max_age ?? null },
		graphite: graphiteOf(main),
		certs: main.certs === undefined ? null : { url: main.certs.url, cacheDir: main.certs.cache_dir },
		types: Object.fromEntries(types.map((type) => [type.mozType, type])),
	};
}

/** Regions with a priority above 0. */
export function usedRegions(policy: Policy): readonly Region[] {
	return Object.entries(policy.regionPriorities).flatMap(([region, priority]) => (priority > 0 ? [region] : []));
}

function spotRulesOf(rules: NonNullable<MainData["spot"]>["rules"] = {}): Policy["spotRules"] {
	const entries = Object.entries(rules).map(([mozType, list]) => [
		mozType,
		list.map(
			(rule): SpotRule => ({
				instanceType: rule.instance_type,
				performanceConstant: rule.performance_constant ?? 1,
				bidPrice: rule.bid_price,
				ignoredAzs: rule.ignored_azs ?? [],
				productDescription: rule.product_description ?? "Linux/UNIX",
			}),
		),
	]);
	return Object.fromEntries(entries);
}

function limitsOf(limits: Readonly<Record<string, Readonly<Record<string, number>>>> = {}): Limits {
	const { global = {}, ...regions } = limits;
	return { global, regions };
}

function heuristicsOf(heuristics: MainData["heuristics"]): Policy["heuristics"] {
	return {
		freshInstanceDelay: heuristics?.fresh_instance_delay ?? 1200,
		freshInstanceDelayJacuzzi: heuristics?.fresh_instance_delay_jacuzzi ?? 1200,
		oldDivisor: heuristics?.old_divisor ?? 10,
		scope: heuristics?.scope ?? "lifecycle",
	};
}

function rolesOf(roles: MainData["roles"] = {}): Policy["roles"] {
	const entries = Object.entries(roles);
	return {
		regions: Object.fromEntries(entries.filter(([key]) => isRegion(key))),
		types: Object.fromEntries(entries.filter(([key]) => !isRegion(key))),
	};
}

function jacuzziOf(jacuzzi: MainData["jacuzzi"]): Jacuzzi | null {
	if (jacuzzi?.url !== undefined) return { url: jacuzzi.url };
	if (jacuzzi?.buildbot !== undefined) return { buildbot: true };
	return jacuzzi?.builders === undefined ? null : { builders: jacuzzi.builders };
}

function graphiteOf(main: MainData): Graphite | null {
	const { graphite_host: host, graphite_port: port, graphite_prefix: prefix } = main;
	return host === undefined || port === undefined || prefix === undefined ? null : { host, port, prefix };
}
