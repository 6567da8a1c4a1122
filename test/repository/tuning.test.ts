import { expect, it } from "vitest";
import { shippedWorkload, tuningWithTables } from "../../scripts/tuning.ts";
import { read } from "../harness/repository.ts";

it("docs/tuning.md has the figures of the shipped history; npm run tuning updates them", async () => {
	const page = read("docs/tuning.md");
	expect(tuningWithTables(page, await shippedWorkload())).toBe(page);
});
