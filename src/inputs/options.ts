/** The options of the command line, and its help: the original's options, and the action's inputs by their own names. */
import { COMMANDS } from "./commands.ts";
import { listOf } from "./kinds.ts";
import { type AnyInput, defaultText, INPUTS } from "./table.ts";

export interface Option {
	/** Without dashes. */
	readonly name: string;
	readonly short?: string | undefined;
	/** What the help calls its value; a flag has none. */
	readonly placeholder?: string | undefined;
	readonly repeatable?: true | undefined;
	/** A phrase with the allowed values and the default. */
	readonly help: string;
	/** Sentences in Markdown, for docs/command-line.md. */
	readonly documentation: string;
}

/** Every command has it. */
export const HELP: Option = { name: "help", short: "h", help: "show this help", documentation: "Show the help." };

/** Options that are not inputs of the action. */
const OWN_OPTIONS: readonly Option[] = [
	{
		name: "secrets",
		short: "k",
		placeholder: "FILE",
		help: 'JSON file with "db", the URL of the scheduler database (required)',
		documentation:
			"JSON file with the URL of the scheduler database, see [the secrets file](#the-secrets-file). Required.",
	},
	{ name: "verbose", short: "v", help: "show debug lines", documentation: "Show debug lines." },
	{
		name: "logfile",
		short: "l",
		placeholder: "FILE",
		help: "append all lines to this file, including debug lines",
		documentation:
			"Append all lines to this file, including debug lines, each with its time (UTC) and level. Rotate it with `logrotate`.",
	},
	{
		name: "cached-cert-dir",
		placeholder: "FOLDER",
		help: "folder of cached certificates (default: certs.cache_dir of the configuration)",
		documentation: "Folder of cached certificates. Default: `certs.cache_dir` of the configuration.",
	},
	{
		name: "report",
		placeholder: "FILE",
		help: "write the JSON report to this file",
		documentation: "Write the [JSON report](report.md) to this file. It replaces the report of an earlier run.",
	},
	{
		name: "summary",
		placeholder: "FILE",
		help: "write the summary to this file, as Markdown",
		documentation: "Write the summary to this file, as Markdown. It replaces the summary of an earlier run.",
	},
	HELP,
];

/** In the order of the original's help. */
const ORIGINAL = [
	"secrets",
	"config",
	"region",
	"dryrun",
	"verbose",
	"logfile",
	"cached-cert-dir",
	"latest-ami-percentage",
	"help",
];

/** Options of the commands `watch`, `check`, and `replay` alone. */
const OF_COMMANDS = ["watch-interval", "check-builders", "check-against", "days", "boot", "idle-stop"];

/** Results besides the summary on standard output. */
const OUTPUT = ["report", "summary"];

const ALL_OPTIONS = [...OWN_OPTIONS, ...Object.entries(INPUTS).flatMap(([name, input]) => optionOf(name, input))];

/** All options of a tick, in groups. */
export const OPTIONS = {
	original: optionsOf(ORIGINAL),
	output: optionsOf(OUTPUT),
	inputs: ALL_OPTIONS.filter(({ name }) => ![...ORIGINAL, ...OUTPUT, ...OF_COMMANDS].includes(name)),
};

/** Options of a tick by name, in the order given. */
export function optionsOf(names: readonly string[]): readonly Option[] {
	return names.flatMap((name) => ALL_OPTIONS.filter((option) => option.name === name));
}

/** The option of an input; none if the command line lacks it. */
function optionOf(input: string, { kind, option, description, details, ...rest }: AnyInput): readonly Option[] {
	if (option === null) return [];
	const { name = input, short, placeholder, repeatable, required = false, help } = option;
	if (placeholder === undefined || repeatable) {
		return [{ name, short, placeholder, repeatable, help, documentation: sentence(help) }];
	}
	const choices = kind.choices === null ? "" : `: ${listOf(kind.choices)}`;
	const fallback = required ? null : defaultText(rest);
	const notes = [...(required ? ["required"] : []), ...(fallback === null ? [] : [`default: ${fallback}`])];
	return [
		{
			name,
			short,
			placeholder,
			help: [`${help}${choices}`, ...notes.map((note) => `(${note})`)].join(" "),
			documentation: [description, ...(details === undefined ? [] : [details]), ...notes.map(sentence)].join(" "),
		},
	];
}

/** `abc` as `Abc.` */
function sentence(phrase: string): string {
	return `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;
}

/** Columns of a terminal. */
const HELP_WIDTH = 100;

export function helpText(): string {
	return `Usage: aws-watch-pending -k FILE -c FILE [-r REGION ...] [option ...]
       aws-watch-pending COMMAND [option ...]

Launches EC2 instances, spot first, for the pending build requests of a Buildbot master. Without a
command, it runs one tick; start it from cron or a systemd timer, or use "watch".

Commands; "aws-watch-pending COMMAND --help" describes each:

${table(COMMANDS.map(({ name, purpose }) => [`  ${name}`, purpose]))}

Options:

${rows(OPTIONS.original)}

Output:

${rows(OPTIONS.output)}

Inputs of the GitHub Action:

${rows(OPTIONS.inputs)}

AWS credentials come from a role of the machine, a profile, or the environment.
The summary goes to standard output, everything else to standard error.

Exit status:
  0    the tick succeeded, or another run holds the lock
  1    an option, the secrets file, or the configuration is invalid, or the tick failed (--fail-on)
  130  the run was interrupted (SIGINT)
  143  the run was stopped (SIGTERM)
`;
}

/** A line or more for each option. */
export function rows(options: readonly Option[]): string {
	return table(
		options.map(({ name, short, placeholder = "", help }) => [
			`  ${short === undefined ? "   " : `-${short},`} --${name} ${placeholder}`.trimEnd(),
			help,
		]),
	);
}

function table(lines: readonly (readonly [left: string, right: string])[]): string {
	const width = Math.max(...lines.map(([left]) => left.length)) + 2;
	return lines.map(([left, right]) => `${left.padEnd(width)}${wrap(right, HELP_WIDTH - width, width)}`).join("\n");
}

function wrap(text: string, width: number, indent: number): string {
	const lines = text.match(new RegExp(`\\S.{0,${width - 1}}(?=\\s|$)`, "g")) ?? [];
	return lines.join(`\n${" ".repeat(indent)}`);
}
