import { expect, it } from "vitest";
import { withoutSecrets } from "../../../src/core/report/redaction.ts";

it("replaces every occurrence of a secret", () => {
	expect(withoutSecrets("a s3cret, and again s3cret", ["s3cret"])).toBe("a ***, and again ***");
});
