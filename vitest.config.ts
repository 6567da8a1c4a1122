import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { SlowestFirst } from "./test/harness/slowest-first.ts";

/** Tests that need no database server and no built `dist/`. */
const UNIT = [
	...[
		"check",
		"config",
		"fuzz",
		"inputs",
		"simulate",
		"summary",
		"tick",
		"watch",
		"run",
		"ec2-endpoint",
		"adapters/!(buildbot)",
	].map(inFolder),
	"test/adapters/*.test.ts",
];
/** Tests of what decides, whose coverage is measured. */
const CORE = [inFolder("core")];
/** Tests of docs, workflows, policies, and scripts. */
const REPOSITORY = ["repository", "scripts"].map(inFolder);

// Servers and sites have thousands of small files. In memory, tests take three quarters of the CPU time.
const MEMORY = "/dev/shm";
const hasRoom = existsSync(MEMORY) && freeBytes(MEMORY) > 4e9;
process.env["TMPDIR"] = temporaryFolder(hasRoom ? MEMORY : tmpdir());

/**
 * Tests that mostly wait for servers and processes. First, since only the first group's workers have numbers of their own,
 * by which they choose their servers: when Vitest begins a group, it frees the number of a worker that ends late, although
 * one of the new workers has it.
 */
const WAITING = { maxWorkers: 2 * availableParallelism(), sequence: { groupOrder: 0 } };
/** Tests that rarely wait. Each worker loads the modules anew, so there is only one more than cores, for when one waits. */
const BUSY = { maxWorkers: availableParallelism() + 1, sequence: { groupOrder: 1 } };

// Real servers and processes take their time on a small or busy machine; no test waits for a clock.
const PATIENCE = { testTimeout: 180_000, hookTimeout: 180_000 };

// A worker runs many files, since it takes longer to load the modules than to run most of them, and none keeps state that
// tests share. Here and not beside `projects`, from where neither option would reach a project.
const SHARED = { isolate: false, maxConcurrency: 32 };

export default defineConfig({
	test: {
		// Many tests start `dist/` in a process of its own; compiling it takes a third of a short run's CPU time.
		env: { NODE_COMPILE_CACHE: resolve("build/compile-cache") },
		sequence: { sequencer: SlowestFirst },
		reporters: ["default", "./test/harness/count-reporter.ts"],
		coverage: {
			provider: "custom",
			customProviderModule: "./test/harness/core-coverage.ts",
			include: ["src/core/**/*.ts"],
			reporter: [["text", { skipFull: true }]],
			thresholds: { branches: 100 },
		},
		projects: [
			{ test: { name: "core", include: CORE, env: { MEASURE_COVERAGE: "1" }, ...BUSY, ...PATIENCE, ...SHARED } },
			{ test: { name: "unit", include: UNIT, ...BUSY, ...PATIENCE, ...SHARED } },
			{ test: { name: "repository", include: REPOSITORY, ...BUSY, ...PATIENCE, ...SHARED } },
			{
				test: {
					name: "servers",
					// Everything else, so that no test is left out.
					include: [inFolder("")],
					exclude: [...CORE, ...UNIT, ...REPOSITORY],
					globalSetup: ["test/harness/global-setup.ts"],
					...WAITING,
					...PATIENCE,
					...SHARED,
				},
			},
		],
	},
});

function inFolder(folder: string): string {
	return join("test", folder, "**/*.test.ts");
}

function freeBytes(folder: string): number {
	const { bavail, bsize } = statfsSync(folder);
	return bavail * bsize;
}

/** A folder that is removed after the tests, with what killed processes left in it. */
function temporaryFolder(parent: string): string {
	const folder = mkdtempSync(join(parent, "aws-watch-pending-"));
	// PostgreSQL runs as another user if root starts it.
	chmodSync(folder, 0o711);
	process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
	return folder;
}
