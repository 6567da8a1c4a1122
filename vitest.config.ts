import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		include: ["test/**/*.test.ts"],
		globalSetup: ["test/harness/global-setup.ts"],
		reporters: ["default", "./test/harness/count-reporter.ts"],
		// Real servers and processes take their time on a small machine; no test waits for a clock.
		testTimeout: 60_000,
		hookTimeout: 120_000,
	},
});
