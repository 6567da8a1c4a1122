/**
 * What an element can hold. An object is child elements, and a list is `<item>` elements, as EC2 writes them; null and
 * undefined omit the element.
 */
export type XmlValue = string | number | boolean | null | undefined | readonly XmlValue[] | Repeated | XmlChildren;

/** A list whose items have another name than `item`. */
class Repeated {
	readonly name: string;
	readonly values: readonly XmlValue[];

	constructor(name: string, values: readonly XmlValue[]) {
		this.name = name;
		this.values = values;
	}
}

export function repeated(name: string, values: readonly XmlValue[]): XmlValue {
	return new Repeated(name, values);
}

export interface XmlChildren {
	readonly [element: string]: XmlValue;
}

const namespace = "http://ec2.amazonaws.com/doc/2016-11-15/";
const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/";
const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

const entities: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&apos;",
	// A parser turns a bare carriage return into a line feed.
	"\r": "&#13;",
};

function escaped(text: string): string {
	return text.replace(/[&<>"'\r]/g, (character) => entities[character] ?? character);
}

function isList(value: readonly XmlValue[] | XmlChildren): value is readonly XmlValue[] {
	return Array.isArray(value);
}

function content(value: XmlValue): string {
	if (value === null || value === undefined) return "";
	if (typeof value !== "object") return escaped(String(value));
	if (value instanceof Repeated) return value.values.map((item) => element(value.name, item)).join("");
	if (isList(value)) return value.map((item) => element("item", item)).join("");
	return Object.entries(value)
		.map(([name, child]) => element(name, child))
		.join("");
}

function element(name: string, value: XmlValue): string {
	return value === null || value === undefined ? "" : `<${name}>${content(value)}</${name}>`;
}

/** The document that answers a successful call. */
export function answerDocument(action: string, requestId: string, body: XmlChildren): string {
	return `${declaration}<${action}Response xmlns="${namespace}">${content({ requestId, ...body })}</${action}Response>`;
}

/** The document that answers a refused call. */
export function errorDocument(requestId: string, code: string, message: string): string {
	const errors = { Error: { Code: code, Message: message } };
	return declaration + element("Response", { Errors: errors, RequestID: requestId });
}

/** The same for STS, which has its own envelopes. */
export function stsAnswerDocument(action: string, requestId: string, result: XmlChildren): string {
	const body = { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } };
	return `${declaration}<${action}Response xmlns="${stsNamespace}">${content(body)}</${action}Response>`;
}

export function stsErrorDocument(requestId: string, code: string, message: string): string {
	const body = { Error: { Type: "Sender", Code: code, Message: message }, RequestId: requestId };
	return `${declaration}<ErrorResponse xmlns="${stsNamespace}">${content(body)}</ErrorResponse>`;
}

/** Seconds since 1970 as EC2 writes a time. */
export function timestamp(seconds: number): string {
	return new Date(seconds * 1000).toISOString();
}

/** A `tagSet`. */
export function tagSet(tags: Readonly<Record<string, string>>): XmlValue {
	return Object.entries(tags).map(([key, value]) => ({ key, value }));
}
