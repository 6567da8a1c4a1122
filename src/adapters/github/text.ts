/** Text from outside, made safe for the runner's log. */
import { visible } from "../../core/report/visible.ts";

/** Visible lines that the runner does not take for a command: `::name::` at a line's start, `##[name]` anywhere. */
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
