/** The commands of the command line, in the order of the help. A line without a command runs one tick. */
export const COMMANDS = [
	{ name: "watch", purpose: "watch the database until stopped, and tick soon after a request arrives" },
	{ name: "check", purpose: "check a configuration; contacts neither the database nor AWS" },
	{ name: "replay", purpose: "simulate what other settings would have done for past builds" },
	{ name: "policy", purpose: "print the IAM permission policy that a configuration needs" },
] as const;

export type CommandName = (typeof COMMANDS)[number]["name"];
