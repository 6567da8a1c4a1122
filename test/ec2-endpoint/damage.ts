/** Answers as networks, proxies, and faulty servers deliver them. */
import { answerDocument, errorDocument } from "./xml.ts";

/** How an answer is damaged. */
export type Damage =
	/** The connection breaks inside the body, after this fraction of it (default: 0.5). */
	| { readonly kind: "break-off"; readonly framing: "content-length" | "chunked"; readonly at?: number }
	/** The body ends after this fraction (default: 0.5) and `Content-Length` agrees, so that HTTP sees nothing wrong. */
	| { readonly kind: "cut-short"; readonly at?: number }
	/** The document has a closing tag that matches no opening tag. */
	| { readonly kind: "malformed" }
	/** The body is bytes that are not text. */
	| { readonly kind: "garbage" }
	| { readonly kind: "empty"; readonly status?: number }
	/** The root element of the answer without content, for example `<RunInstancesResponse/>`. */
	| { readonly kind: "bare-element" }
	/** The complete answer of another action, without results. */
	| { readonly kind: "other-action"; readonly action: string }
	/** A gateway's HTML page. */
	| { readonly kind: "page"; readonly status: 200 | 500 | 502 | 503 | 504 }
	/** A well-formed EC2 error document, whether or not the call takes effect. */
	| { readonly kind: "error-document"; readonly status: number; readonly code: string; readonly message?: string }
	| { readonly kind: "redirect"; readonly status: 301 | 302 | 307 | 308; readonly location: string }
	/** The right document under the wrong type. */
	| { readonly kind: "content-type"; readonly contentType: string }
	/** The answer without one element, for example `instancesSet`, or `return` of `CreateTags`. */
	| { readonly kind: "without"; readonly element: string }
	/** The answer with another content in every element of a name. */
	| { readonly kind: "with"; readonly element: string; readonly content: string }
	/** The answer with the items of its result set in reverse order. */
	| { readonly kind: "reversed" }
	/** The first page, with a next token that leads to the same page again. */
	| { readonly kind: "same-token" };

/** What goes over the wire. */
export interface Delivery {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Buffer;
	readonly framing: "content-length" | "chunked";
	/** Number of bytes of the body after which the connection breaks; null if it does not. */
	readonly breaksAfter: number | null;
}

/** The call and its undamaged answer. */
export interface Original {
	readonly action: string;
	readonly requestId: string;
	readonly status: number;
	readonly document: string;
}

export const SAME_TOKEN = "c2FtZS10b2tlbg==";

function delivery(status: number, body: string | Buffer, overrides: Partial<Delivery> = {}): Delivery {
	return {
		status,
		headers: { "content-type": "text/xml;charset=UTF-8" },
		body: Buffer.from(body),
		framing: "content-length",
		breaksAfter: null,
		...overrides,
	};
}

function page(status: number): string {
	return `<!DOCTYPE html><html><head><title>${status}</title></head><body><h1>${status}</h1><hr>gateway<br></body></html>`;
}

function length(body: Buffer, fraction = 0.5): number {
	return Math.floor(body.length * fraction);
}

/** Inserts a next token before the end of the root element, instead of the one that is there. */
function withSameToken(document: string): string {
	const bare = document.replace(/<nextToken>[^<]*<\/nextToken>/, "");
	const end = bare.lastIndexOf("</");
	return `${bare.slice(0, end)}<nextToken>${SAME_TOKEN}</nextToken>${bare.slice(end)}`;
}

/** Removes everything from the first opening to the last closing tag of the element. */
function without(document: string, element: string): string {
	const start = document.indexOf(`<${element}>`);
	const closing = `</${element}>`;
	const end = document.lastIndexOf(closing);
	return start === -1 ? document : document.slice(0, start) + document.slice(end + closing.length);
}

export function undamaged({ status, document }: Original): Delivery {
	return delivery(status, document);
}

