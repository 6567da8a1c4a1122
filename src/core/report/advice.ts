/** What to do about requests that wait. */
import type { ReasonCode } from "../launch/reasons.ts";

/** A sentence; empty where nothing is to be done, or where the code is not known. */
export function adviceForReason(code: string): string {
	return BY_CODE.get(code) ?? "";
}

const RAISE = "If more are meant to run, raise it.";

const ADVICE: Readonly<Record<ReasonCode, string>> = {
	launched: "",
	"covered-by-fresh": "",
	"covered-by-running": "",
	"cap-global": RAISE,
	"cap-region": RAISE,
	"cap-tick": "The next run goes on; to launch more at once, raise the input max-launches.",
	"no-capacity":
		"The next run asks again; if it recurs, add EC2 instance types to spot.rules, subnets in other zones, or an on-demand limit.",
	"no-price": "If it recurs, raise bid_price, add EC2 instance types to spot.rules, or give an on-demand limit.",
	"no-address": "Terminate what is idle, or add subnets to the type's file.",
	"no-name": "Terminate what is idle, or add names to the type's file.",
	"no-rules": "Give the type spot.rules and a spot limit of a region in use, or a global on-demand limit.",
	timeout: "The next run goes on; if it recurs, raise the input timeout.",
	error: "What failed is told beside this.",
};
const BY_CODE: ReadonlyMap<string, string> = new Map(Object.entries(ADVICE));
