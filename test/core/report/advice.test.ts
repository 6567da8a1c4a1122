import { expect, it } from "vitest";
import { isServed, REASON_CODES } from "../../../src/core/launch/reasons.ts";
import { adviceForReason } from "../../../src/core/report/advice.ts";

it.each(REASON_CODES)("requests with the reason %s have advice unless they are served", (code) => {
	expect(adviceForReason(code)).toMatch(isServed(code) ? /^$/ : /^[A-Z].+\.$/);
});

it.each(["constructor", "", "new-code"])("an unknown reason (%j) has no advice", (code) => {
	expect(adviceForReason(code)).toBe("");
});
