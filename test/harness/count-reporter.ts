import { mkdirSync, writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** Leaves `N passed, N failed` in `test-results/counts.txt`, for readers who know no test runner. */
export default class CountReporter implements Reporter {
	onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
		const tests = modules.flatMap((module) => [...module.children.allTests()]);
		const passed = tests.filter((test) => test.result().state === "passed").length;
		const failed = tests.filter((test) => test.result().state === "failed").length;
		// A file that does not load, or an error outside a test, has no test to fail.
		const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
		mkdirSync("test-results", { recursive: true });
		writeFileSync("test-results/counts.txt", `${passed} passed, ${failed + broken} failed\n`);
	}
}
