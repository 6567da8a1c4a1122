/**
 * Measures which code of the core its own tests reach. Elsewhere it would cost half as much CPU time again as the tests,
 * and tests that start `dist/` would not count.
 */
import v8 from "@vitest/coverage-v8";

/** Set for the project `core` in vitest.config.ts. */
const isMeasured = process.env["MEASURE_COVERAGE"] === "1";

export default isMeasured
	? v8
	: {
			...v8,
			startCoverage: async () => undefined,
			takeCoverage: async () => undefined,
			stopCoverage: async () => undefined,
		};
