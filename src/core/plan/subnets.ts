/** The order in which a zone's subnets are used. */

import { compareText } from "../demand/pool.ts";
import type { Subnet } from "../model/facts.ts";

/** Subnets with the most free addresses first, ties by ID. */
export function orderSubnets(subnets: readonly Subnet[]): readonly Subnet[] {
	return subnets.toSorted((a, b) => b.freeAddresses - a.freeAddresses || compareText(a.subnetId, b.subnetId));
}