export function damaged(damage: Damage, original: Original): Delivery {
	const { action, requestId, status, document } = original;
	const body = Buffer.from(document);
	switch (damage.kind) {
		case "break-off":
			return delivery(status, body, { framing: damage.framing, breaksAfter: length(body, damage.at) });
		case "cut-short":
			return delivery(status, body.subarray(0, length(body, damage.at)));
		case "malformed":
			return delivery(status, document.replace(/<\/(\w+)>$/, "</item></$1>"));
		case "garbage":
			return delivery(status, Buffer.from(Array.from({ length: 256 }, (_, index) => (index * 37 + 128) % 256)));
		case "empty":
			return delivery(damage.status ?? status, "");
		case "bare-element":
			return delivery(status, `<${action}Response/>`);
		case "other-action":
			return delivery(status, answerDocument(damage.action, requestId, {}));
		case "page":
			return delivery(damage.status, page(damage.status), { headers: { "content-type": "text/html" } });
		case "error-document":
			return delivery(damage.status, errorDocument(requestId, damage.code, damage.message ?? damage.code));
		case "redirect": {
			const headers = { "content-type": "text/html", location: damage.location };
			return delivery(damage.status, page(damage.status), { headers });
		}
		case "content-type":
			return delivery(status, body, { headers: { "content-type": damage.contentType } });
		case "without":
			return delivery(status, without(document, damage.element));
		case "with":
			return delivery(
				status,
				document.replaceAll(new RegExp(`<${damage.element}>[^<]*<`, "g"), `<${damage.element}>${damage.content}<`),
			);
		case "reversed":
			return delivery(status, reversed(document));
		case "same-token":
			return delivery(status, withSameToken(document));
	}
}

/** By name, one damage of every kind after which a caller can't know whether the call took effect. */
export function hidingDamages(action: string): Readonly<Record<string, Damage>> {
	const set = RESULT_SETS[action];
	return {
		"breaks off (content-length)": { kind: "break-off", framing: "content-length" },
		"breaks off (chunked)": { kind: "break-off", framing: "chunked" },
		"is cut short": { kind: "cut-short" },
		"is malformed": { kind: "malformed" },
		"is garbage": { kind: "garbage" },
		"is empty": { kind: "empty", status: 200 },
		"is empty with 503": { kind: "empty", status: 503 },
		"is a bare element": { kind: "bare-element" },
		"is of another action": { kind: "other-action", action: "DescribeVpcs" },
		"is a page with 200": { kind: "page", status: 200 },
		"is a page with 500": { kind: "page", status: 500 },
		"is a page with 502": { kind: "page", status: 502 },
		"is a page with 503": { kind: "page", status: 503 },
		"is a page with 504": { kind: "page", status: 504 },
		"is an unknown error with 500": { kind: "error-document", status: 500, code: "SomethingNew" },
		"is an unknown error with 503": { kind: "error-document", status: 503, code: "SomethingNew" },
		// The port of the discard protocol, on which nothing listens.
		"is a redirect with 302": { kind: "redirect", status: 302, location: "http://127.0.0.1:9/" },
		"is a redirect with 307": { kind: "redirect", status: 307, location: "http://127.0.0.1:9/" },
		...(set === undefined ? {} : { "lacks its result set": { kind: "without", element: set } }),
	};
}

/** The element that holds an action's results. */
export const RESULT_SETS: Readonly<Record<string, string>> = {
	CreateTags: "return",
	DescribeImages: "imagesSet",
	DescribeInstances: "reservationSet",
	DescribeLaunchTemplateVersions: "launchTemplateVersionSet",
	DescribeSpotInstanceRequests: "spotInstanceRequestSet",
	DescribeSpotPriceHistory: "spotPriceHistorySet",
	DescribeSubnets: "subnetSet",
	RunInstances: "instancesSet",
	TerminateInstances: "instancesSet",
};

/** Instances in an answer of `RunInstances`, in reverse order. */
function reversed(document: string): string {
	const items = /<item><instanceId>.*?<\/hypervisor>.*?<\/metadataOptions><\/item>/gs;
	const all = [...document.matchAll(items)]
		.map(([item]) => item)
		.reverse()
		.values();
	return document.replaceAll(items, () => all.next().value ?? "");
}
