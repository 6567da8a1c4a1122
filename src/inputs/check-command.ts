/** The line of the command `check`. */
import { type Arguments, inputsOf, parseOptions } from "./arguments.ts";
import { given } from "./given.ts";
import { HELP, type Option, optionsOf, rows } from "./options.ts";

export const CHECK_OPTIONS: readonly Option[] = [
	...optionsOf(["config", "region", "check-builders", "check-against", "summary"]),
	HELP,
];

export function checkHelp(): string {
	return `Usage: aws-watch-pending check -c FILE [option ...]

Checks the configuration and reports every error with its file, line, and column. Contacts neither
the database nor AWS, and needs no secrets file. With --check-against, it shows what differs from
another version of the configuration.

${rows(CHECK_OPTIONS)}

Errors and warnings go to standard error.

Exit status:
  0  the configuration is valid
  1  the configuration or an option is invalid
`;
}

/**
 * The arguments of a run in mode `check`.
 * @throws ArgumentError
 */
export function readCheckArguments(args: readonly string[]): Arguments {
	const options = parseOptions(args, CHECK_OPTIONS);
	const inputs = inputsOf(options);
	return {
		help: options.flag("help"),
		verbose: false,
		secretsFile: null,
		logFile: null,
		certificateFolder: null,
		reportFile: null,
		summaryFile: options.texts("summary")[0] ?? null,
		inputs: (name) => (name === "mode" ? given(["check"], "command check") : inputs(name)),
	};
}
