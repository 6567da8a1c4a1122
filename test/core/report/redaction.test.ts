import { expect, it } from "vitest";
import { withoutSecrets } from "../../../src/core/report/redaction.ts";

it("secrets are left out wherever they stand", () => {
	expect(withoutSecrets("a s3cret, and again s3cret", ["s3cret"])).toBe("a ***, and again ***");
});
