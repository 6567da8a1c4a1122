import { mkdirSync, writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";

/** Writes `N passed, N failed` to `test-results/counts.txt`, a form that does not depend on the test runner. */
export default class CountReporter implements Reporter {
	onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
		const tests = modules.flatMap((module) => [...module.children.allTests()]);
		const passed = tests.filter((test) => test.result().state === "passed").length;
		const failed = tests.filter((test) => test.result().state === "failed").length;
		// A file that fails to load and an error outside a test fail no test, so they are counted here.
		const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
		mkdirSync("test-results", { recursive: true });
		writeFileSync("test-results/counts.txt", `${passed} passed, ${failed + broken} failed\n`);
	}
}
