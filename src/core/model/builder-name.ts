/** Builder names, which databases and files hold as bytes. */

// A byte order mark is part of a name.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/**
 * Decodes a name. One that can't be decoded has an unpaired surrogate, U+DC00 plus the byte, for each byte above 0x7F, as
 * in Python. No pattern matches it.
 */
export function decodeName(bytes: Uint8Array): string {
	try {
		return utf8.decode(bytes);
	} catch {
		return Array.from(bytes, (byte) => String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte)).join("");
	}
}

/** The name as text, with the bytes that can't be decoded as `\xef`. */
export function readableName(name: string): string {
	return name.replace(
		/(?<![\ud800-\udbff])[\udc80-\udcff]/g,
		(character) => `\\x${(character.charCodeAt(0) & 0xff).toString(16)}`,
	);
}
