/** In which subnet a zone's instances start. */

import { compareText } from "../../../../../src/core/demand/pool.ts";
import type { Subnet } from "../../../../../src/core/model/facts.ts";

/** The subnets that a type may use, those with most free addresses first, ties by name. */
export function orderSubnets(subnets: readonly Subnet[], allowed: readonly string[]): readonly Subnet[] {
	return subnets
		.filter((subnet) => allowed.includes(subnet.subnetId))
		.toSorted((a, b) => b.freeAddresses - a.freeAddresses || compareText(a.subnetId, b.subnetId));
}
