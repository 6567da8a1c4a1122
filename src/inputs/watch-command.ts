/** The line of the command `watch`. */
import { type Arguments, readOptions } from "./arguments.ts";
import { OPTIONS, type Option, optionsOf, rows } from "./options.ts";

/** Options of its own, in addition to those of a tick. */
const OWN_OPTIONS: readonly Option[] = optionsOf(["watch-interval"]);

export const WATCH_OPTIONS: readonly Option[] = [...Object.values(OPTIONS).flat(), ...OWN_OPTIONS];

export function watchHelp(): string {
	return `Usage: aws-watch-pending watch -k FILE -c FILE [option ...]

Watches the scheduler database until it is stopped, and ticks soon after a request arrives, but at
most once a minute. Reads the configuration again when one of its files changes.

${rows(OWN_OPTIONS)}

All options of a tick apply; see "aws-watch-pending --help". --timeout limits each tick, and
--max-launches the launches of any 60 minutes.

Lines on standard error show each tick. The summary of the whole watch goes to standard output
when it ends.

Exit status:
  0    the watch ended because the AWS credentials expired
  1    an option, the secrets file, or the configuration is invalid, or the lock was lost
  130  the watch was interrupted (SIGINT)
  143  the watch was stopped (SIGTERM)
`;
}

/**
 * The arguments of a run that watches.
 * @throws ArgumentError
 */
export function readWatchArguments(args: readonly string[]): Arguments {
	return readOptions(args, WATCH_OPTIONS);
}
