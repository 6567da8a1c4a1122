/** The line of the command `policy`. */
import { ArgumentError, parseOptions } from "./arguments.ts";
import { listOf } from "./kinds.ts";
import { HELP, type Option, rows } from "./options.ts";

export interface PolicyArguments {
	/** Relative to the current folder. */
	readonly config: string;
	/** Whom the policy is for: the role that the run starts with, by its account, or one that the configuration names. */
	readonly grantee: { readonly account: string } | { readonly role: string };
	readonly format: PolicyFormat;
	/** Null: the one of the regions. */
	readonly partition: string | null;
	/** Null: the configuration decides. */
	readonly regions: readonly string[] | null;
}

const POLICY_FORMATS = ["json", "terraform", "cloudformation"] as const;
type PolicyFormat = (typeof POLICY_FORMATS)[number];

export const POLICY_OPTIONS: readonly Option[] = [
	{
		name: "config",
		short: "c",
		placeholder: "FILE",
		help: "configuration file (required)",
		documentation: "Configuration file. Required.",
	},
	{
		name: "account",
		placeholder: "ID",
		help: "AWS account of the role that the run starts with (required without --role)",
		documentation: "AWS account of the role that the run starts with. Required without `--role`.",
	},
	{
		name: "role",
		placeholder: "ARN",
		help: "print the policy of this role, which the configuration names in roles",
		documentation: "Print the policy of this role, which the configuration names in `roles`.",
	},
	{
		name: "format",
		placeholder: "FORMAT",
		help: "json, terraform, or cloudformation (default: json)",
		documentation: "`json`, `terraform`, or `cloudformation`. Default: json.",
	},
	{
		name: "partition",
		placeholder: "NAME",
		help: "AWS partition, such as aws-cn (default: the one of the regions)",
		documentation: "AWS partition, such as `aws-cn`. Default: the one of the regions.",
	},
	{
		name: "region",
		short: "r",
		placeholder: "REGION",
		repeatable: true,
		help: "AWS region to use; repeat it for several (default: every region with a priority above 0)",
		documentation: "AWS region to use; repeat it for several. Default: every region with a priority above 0.",
	},
	HELP,
];

export function policyHelp(): string {
	return `Usage: aws-watch-pending policy -c FILE --account ID [option ...]

Prints the IAM permission policy that the configuration needs, and no more. Contacts neither AWS
nor the database.

${rows(POLICY_OPTIONS)}

The policy goes to standard output, everything else to standard error.

Exit status:
  0  the policy was printed
  1  the configuration or an option is invalid
`;
}

/**
 * Null: the line asks for help.
 * @throws ArgumentError
 */
export function readPolicyArguments(args: readonly string[]): PolicyArguments | null {
	const { flag, texts } = parseOptions(args, POLICY_OPTIONS);
	if (flag("help")) return null;
	const [config] = texts("config");
	if (config === undefined) throw new ArgumentError("Missing option -c (--config)");
	const [given = "json"] = texts("format");
	const format = POLICY_FORMATS.find((known) => known === given);
	if (format === undefined) throw new ArgumentError(`Invalid option --format: it must be ${listOf(POLICY_FORMATS)}`);
	const [partition = null] = texts("partition");
	if (partition !== null && !/^aws(?:-[a-z]+)*$/.test(partition)) {
		throw new ArgumentError("Invalid option --partition: it must be a partition such as aws or aws-cn");
	}
	const regions = texts("region");
	return { config, grantee: granteeIn(texts), format, partition, regions: regions.length === 0 ? null : regions };
}

function granteeIn(texts: (name: string) => readonly string[]): PolicyArguments["grantee"] {
	const [account] = texts("account");
	const [role] = texts("role");
	if (role !== undefined) {
		if (account === undefined) return { role };
		throw new ArgumentError("Use either --account or --role, because a role's ARN contains its account");
	}
	if (account === undefined) throw new ArgumentError("Missing option --account");
	if (!/^\d{12}$/.test(account)) throw new ArgumentError("Invalid option --account: it must have 12 digits");
	return { account };
}
