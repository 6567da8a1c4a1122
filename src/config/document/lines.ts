/** Converts offsets into a text to lines and columns. */

import { LineCounter } from "yaml";
import type { Location } from "./node.ts";

/** A function from offset to location. As in editors, a line ends at `\n`, `\r\n`, or a lone `\r`. */
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
