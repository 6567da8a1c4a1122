/**
 * Reads a step's output as GitHub's runner does. The rules are those of `ActionCommand.cs` in actions/runner, with one
 * difference: the runner knows a fixed set of commands, but here any name is a command.
 */

export interface Command {
	readonly name: string;
	readonly properties: Readonly<Record<string, string>>;
	/** Decoded. */
	readonly data: string;
}

/** .NET's white space, which differs from JavaScript's. */
const LEADING_SPACE = /^[\p{Zs}\p{Zl}\p{Zp}\t-\r\u0085]+/u;

/** The commands and the other lines of an output. */
export function readCommands(output: string): {
	readonly commands: readonly Command[];
	readonly lines: readonly string[];
} {
	const commands: Command[] = [];
	const lines: string[] = [];
	for (const line of output.split(/\r\n|\r|\n/)) {
		const command = current(line) ?? legacy(line);
		if (command === null) lines.push(line);
		else commands.push(command);
	}
	return { commands, lines };
}

/** `::name key=value,key=value::data`, at the beginning of a line. */
function current(line: string): Command | null {
	const text = line.replace(LEADING_SPACE, "");
	const end = text.indexOf("::", 2);
	if (!text.startsWith("::") || end < 0) return null;
	const [name = "", ...rest] = text.slice(2, end).split(" ");
	const pairs = rest
		.join(" ")
		.trim()
		.split(",")
		.map((pair) => pair.split("="));
	return {
		name,
		properties: Object.fromEntries(pairs.flatMap(([key, value]) => (key && value ? [[key, decode(value)]] : []))),
		data: decode(text.slice(end + 2)),
	};
}

/** `##[name key=value;]data`, anywhere in a line. */
function legacy(line: string): Command | null {
	const begin = line.indexOf("##[");
	const end = line.indexOf("]", begin);
	if (begin < 0 || end < 0) return null;
	const [name = ""] = line.slice(begin + 3, end).split(" ");
	return { name: `##${name}`, properties: {}, data: line.slice(end + 1) };
}

function decode(text: string): string {
	return text
		.replaceAll("%0D", "\r")
		.replaceAll("%0A", "\n")
		.replaceAll("%3A", ":")
		.replaceAll("%2C", ",")
		.replaceAll("%25", "%");
}
