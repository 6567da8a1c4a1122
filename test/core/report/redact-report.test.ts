import fc from "fast-check";
import { expect, it } from "vitest";
import { redactReport } from "../../../src/core/report/redact-report.ts";
import { Redactor } from "../../../src/core/report/redaction.ts";
import { hostileText, someReport } from "../../summary/arbitrary-report.ts";

/** Free text by its path: messages, and names that Buildbot and EC2 hold. All else is a code, an identifier, or a count. */
const FREE_TEXT = /\.message$|^pending\.builders\.\d+\.builder$|\.slaveset\.\d+$|^launches\.\d+\.name$|^lockedBy$/;

/** Every value that is no object, by its path; empty objects and lists too. */
function leavesOf(value: unknown, path = ""): readonly (readonly [string, unknown])[] {
	const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
	if (entries.length === 0) return [[path, value]];
	return entries.flatMap(([key, part]) => leavesOf(part, path === "" ? key : `${path}.${key}`));
}

/** Secrets that could be anything: words of the report itself, and hostile text. */
const secret = fc
	.oneof(
		fc.constantFrom("pending", "spot", "launch", "read", "us-east-1", "lifecycle", "on-demand", "1", "mozType", "null"),
		hostileText,
		fc.string({ minLength: 1, maxLength: 20 }),
	)
	// The mask itself can't be masked.
	.filter((text) => text !== "" && !text.includes("*"));

it("changes no code, count, key, or structure, and leaves no secret in free text, whatever the secret", () => {
	fc.assert(
		fc.property(someReport, secret, fc.nat(), (plain, hidden, seed) => {
			// A third of the texts hold the secret.
			let number = seed;
			const report: typeof plain = JSON.parse(JSON.stringify(plain), (_key, value) => {
				number += 1;
				return typeof value === "string" && number % 3 === 0 ? `${value}${hidden}${value}` : value;
			});
			const before = leavesOf(report);
			const after = new Map(leavesOf(redactReport(report, new Redactor([hidden]))));
			expect([...after.keys()]).toEqual(before.map(([path]) => path));
			for (const [path, value] of before) {
				if (typeof value !== "string" || !FREE_TEXT.test(path)) expect(after.get(path), path).toEqual(value);
				else if (hidden.length >= 4) expect(after.get(path), path).not.toContain(hidden);
				else expect(after.get(path), path).toEqual(value);
			}
		}),
	);
});
