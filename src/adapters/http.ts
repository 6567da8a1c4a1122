/** Small texts over HTTP, each request bounded as a whole. */

export interface TextRequest {
	readonly url: string;
	/** Milliseconds until the whole body must be read. */
	readonly timeout: number;
	readonly maxBytes: number;
	readonly headers?: Readonly<Record<string, string>>;
	/** Gives up the request. */
	readonly signal: AbortSignal;
}

export interface TextResponse {
	readonly status: number;
	readonly contentType: string;
	readonly text: string;
}

/** The server answered, but with more than the maximum. */
export class TooLongError extends Error {
	override readonly name = "TooLongError";
}

/**
 * Gets a text. Redirects are errors.
 * @throws TooLongError as soon as the body exceeds the maximum
 * @throws Error of `fetch`, or a signal's reason
 */
export async function getText({ url, timeout, maxBytes, headers = {}, signal }: TextRequest): Promise<TextResponse> {
	const response = await fetch(url, {
		signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
		redirect: "error",
		headers,
	});
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	for await (const chunk of response.body ?? []) {
		bytes += chunk.byteLength;
		// Leaving the loop closes the connection.
		if (bytes > maxBytes) throw new TooLongError(`the response is longer than ${maxBytes} bytes`);
		chunks.push(chunk);
	}
	const contentType = response.headers.get("content-type") ?? "";
	return { status: response.status, contentType, text: Buffer.concat(chunks).toString() };
}
