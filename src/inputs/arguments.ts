/** The command line: the original's options, and the action's inputs that it has no other name for. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import type { InputSource } from "./inputs.ts";
import type { Secrets } from "./secrets-file.ts";

interface Option {
	readonly type: "string" | "boolean";
	readonly short?: string;
	readonly multiple?: true;
	/** What its value is called in the help. */
	readonly value?: string;
	readonly help: string;
}

/** Those of the original, by its names. */
const ORIGINAL = {
	secrets: {
		type: "string",
		short: "k",
		value: "FILE",
		help: 'JSON with "db", the URL of the scheduler database (needed)',
	},
	config: {
		type: "string",
		short: "c",
		value: "FILE",
		help: "the configuration; the instance types' files lie beside it (needed)",
	},
	region: {
		type: "string",
		short: "r",
		multiple: true,
		value: "REGION",
		help: "an AWS region to use, once for each (the configuration's)",
	},
	dryrun: { type: "boolean", short: "n", help: "read and decide everything, launch nothing" },
	verbose: { type: "boolean", short: "v", help: "show debug lines too" },
	logfile: { type: "string", short: "l", value: "FILE", help: "append all lines to this file, debug lines too" },
	"cached-cert-dir": {
		type: "string",
		value: "FOLDER",
		help: "where certificates are kept (certs.cache_dir of the configuration)",
	},
	"latest-ami-percentage": {
		type: "string",
		value: "N",
		help: "percentage of new instances on the newest image of their type (100)",
	},
	help: { type: "boolean", short: "h", help: "show this" },
} as const satisfies Record<string, Option>;

/** The action's other inputs, by their names. */
const INPUTS = {
	"database-tls": { type: "string", value: "MODE", help: "auto, disabled, required or verify-full (auto)" },
	"database-ca": { type: "string", value: "FILE", help: "authorities of the database server's certificate, or rds" },
	"database-auth": { type: "string", value: "HOW", help: "password or rds-iam (password)" },
	"max-launches": { type: "string", value: "N", help: "the most instances that are launched (200)" },
	lock: { type: "string", value: "BOOLEAN", help: "whether a lock on the database is held (true)" },
	timeout: { type: "string", value: "SECONDS", help: "after which no launch is begun (240)" },
	"fail-on": { type: "string", value: "WHAT", help: "error, shortfall or never: what makes it exit 1 (error)" },
} as const satisfies Record<string, Option>;

const OPTIONS = { ...ORIGINAL, ...INPUTS } satisfies ParseArgsConfig["options"];

export const HELP = `Usage: aws-watch-pending -k FILE -c FILE [-r REGION ...] [option ...]

Launches EC2 instances, spot first, for the pending build requests of a Buildbot master: one tick,
for a cron to repeat.

${rows(ORIGINAL)}

As the inputs of the GitHub Action:

${rows(INPUTS)}

AWS credentials are those of AWS's own tools: a role of the machine, a profile, or the environment.
The summary is standard output, all else standard error. Exits 1 where the run fails, else 0.
`;

/** An option that is not known, or lacks its value. */
export class ArgumentError extends Error {
	override readonly name = "ArgumentError";
}

export type Arguments = ReturnType<typeof readArguments>;

/** @throws ArgumentError */
export function readArguments(given: readonly string[]) {
	try {
		return parseArgs({ args: [...given], options: OPTIONS, allowPositionals: false }).values;
	} catch (error) {
		if (!(error instanceof TypeError)) throw error;
		// Node's advice on arguments that begin with a dash follows in further sentences.
		const [first = ""] = error.message.split(/\.\s|\n/);
		throw new ArgumentError(first.replace(/\.$/, ""));
	}
}

/** The arguments and the file of secrets as the action's inputs. */
export function inputsOf(given: Arguments, secretsFile: string, secrets: Secrets): InputSource {
	const texts: Readonly<Record<string, unknown>> = {
		...given,
		"database-url": secrets.db,
		regions: given.region?.join(","),
		// Without a sound file there is no database, and nothing but the other arguments to check.
		mode: secrets.faults.length > 0 ? "check" : given.dryrun === true ? "dry-run" : "launch",
	};
	const names: Readonly<Record<string, string>> = { "database-url": `${secretsFile}: db`, regions: "--region" };
	const label = (name: string) => names[name] ?? `--${name}`;
	const value = (name: string) => String(texts[name] ?? "").trim();
	return { value, title: label, label };
}

function rows(options: Readonly<Record<string, Option>>): string {
	const left = Object.entries(options).map(([name, { short, value = "" }]) =>
		`  ${short === undefined ? "   " : `-${short},`} --${name} ${value}`.trimEnd(),
	);
	const width = Math.max(...left.map((text) => text.length)) + 2;
	return Object.values(options)
		.map(({ help }, index) => `${(left[index] ?? "").padEnd(width)}${help}`)
		.join("\n");
}
