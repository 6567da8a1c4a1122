import { defineConfig } from "vitest/config";

for (const name of ["TEST_DATABASE_URLS", "TEST_EC2_ENDPOINT"]) {
	if (!process.env[name])
		throw new Error(`Set ${name} for the integration suites; test/harness/given.ts describes it.`);
}

/** The suites that use servers named by the environment, and start none. */
export default defineConfig({
	test: {
		include: ["test/integration/**/*.test.ts", "test/adapters/buildbot/pending-source.test.ts"],
		isolate: false,
		testTimeout: 60_000,
	},
});
