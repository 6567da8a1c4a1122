import { expect, it } from "vitest";
import { inWords, waitInWords } from "../../../src/core/report/duration.ts";

it.each([
	[0, "0 s"],
	[59, "59 s"],
	[60, "1 min"],
	[3599, "59 min"],
	[3600, "1 h"],
	[7500, "2 h 5 min"],
	[86_400, "1 d"],
	[86_400 + 300, "1 d"],
	[273_600, "3 d 4 h"],
])("%i s is %s", (seconds, words) => {
	expect(inWords(seconds)).toBe(words);
});

it.each([
	[59, "59 s"],
	[60, "1.0 min"],
	[90, "1.5 min"],
	[7199, "120.0 min"],
	[7200, "2 h"],
])("a wait of %i s is %s", (seconds, words) => {
	expect(waitInWords(seconds)).toBe(words);
});
