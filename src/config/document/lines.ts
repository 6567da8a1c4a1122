/** Offsets into a text as lines and columns. */

import { LineCounter } from "yaml";
import type { Location } from "./node.ts";

/** A function from offset to location. A line ends at `\n`, at `\r\n` or at a lone `\r`, as in editors. */
export function locationsOf(text: string): (offset: number) => Location {
	const counter = new LineCounter();
	counter.addNewLine(0);
	for (const match of text.matchAll(/\r\n|\n|\r/g)) {
		counter.addNewLine(match.index + match[0].length);
	}
	return (offset) => {
		const { line, col } = counter.linePos(offset);
		return { line, column: col };
	};
}
