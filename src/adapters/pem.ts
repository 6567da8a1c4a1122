/** PEM: blocks of Base64 between lines that name their kind (RFC 7468). */

/** A whole block. An encrypted key has headers such as `Proc-Type: 4,ENCRYPTED` (RFC 1421). */
const BLOCK =
	/^-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n(?:[A-Za-z-]+: .*\r?\n)*([A-Za-z0-9+/=\s]+)-----END \1-----[ \t]*\r?$/gm;

/** Whether a text consists of whole PEM blocks. Comments may stand between them, but nothing that looks like markup. */
export function isPem(text: string): boolean {
	let blocks = 0;
	const rest = text.replace(BLOCK, (block, _kind, body: string) => {
		if (!isBase64(body.replace(/\s/g, ""))) return block;
		blocks += 1;
		return "";
	});
	return blocks > 0 && !/-----(BEGIN|END) |</.test(rest);
}

function isBase64(text: string): boolean {
	return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}
