import { defineConfig } from "vitest/config";

/** The tests that must find the mutants of `scripts/mutate.ts`: those of the mutated folders themselves. */
export default defineConfig({
	test: {
		include: ["test/core/**/*.test.ts", "test/config/**/*.test.ts"],
		// They run a shell script, which has no mutants.
		exclude: ["test/config/name-by-index.test.ts"],
		isolate: false,
		testTimeout: 60_000,
	},
});
