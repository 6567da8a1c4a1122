/** Keeps secrets out of everything a run writes. The runner masks only its own log, and only as a last resort. */

/**
 * Characters. A shorter secret is not masked: it is guessed faster than it is read, and masking "1" or "db" would leave
 * no message readable.
 */
const SHORTEST = 4;
const MASK = "***";

/** Whether a secret is long enough to be masked. */
export function isMaskable(secret: string): boolean {
	return secret.length >= SHORTEST;
}

/** Replaces secrets in text, also in the encodings in which other systems repeat them. */
export class Redactor {
	readonly #forms = new Set<string>();
	/** Null: there is nothing to mask. */
	#pattern: RegExp | null = null;

	constructor(secrets: Iterable<string> = []) {
		this.add(...secrets);
	}

	/** Masks further secrets from now on. */
	add(...secrets: readonly string[]): void {
		const before = this.#forms.size;
		for (const form of secrets.filter(isMaskable).flatMap(formsOf)) this.#forms.add(form);
		if (this.#forms.size === before) return;
		// The longest first, so that no part of a secret is left because another one is contained in it.
		const longestFirst = [...this.#forms].toSorted((a, b) => b.length - a.length);
		this.#pattern = new RegExp(longestFirst.map((form) => escapeRegExp(form)).join("|"), "g");
	}

	/** The text with `***` in place of each secret. */
	redact(text: string): string {
		return this.#pattern === null ? text : text.replaceAll(this.#pattern, MASK);
	}
}

function escapeRegExp(text: string): string {
	return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** A secret as it is, percent-encoded, in a JSON string, in XML or HTML, and inside Base64. */
function formsOf(secret: string): readonly string[] {
	const forms = [
		secret,
		// A lone surrogate can't be encoded.
		encodeURIComponent(secret.toWellFormed()),
		JSON.stringify(secret).slice(1, -1),
		secret.replace(/[<>&"']/g, (character) => ENTITIES[character] ?? character),
		...insideBase64(secret),
	];
	return forms.filter(isMaskable);
}

const ENTITIES: Readonly<Record<string, string>> = {
	"<": "&lt;",
	">": "&gt;",
	"&": "&amp;",
	'"': "&quot;",
	"'": "&#39;",
};

/**
 * The characters that a secret has in Base64, whatever stands before and after it. Three bytes become four characters, so
 * there are three alignments; the characters that a neighbor shares are left out.
 */
function insideBase64(secret: string): readonly string[] {
	const bytes = Buffer.from(secret);
	return [0, 1, 2].map((before) => {
		const first = Math.ceil((before * 8) / 6);
		const end = Math.floor(((before + bytes.length) * 8) / 6);
		return Buffer.concat([Buffer.alloc(before), bytes])
			.toString("base64")
			.slice(first, end);
	});
}
