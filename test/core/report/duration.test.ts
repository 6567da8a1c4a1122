import { expect, it } from "vitest";
import { inWords } from "../../../src/core/report/duration.ts";

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
