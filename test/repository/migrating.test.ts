/** docs/migrating.md covers every flag and key of the original, and every option and key of this project. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mainSchema } from "../../src/config/schema.ts";
import { helpText } from "../../src/inputs/options.ts";
import { codesIn } from "../harness/document.ts";
import { ROOT, read } from "../harness/repository.ts";

const REFERENCE = join(ROOT, "test/config/fixtures/reference");
const documented = new Set(codesIn(read("docs/migrating.md")));

/** Keys of the file format: not names of types, regions, devices, tags or patterns. */
function keysIn(value: unknown): readonly string[] {
	if (Array.isArray(value)) return value.flatMap(keysIn);
	if (typeof value !== "object" || value === null) return [];
	return Object.entries(value).flatMap(([key, inner]) => {
		const named = /^[a-z_]+$/.test(key) ? [key] : [];
		return [...named, ...(["buildermap", "region_priorities", "tags"].includes(key) ? [] : keysIn(inner))];
	});
}

describe("docs/migrating.md documents a key of the original's files:", () => {
	const files = readdirSync(REFERENCE).filter((name) => !name.endsWith(".user-data"));
	const keys = new Set(files.flatMap((name) => keysIn(JSON.parse(readFileSync(join(REFERENCE, name), "utf8")))));
	it.each([...keys])("%s", (key) => {
		expect(documented).toContain(key);
	});

	it("that only this project has is also documented", () => {
		expect([...documented]).toEqual(expect.arrayContaining(Object.keys(mainSchema.shape)));
	});
});

describe("docs/migrating.md documents the option", () => {
	it.each([...helpText().matchAll(/--[a-z-]+/g)].map(([option]) => option))("%s", (option) => {
		expect(documented).toContain(option);
	});
});
