/** How text from files is shown in messages: short, quoted, on one line. */

const LONGEST_SHOWN = 80;

/** `text`, cut to a length that leaves a message readable. */
export function cut(text: string): string {
	const characters = [...text];
	return characters.length <= LONGEST_SHOWN ? text : `${characters.slice(0, LONGEST_SHOWN - 1).join("")}…`;
}

/** `text` cut, between double quotes, with control characters escaped. */
export function quote(text: string): string {
	return JSON.stringify(cut(text));
}

/** A key path as people write it: `spot.rules.bld-linux64[0].bid_price`, `buildermap["^Linux.*"]`. */
export function formatPath(path: readonly PropertyKey[]): string {
	let shown = "";
	for (const step of path) {
		if (typeof step === "number") {
			shown += `[${step}]`;
		} else {
			const key = String(step);
			if (!/^[\w-]+$/.test(key)) {
				shown += `[${quote(key)}]`;
			} else {
				shown += shown === "" ? cut(key) : `.${cut(key)}`;
			}
		}
	}
	return shown;
}

/** `a, b and c`; `none` where there is nothing. */
export function list(words: readonly string[]): string {
	if (words.length === 0) {
		return "none";
	}
	return words.length === 1 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.slice(-1).join("")}`;
}
