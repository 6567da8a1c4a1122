/** The command `policy`: prints the IAM permission policy that a configuration needs. */
import { loadConfig } from "./config/load.ts";
import { partitionOf } from "./config/roles.ts";
import { DiagnosticsError, diagnostic, InputError } from "./errors.ts";
import { assumedRoles } from "./iam/places.ts";
import { type PrintedPolicy, printPolicy } from "./iam/print.ts";
import type { PolicyArguments } from "./inputs/policy-command.ts";
import type { RunLog } from "./tick/ports.ts";

/** The policy's text, and its warnings in the log; null if the configuration is invalid, which the log then says. */
export function showPolicy(args: PolicyArguments, workspace: string, log: RunLog): string | null {
	try {
		const { text, notes } = policyOf(args, workspace, log);
		for (const note of notes) log.warning(note);
		return text;
	} catch (error) {
		if (!(error instanceof DiagnosticsError)) throw error;
		for (const problem of error.diagnostics) log.annotate("error", problem);
		log.end({ kind: "failed", message: `${error.verdict} No policy was printed.` });
		return null;
	}
}

/** @throws DiagnosticsError if the configuration is invalid or does not name the role */
function policyOf({ grantee, ...args }: PolicyArguments, workspace: string, log: RunLog): PrintedPolicy {
	const { policy, regions: inUse, warnings } = loadConfig(args.config, { workspace, regions: args.regions });
	for (const warning of warnings) log.annotate("warning", warning);
	const partition = ("role" in grantee ? grantee.role.split(":")[1] : args.partition) ?? partitionOf(inUse[0] ?? "");
	const regions = inUse.filter((region) => partitionOf(region) === partition);
	if (regions.length === 0) {
		throw new InputError([diagnostic(`No region in use is in the partition ${partition}: ${inUse.join(", ")}.`)]);
	}
	const roles = assumedRoles(policy, regions);
	if ("role" in grantee && !roles.includes(grantee.role)) {
		const known = roles.length === 0 ? "It names none." : `It names ${roles.join(", ")}.`;
		throw new InputError([diagnostic(`The configuration launches nothing with the role ${grantee.role}. ${known}`)]);
	}
	return printPolicy(policy, regions, { grantee, partition, format: args.format });
}
