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

	constructor(secrets: Iterable<string> = []) {
		this.add(...secrets);
	}

	/** Masks further secrets from now on. */
	add(...secrets: readonly string[]): void {
		for (const form of secrets.filter(isMaskable).flatMap(formsOf)) this.#forms.add(form);
	}

	/** The text with `***` in place of each secret, and in place of secrets that overlap. */
	redact(text: string): string {
		// Searched one by one: a regular expression of them all has a greatest length, which a few certificates exceed.
		const found = [...this.#forms].flatMap((form) => occurrences(text, form)).toSorted((a, b) => a.start - b.start);
		let redacted = "";
		let end = 0;
		for (const secret of found) {
			if (secret.start >= end) redacted += text.slice(end, secret.start) + MASK;
			end = Math.max(end, secret.end);
		}
		return redacted + text.slice(end);
	}
}

/** Where a form of a secret stands in a text, as offsets of its first character and of the one after its last. */
function occurrences(text: string, form: string): readonly { readonly start: number; readonly end: number }[] {
	const found = [];
	for (let start = text.indexOf(form); start !== -1; start = text.indexOf(form, start + form.length)) {
		found.push({ start, end: start + form.length });
	}
	return found;
}

/** A secret as it is, percent-encoded, in a JSON string, in XML or HTML, and inside Base64. */
function formsOf(secret: string): readonly string[] {
	const forms = [
		secret,
		// A lone surrogate can't be encoded.
		encodeURIComponent(secret.toWellFormed()),
		JSON.stringify(secret).slice(1, -1),
		ENTITIES.reduce((text, [character, entity]) => text.replaceAll(character, entity), secret),
		...insideBase64(secret),
	];
	return forms.filter(isMaskable);
}

/** The ampersand comes first, since the other entities begin with one. */
const ENTITIES = [
	["&", "&amp;"],
	["<", "&lt;"],
	[">", "&gt;"],
	['"', "&quot;"],
	["'", "&#39;"],
] as const;

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
