/**
 * Changes the code of the decisions and of the configuration in many small ways, and counts the changes that a test finds.
 * Writes docs/mutation.md. Exits with 1 if a folder's score is below its bound.
 * Usage: node scripts/mutate.ts [FILE_OR_FOLDER…]. Without one, all is run. What is the same as in the last run, mutant and
 * tests, is not run again.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { Stryker } from "@stryker-mutator/core";
import { z } from "zod";

/*
 * Why the mutants that survive break no rule. In src/core, each changes only
 * - a check that the compiler needs, for a case that a filter, a schema, or the caller excludes: batch-names, cost, deaths,
 *   explain-shortfall, first-builds, launch-run, names, placement-order, report-spread, run-report, supply, visible;
 * - the default of such a case, or one that the next step drops: batch-names, cost, plan, redaction, region-index,
 *   report-spread, spot-pools;
 * - a shortcut, after which nothing would be found to do: cost, freeze, launch-run, pool-run, spot, visible;
 * - a condition that another one implies: caps, fail-on, launch-run, pool-run, redaction, unavailable-capacity, user-data;
 * - one of two values that are handled alike: devices, names, on-demand, spot;
 * - a boundary that no price meets, since prices have six digits: spot.
 *
 * In src/config, each changes only
 * - a check or a default that the compiler needs, for a case that the parser, the schema, or the caller excludes: analysis,
 *   builder-names, check, json, lint, load, names, roles, text-file, type-config, user-data, volumes, yaml;
 * - the anchor of an expression that is tested on one character: json, python-re;
 * - a value that is only compared with others, or only has to be another: limits, machines, moves, python-re;
 * - how a translated pattern is written, and not what it matches: character-class, characters, ignore-case;
 * - a shortcut, or what has been found already: examined, flags, moves, patterns, pieces, repeats, suggest;
 * - the order of files that are in order: fingerprint;
 * - a bound on time, memory, or work that tests would take too long to reach: examined, moves, text-file.
 */

/** Least percentage of mutants that a test must find. */
const BOUNDS: Readonly<Record<string, number>> = { "src/core": 95, "src/config": 90 };
/** The results of the last run, by which the next one is shorter. */
const RESULTS = "build/mutation/results.json";
const PAGE = "docs/mutation.md";

const given = process.argv.slice(2);
await new Stryker({
	mutate: (given.length > 0 ? given : Object.keys(BOUNDS)).map((path) =>
		path.endsWith(".ts") ? path : `${path}/**/*.ts`,
	),
	testRunner: "vitest",
	plugins: ["@stryker-mutator/vitest-runner"],
	vitest: { configFile: "vitest.mutation.config.ts", related: false },
	coverageAnalysis: "perTest",
	// A mutant of what runs when a module is loaded, such as a table or a schema, would need every test, each in a process
	// of its own: nine tenths of the time for a tenth of the mutants.
	ignoreStatic: true,
	incremental: true,
	incrementalFile: RESULTS,
	// Mutants of a loop may run forever. A busy machine must not make a slow test a found mutant.
	timeoutMS: 8_000,
	timeoutFactor: 3,
	reporters: ["progress-append-only", "clear-text", "html"],
	clearTextReporter: { allowEmojis: false, logTests: false, reportTests: false, reportScoreTable: false },
	htmlReporter: { fileName: "build/mutation/report.html" },
	tempDirName: "build/mutation/sandboxes",
	ignorePatterns: ["/build", "/coverage", "/demo-output", "/dist", "/test-results"],
	// Stryker would read it with the API of an older TypeScript. Nothing in it concerns the tests.
	tsconfigFile: "none",
	allowEmpty: true,
}).runMutationTest();

const resultsSchema = z.object({
	files: z.record(z.string(), z.object({ mutants: z.array(z.object({ status: z.string() })) })),
});
type Statuses = readonly string[];

