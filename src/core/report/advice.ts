/** What to do about requests that are waiting. */
import type { ReasonCode } from "../launch/reasons.ts";

/** A sentence; empty if there is nothing to do or the code is unknown. */
export function adviceForReason(code: string): string {
	return BY_CODE.get(code) ?? "";
}

const RAISE = "Raise it if more instances should run.";

const ADVICE: Readonly<Record<ReasonCode, string>> = {
	launched: "",
	"covered-by-fresh": "",
	"covered-by-running": "",
	"cap-global": RAISE,
	"cap-region": RAISE,
	"cap-tick": "The next run launches more. To launch more at once, raise the input max-launches.",
	"cap-cost":
		"Raise max-hourly-cost, or the type's max_hourly_cost, if more may be spent. Give EC2 instance types without a price one in on_demand_price.",
	"no-capacity":
		"The next run tries again. If this recurs, add EC2 instance types to spot.rules, subnets in other zones, or an on-demand limit.",
	"no-price": "If this recurs, raise bid_price, add EC2 instance types to spot.rules, or set an on-demand limit.",
	"no-address": "Terminate idle instances, or add subnets to the type's file.",
	"no-name": "Terminate idle instances, or add names to the type's file.",
	"no-rules": "Give the type spot.rules and a spot limit in a region in use, or a global on-demand limit.",
	"no-subnet": "Check that the subnet is in this account and region.",
	template: "Correct the launch template, or launch_template in the type's file.",
	"died-young":
		"One instance is launched as a probe in each run until it survives. Fix the cause that EC2 gives, or the image and its user data.",
	"possibly-launched": "The next run counts what really runs. Nothing more is launched for this type until then.",
	timeout: "The next run continues. If this recurs, raise the input timeout.",
	error: "See the failure above.",
};
const BY_CODE: ReadonlyMap<string, string> = new Map(Object.entries(ADVICE));
