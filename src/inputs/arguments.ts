/** The arguments of the command line. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { given, type InputSource } from "./given.ts";
import { OPTIONS } from "./options.ts";
import { INPUTS } from "./table.ts";

export interface Arguments {
	readonly help: boolean;
	readonly verbose: boolean;
	/** Null: none was given. */
	readonly secretsFile: string | null;
	readonly logFile: string | null;
	readonly certificateFolder: string | null;
	/** All inputs but the database's URL, which is in the secrets file. */
	readonly inputs: InputSource;
}

/** An option that is unknown or missing, or lacks its value. */
export class ArgumentError extends Error {
	override readonly name = "ArgumentError";
}

/** @throws ArgumentError */
export function readArguments(args: readonly string[]): Arguments {
	const values = parse(args);
	const texts = (name: string) => [values[name] ?? []].flat().filter((value) => typeof value === "string");
	const flag = (name: string) => values[name] === true;
	return {
		help: flag("help"),
		verbose: flag("verbose"),
		secretsFile: texts("secrets")[0] ?? null,
		logFile: texts("logfile")[0] ?? null,
		certificateFolder: texts("cached-cert-dir")[0] ?? null,
		inputs: (input) => {
			const { option } = INPUTS[input];
			if (option === null) return given([], `input "${input}"`);
			const { name = input, flagFor } = option;
			const origin = `option --${name}`;
			if (flagFor === undefined) return given(texts(name), origin);
			return given(flag(name) ? [flagFor] : [], origin);
		},
	};
}

function parse(args: readonly string[]) {
	const options: ParseArgsOptionsConfig = Object.fromEntries(
		[...OPTIONS.original, ...OPTIONS.inputs].map(({ name, short, placeholder, repeatable = false }) => [
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
		// Further sentences are advice on arguments that begin with a dash.
		const [first = ""] = error.message.split(/\.\s|\n/);
		throw new ArgumentError(first.replace(/\.$/, ""));
	}
}
