/** Makes foreign text safe for the runner's log. */
import { visible } from "../../core/report/visible.ts";

/** Escapes what the runner treats as a command: `::name::` at the start of a line, `##[name]` anywhere. */
export function safeForLog(text: string): string {
	return text
		.split("\n")
		.map((line) =>
			visible(line)
				.replace(/^(\s*)::/, "$1\\::")
				.replaceAll("##[", "##\\["),
		)
		.join("\n");
}
