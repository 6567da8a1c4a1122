import { defineConfig } from "vitest/config";

for (const name of ["TEST_DATABASE_URLS", "TEST_EC2_ENDPOINT"]) {
	if (!process.env[name]) throw new Error(`The integration suites need ${name}: see test/harness/given.ts`);
}

/** The suites that take their servers from the environment, and start none. */
export default defineConfig({
	test: {
		include: ["test/integration/**/*.test.ts", "test/adapters/buildbot/pending-source.test.ts"],
		testTimeout: 60_000,
	},
});
