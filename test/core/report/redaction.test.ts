import { describe, expect, it } from "vitest";
import { Redactor } from "../../../src/core/report/redaction.ts";

const redact = (text: string, ...secrets: readonly string[]) => new Redactor(secrets).redact(text);

it("replaces every occurrence of a secret", () => {
	expect(redact("a s3cret, and again s3cret", "s3cret")).toBe("a ***, and again ***");
});

it("masks secrets in any order", () => {
	expect(redact("first and second", "second", "first")).toBe("*** and ***");
});

it("masks a secret that contains another one as a whole", () => {
	expect(redact("s3cret-and-more", "s3cret", "s3cret-and-more")).toBe("***");
});

it("masks secrets that overlap as a whole", () => {
	expect(redact("a secret-token, b", "secret-t", "-token")).toBe("a ***, b");
});

it("masks a secret of any length", () => {
	const secret = "日本".repeat(50_000);
	expect(redact(`a ${secret} and ${encodeURIComponent(secret)}`, secret)).toBe("a *** and ***");
});

it("masks secrets that are added later", () => {
	const redactor = new Redactor(["s3cret"]);
	redactor.add("t0ken");
	expect(redactor.redact("s3cret t0ken")).toBe("*** ***");
});

it("leaves text alone if a secret has fewer than four characters", () => {
	expect(redact("1 of 11 in db", "1", "db", "of ")).toBe("1 of 11 in db");
	// Its encoded form is longer.
	expect(redact("%C3%BC", "ü")).toBe("%C3%BC");
	expect(redact("spot", "spot")).toBe("***");
});

describe("masks a secret", () => {
	const secret = 'p@ss/"wörd"&';
	it.each([
		["percent-encoded", encodeURIComponent(secret)],
		["in a JSON string", JSON.stringify({ password: secret })],
		["inside a JSON string", JSON.stringify(`to${secret}`)],
		["in HTML", "p@ss/&quot;wörd&quot;&amp;"],
		["in Base64", Buffer.from(secret).toString("base64")],
		["in Base64 after one byte", Buffer.from(`:${secret}`).toString("base64")],
		["in Base64 between others, as in HTTP's basic authentication", Buffer.from(`us:${secret}\n`).toString("base64")],
	])("%s", (_form, text) => {
		expect(redact(text, secret)).toContain("***");
		// All but the characters that a neighbor shares.
		expect(redact(text, secret).replace(/\W|password/g, "").length).toBeLessThan(7);
	});
});
