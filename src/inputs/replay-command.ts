/** The line of the command `replay`. */
import { ArgumentError, type Arguments, parseOptions, readOptions } from "./arguments.ts";
import { given } from "./given.ts";
import { HELP, type Option, optionsOf, rows } from "./options.ts";

/** Options of its own. */
const OWN_OPTIONS: readonly Option[] = [
	{
		name: "db",
		placeholder: "URL",
		help: "history in an SQLite file, such as sqlite:///state.sqlite (required without -k)",
		documentation:
			"History in an SQLite file, such as `sqlite:///state.sqlite`. Required without `-k`, which is for the URL of a server, because every user of the machine can see an argument.",
	},
	...optionsOf(["days", "boot", "idle-stop"]),
];

/** Options of a tick that apply to a replay too. */
const SHARED_OPTIONS: readonly Option[] = optionsOf([
	...["secrets", "config", "region", "verbose", "logfile", "report", "summary"],
	...["database-tls", "database-ca", "database-auth", "max-launches", "max-hourly-cost", "watch-interval"],
]);

export const REPLAY_OPTIONS: readonly Option[] = [...OWN_OPTIONS, ...SHARED_OPTIONS, HELP];

export function replayHelp(): string {
	return `Usage: aws-watch-pending replay -k FILE -c FILE [option ...]
       aws-watch-pending replay --db sqlite:///FILE -c FILE [option ...]

Reads past build requests and builds from the scheduler database, and simulates what the
configuration, and others of its heuristics and of the times of ticks, would have done. Changes
nothing, contacts no AWS, and needs no AWS credentials.

${rows(OWN_OPTIONS)}

Options of a tick that apply:

${rows([...SHARED_OPTIONS, HELP])}

The summary goes to standard output, everything else to standard error.

Exit status:
  0    the history was replayed
  1    an option, the secrets file, or the configuration is invalid, or the history can't be read
  130  the replay was interrupted (SIGINT)
  143  the replay was stopped (SIGTERM)
`;
}

/** The arguments of a replay. */
export interface ReplayArguments extends Arguments {
	/** URL of an SQLite file; null: the secrets file has the URL. */
	readonly databaseUrl: string | null;
}

/** @throws ArgumentError */
export function readReplayArguments(args: readonly string[]): ReplayArguments {
	const read = readOptions(args, REPLAY_OPTIONS);
	const [databaseUrl = null] = parseOptions(args, REPLAY_OPTIONS).texts("db");
	if (databaseUrl !== null && read.secretsFile !== null) throw new ArgumentError("Use either --db or -k (--secrets)");
	if (databaseUrl !== null && !databaseUrl.startsWith("sqlite:")) {
		throw new ArgumentError(
			"Invalid option --db: it must be the URL of an SQLite file, because every user of the machine can see an argument. For a server, use -k (--secrets)",
		);
	}
	return {
		...read,
		databaseUrl,
		inputs: (name) => (name === "mode" ? given(["replay"], "command replay") : read.inputs(name)),
	};
}
