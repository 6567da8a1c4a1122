/** PEM: blocks of Base64 between lines that name their kind (RFC 7468). */

const BOUNDARY = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----$/;
/** Headers of an encrypted key, such as `Proc-Type: 4,ENCRYPTED` (RFC 1421). */
const HEADER = /^[A-Za-z][A-Za-z0-9-]*: /;

/**
 * Whether a text consists of whole PEM blocks. Comments may stand between them, and nothing that looks like markup.
 */
export function isPem(text: string): boolean {
	let open: string | null = null;
	let body = "";
	let blocks = 0;
	for (const line of text.split("\n").map((raw) => raw.trimEnd())) {
		const [, boundary, kind = ""] = BOUNDARY.exec(line) ?? [];
		if (boundary === "BEGIN" && open === null) {
			open = kind;
			body = "";
		} else if (boundary === "END" && open === kind && isBase64(body)) {
			open = null;
			blocks += 1;
		} else if (boundary !== undefined || (open === null && line.includes("<"))) return false;
		else if (open !== null && !HEADER.test(line)) body += line;
	}
	return open === null && blocks > 0;
}

function isBase64(text: string): boolean {
	return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}
