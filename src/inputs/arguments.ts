/** The arguments of the command line. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { given, type InputSource } from "./given.ts";
import { OPTIONS, type Option } from "./options.ts";
import { INPUTS } from "./table.ts";

export interface Arguments {
	readonly help: boolean;
	readonly verbose: boolean;
	/** Null: none was given. */
	readonly secretsFile: string | null;
	readonly logFile: string | null;
	readonly certificateFolder: string | null;
	/** File for the JSON report. */
	readonly reportFile: string | null;
	/** File for the summary in Markdown. */
	readonly summaryFile: string | null;
	/** All inputs but the database's URL, which is in the secrets file. */
	readonly inputs: InputSource;
}

/** An option that is unknown or missing, or lacks its value. */
export class ArgumentError extends Error {
	override readonly name = "ArgumentError";
}

/** @throws ArgumentError */
export function readArguments(args: readonly string[]): Arguments {
	return readOptions(args, Object.values(OPTIONS).flat());
}

/**
 * The arguments of a line with these options.
 * @throws ArgumentError
 */
export function readOptions(args: readonly string[], known: readonly Option[]): Arguments {
	const options = parseOptions(args, known);
	const { flag, texts } = options;
	return {
		help: flag("help"),
		verbose: flag("verbose"),
		secretsFile: texts("secrets")[0] ?? null,
		logFile: texts("logfile")[0] ?? null,
		certificateFolder: texts("cached-cert-dir")[0] ?? null,
		reportFile: texts("report")[0] ?? null,
		summaryFile: texts("summary")[0] ?? null,
		inputs: inputsOf(options),
	};
}

/** The inputs that a line gives by its options. */
export function inputsOf({ flag, texts }: ParsedOptions): InputSource {
	return (input) => {
		const { option } = INPUTS[input];
		if (option === null) return given([], `input "${input}"`);
		const { name = input, flagFor } = option;
		const origin = `option --${name}`;
		if (flagFor === undefined) return given(texts(name), origin);
		return given(flag(name) ? [flagFor] : [], origin);
	};
}

/** The options of a line. */
export interface ParsedOptions {
	/** Whether a flag is given. */
	flag(name: string): boolean;
	/** Values of an option; empty if it is not given. */
	texts(name: string): readonly string[];
}

/** @throws ArgumentError */
export function parseOptions(args: readonly string[], known: readonly Option[]): ParsedOptions {
	const values = parse(args, known);
	return {
		flag: (name) => values[name] === true,
		texts: (name) => [values[name] ?? []].flat().filter((value) => typeof value === "string"),
	};
}

function parse(args: readonly string[], known: readonly Option[]) {
	const options: ParseArgsOptionsConfig = Object.fromEntries(
		known.map(({ name, short, placeholder, repeatable = false }) => [
			name,
			{
				type: placeholder === undefined ? "boolean" : "string",
				multiple: repeatable,
				...(short === undefined ? {} : { short }),
			},
		]),
	);
	try {
		return parseArgs({ args: [...args], options, allowPositionals: false }).values;
	} catch (error) {
		if (!(error instanceof TypeError)) throw error;
		const [, option] = /^Option '(-\S+)' argument is ambiguous/.exec(error.message) ?? [];
		if (option !== undefined) {
			const form = option.startsWith("--") ? `${option}=VALUE` : `${option}VALUE`;
			throw new ArgumentError(`Missing value after ${option}: write one that begins with a dash as ${form}`);
		}
		// Further sentences are advice on arguments that begin with a dash.
		const [first = ""] = error.message.split(/\.\s|\n/);
		throw new ArgumentError(first.replace(/\.$/, ""));
	}
}
