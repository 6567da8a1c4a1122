/** Shows text from files in messages: short, quoted, and on one line. */

const MAX_SHOWN = 80;

/** All of a URL, or of a text like `user:password@host`, that may be a credential: what precedes the last "@". */
const USER = /(\/\/|^[\w.%+~-]+(?=:(?!\/\/)))[^\s"']*@/g;
/** The query of a URL. */
const QUERY = /(\/\/[^\s"'?]*\?)[^\s"']+/g;

/** `text`, truncated so that a message stays readable, and without what may be a credential in a URL. */
export function cut(text: string): string {
	const shown = text.replace(QUERY, "$1***").replace(USER, (_match, start) => (start === "//" ? "//***@" : "***@"));
	const characters = [...shown];
	return characters.length <= MAX_SHOWN ? shown : `${characters.slice(0, MAX_SHOWN - 1).join("")}…`;
}

/** `text` as `cut` shows it, in double quotes, with control characters escaped. */
export function quote(text: string): string {
	return JSON.stringify(cut(text));
}

/** A key path as people write it: `spot.rules.bld-linux64[0].bid_price`, `buildermap['^Linux.*']`. */
export function formatPath(path: readonly PropertyKey[]): string {
	let shown = "";
	for (const step of path) {
		if (typeof step === "number") {
			shown += `[${step}]`;
		} else {
			const key = String(step);
			if (!/^[\w-]+$/.test(key)) {
				shown += `['${quote(key).slice(1, -1)}']`;
			} else {
				shown += shown === "" ? cut(key) : `.${cut(key)}`;
			}
		}
	}
	return shown;
}

/** A key path in double quotes. */
export function quotePath(path: readonly PropertyKey[]): string {
	return `"${formatPath(path)}"`;
}

/** `a, b, and c`. */
export function list(words: readonly string[]): string {
	return new Intl.ListFormat("en-US").format(words);
}
