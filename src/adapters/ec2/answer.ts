/** Which answers are EC2's own, read whole. Everything else says nothing about the call. */
import { type EC2Client, EC2ServiceException } from "@aws-sdk/client-ec2";
import { parseXML } from "@aws-sdk/xml-builder";
import { HttpRequest, HttpResponse } from "@smithy/core/protocols";
import { errorMessage } from "../../errors.ts";
import { codeOf, MAX_MESSAGE, UnreadAnswer } from "./errors.ts";
import { isKnownCode } from "./refusals.ts";

/** A page of 1,000 instances with 50 tags each has about 10 MB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Characters of an error code. The longest that EC2 documents has 58. */
const MAX_CODE = 100;

/** The element that holds the result of each action used here. Source: "Actions" in the EC2 API Reference. */
const RESULTS: ReadonlyMap<string, string> = new Map([
	["RunInstances", "instancesSet"],
	["CreateTags", "return"],
	["DescribeInstances", "reservationSet"],
	["DescribeSubnets", "subnetSet"],
	["DescribeImages", "imagesSet"],
	["DescribeSpotPriceHistory", "spotPriceHistorySet"],
	["DescribeSpotInstanceRequests", "spotInstanceRequestSet"],
	["DescribeLaunchTemplateVersions", "launchTemplateVersionSet"],
]);

/** What is noticed of calls on their way. */
export interface Observer {
	/** Called before a request is sent. */
	readonly onSend: (action: string) => void;
	/** Called with the only secret of the credentials that is sent, and so the only one that a server could repeat. */
	readonly onSessionToken: (token: string) => void;
	/** Called with EC2's time, in seconds since 1970, UTC. */
	readonly onDate: (date: number) => void;
}

/**
 * Lets the client's calls end in three ways: with EC2's result, with its refusal as an `EC2ServiceException`, or with an
 * `UnreadAnswer`. What fails before anything is sent, such as finding credentials, ends as it is.
 */
export function useOwnAnswersOnly(client: EC2Client, observer: Observer): void {
	client.middlewareStack.add(
		(next) => async (args) => {
			try {
				return await next(args);
			} catch (error) {
				if (error instanceof EC2ServiceException) error.message = error.message.slice(0, MAX_MESSAGE);
				if (error instanceof UnreadAnswer || error instanceof EC2ServiceException) throw error;
				// The network's errors, and the SDK's own while it reads an answer: these have a status, too.
				throw new UnreadAnswer(codeOf(error), errorMessage(error), { cause: error });
			}
		},
		// Around the SDK's parser.
		{ step: "deserialize", priority: "high", name: "classifyErrors" },
	);
	client.middlewareStack.add(
		(next, { commandName = "" }) =>
			async (args) => {
				const action = commandName.replace(/Command$/, "");
				observer.onSend(action);
				const token = HttpRequest.isInstance(args.request) ? args.request.headers["x-amz-security-token"] : undefined;
				if (token !== undefined) observer.onSessionToken(token);
				const { response } = await next(args);
				if (!HttpResponse.isInstance(response)) throw UnreadAnswer.document("no answer over HTTP");
				const body = await bodyOf(response.body);
				assertOwnAnswer(action, response.statusCode, body);
				const date = Date.parse(response.headers["date"] ?? "") / 1000;
				if (!Number.isNaN(date)) observer.onDate(date);
				return { response: Object.assign(response, { body }) };
			},
		// Between the SDK's parser and the socket.
		{ step: "deserialize", priority: "low", name: "requireOwnAnswer" },
	);
}

/** @throws Error of the network if the body breaks off */
async function bodyOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
	const chunks: Uint8Array[] = [];
	let bytes = 0;
	for await (const chunk of stream) {
		bytes += chunk.byteLength;
		if (bytes > MAX_BODY_BYTES) throw UnreadAnswer.document(`a body of more than ${MAX_BODY_BYTES} bytes`);
		chunks.push(chunk);
	}
	return Buffer.concat(chunks);
}

/**
 * Accepts the action's own response with its result, and an error document with a code.
 * @throws UnreadAnswer for anything else
 */
export function assertOwnAnswer(action: string, status: number, body: Uint8Array): void {
	const [root, content] = rootOf(status, body);
	if (status === 200 && root === `${action}Response` && hasResult(action, content)) return;
	if (status >= 400 && root === "Response") {
		const code = textAt(content, ["Errors", "Error", "Code"]);
		if (code !== null && code.length > MAX_CODE) throw unread(status, "an error code that is too long");
		// A 5xx with a code that EC2 does not document may be a proxy's, or a failure after the launch.
		if (code !== null && (status < 500 || isKnownCode(code))) return;
		if (code !== null) throw unread(status, `the undocumented error ${code}`);
	}
	throw unread(status, `the document <${root}>, which does not answer ${action}`);
}

function hasResult(action: string, content: unknown): boolean {
	const name = RESULTS.get(action);
	if (name === undefined) throw new RangeError(`no result is known of ${action}`);
	const result = childOf(content, name);
	if (action === "CreateTags") return result === "true";
	if (result === undefined) return false;
	// An empty set is `<reservationSet/>`. A launch always has at least one instance, and each has an id.
	const items = [childOf(result, "item") ?? []].flat();
	if (action !== "RunInstances") return true;
	return items.length > 0 && items.every((item) => textAt(item, ["instanceId"]) !== null);
}

function rootOf(status: number, body: Uint8Array): readonly [name: string, content: unknown] {
	if (body.byteLength === 0) throw unread(status, "an empty body");
	let text: string;
	let document: Record<string, unknown>;
	try {
		text = new TextDecoder("utf-8", { fatal: true }).decode(body);
		document = parseXML(text);
	} catch (error) {
		throw unread(status, "a body that is no whole XML document", error);
	}
	const [[name, content] = ["", undefined]] = Object.entries(document);
	// The parser ends with the root element and ignores what follows.
	if (!text.trimEnd().endsWith(`</${name}>`)) throw unread(status, "a body that does not end with its document");
	return [name, content];
}

function textAt(node: unknown, path: readonly string[]): string | null {
	const found = path.reduce(childOf, node);
	return typeof found === "string" && found !== "" ? found : null;
}

function childOf(node: unknown, name: string): unknown {
	if (typeof node !== "object" || node === null) return undefined;
	return Object.entries(node).find(([key]) => key === name)?.[1];
}

function unread(status: number, what: string, cause?: unknown): UnreadAnswer {
	// A gateway that gave up waiting did not end the call behind it.
	return UnreadAnswer.document(`HTTP ${status} with ${what}`, { cause });
}
