import { defineConfig } from "vitest/config";

/** The tests that must find the mutants of `scripts/mutate.ts`: those of the mutated folders themselves. */
export default defineConfig({
	test: {
		include: ["test/core/**/*.test.ts", "test/config/**/*.test.ts"],
		exclude: [
			// They run a shell script, which has no mutants.
			"test/config/name-by-index.test.ts",
			// They bound processor time, of which code with mutants takes more, and which no other test needs so much of.
			"test/config/analysis-bounds.test.ts",
		],
		isolate: false,
		testTimeout: 60_000,
	},
});