interface Score {
	readonly killed: number;
	readonly timedOut: number;
	readonly survived: number;
	/** Percentage; 100 without mutants, as in a file of types. */
	readonly score: number;
}

function scoreOf(statuses: Statuses): Score {
	const count = (...wanted: Statuses) => statuses.filter((status) => wanted.includes(status)).length;
	const found = count("Killed", "Timeout");
	const survived = count("Survived", "NoCoverage");
	const score = found + survived === 0 ? 100 : (100 * found) / (found + survived);
	return { killed: count("Killed"), timedOut: count("Timeout"), survived, score };
}

const { files } = resultsSchema.parse(JSON.parse(readFileSync(RESULTS, "utf8")));
const byFile = Object.entries(files)
	.map(([file, { mutants }]) => [file, mutants.map(({ status }) => status)] as const)
	.toSorted(([a], [b]) => (a < b ? -1 : 1));
const inFolder = (folder: string) => byFile.filter(([file]) => file.startsWith(`${folder}/`));
/** Those that were mutated: a run of one folder leaves others out. */
const bounds = Object.entries(BOUNDS).filter(([folder]) => inFolder(folder).length > 0);

const scoreIn = (folder: string) => scoreOf(inFolder(folder).flatMap(([, statuses]) => statuses));
const row = (path: string, { killed, timedOut, survived, score }: Score) =>
	`| \`${path}\` | ${killed} | ${timedOut} | ${survived} | ${score.toFixed(1)} % |`;
const table = (first: string, rows: readonly string[]) =>
	[`| ${first} | killed | timed out | survived | score |`, "|---|--:|--:|--:|--:|", ...rows].join("\n");

function sectionOf(folder: string): string {
	const some = inFolder(folder);
	const folders = [...new Set([folder, ...some.map(([file]) => dirname(file))])].toSorted();
	const [cpu] = cpus();
	return `## ${folder}

Last run on ${new Date().toISOString().slice(0, 10)}, with Node ${process.versions.node}, on ${cpus().length} × ${cpu?.model ?? "unknown CPU"}.

${table(
	"folder",
	folders.map((one) => row(one, scoreIn(one))),
)}

${table(
	"file",
	some.map(([file, statuses]) => row(file, scoreOf(statuses))),
)}
`;
}

/** The sections of the page, by folder; those of folders that were not run stay as they are. */
const [, ...earlier] = readFileSync(PAGE, "utf8").split(/^(?=## )/m);
const sections = new Map(earlier.map((section) => [/^## (.*)/.exec(section)?.[1] ?? "", section.trimEnd()] as const));
for (const [folder] of bounds) sections.set(folder, sectionOf(folder).trimEnd());

writeFileSync(
	PAGE,
	`# Mutation testing

\`npm run mutate\` changes the code of \`src/core\` and \`src/config\` in many small ways, one at a time: it turns a \`<\` into a \`<=\`, a condition into \`true\`, or a text into an empty one. It then runs the tests that reach the changed code. A mutant is *killed* if a test fails, and *timed out* if a test does not end. One that *survived* shows a rule that no test holds, or a change that changes nothing. The score is the share of mutants that did not survive. It must be at least ${BOUNDS["src/core"]} % in \`src/core\` and ${BOUNDS["src/config"]} % in \`src/config\`.

A workflow runs this every week. \`scripts/mutate.ts\` has the settings, explains what is left out, lists the surviving mutants, and writes this page. \`npm run mutate -- src/core\` runs one folder.

${Object.keys(BOUNDS)
	.flatMap((folder) => sections.get(folder) ?? [])
	.join("\n\n")}
`,
);

for (const [folder, bound] of bounds) {
	const { score } = scoreIn(folder);
	if (score >= bound) continue;
	process.stderr.write(`${folder}: ${score.toFixed(1)} % of the mutants were found; at least ${bound} % must be.\n`);
	process.exitCode = 1;
}
