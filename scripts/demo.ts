/**
 * Runs four ticks of the packaged action, eight minutes apart, against a Buildbot database in SQLite and an EC2 simulator
 * on loopback. Tick 1 launches, and in tick 2 fresh machines cover the demand. In tick 3 spot capacity runs out and
 * on-demand takes over. In tick 4 one region can't be read and an image is missing. Then a run watches for eight minutes,
 * in simulated time. At the end, the packaged command line replays the shipped history. Prints the first screen of each job
 * summary, and writes a page with all of them and the reports.
 * Usage: node scripts/demo.ts [folder], default `demo-output`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { watchDay } from "../bench/watch.ts";
import { plainText } from "../src/adapters/terminal/text.ts";
import { summarize } from "../src/summary/summary.ts";
import { runCli } from "../test/harness/cli.ts";
import { ROOT } from "../test/harness/repository.ts";
import { Site } from "../test/harness/site.ts";
import { summaryPage } from "./summary-page.ts";

/** Seconds from one tick to the next. */
const INTERVAL = 8 * 60;
const PENDING: readonly (readonly [builder: string, count: number])[] = [
	["Linux x86-64 mozilla-central build", 14],
	["Linux x86-64 mozilla-central pgo-build", 9],
	["Linux x86-64 mozilla-central asan build", 11],
	["Linux x86-64 mozilla-central debug static analysis build", 6],
	["Linux mozilla-central build", 12],
	["Linux mozilla-central leak test build", 5],
	["Linux mozilla-beta nightly", 3],
	["Linux x86-64 mozilla-beta valgrind", 2],
	["Android 4.0 mozilla-central build", 16],
	["Android 4.2 x86 mozilla-central build", 4],
	["b2g_mozilla-central_emulator_dep", 7],
	["Linux x86-64 try build", 21],
	["Linux try leak test build", 12],
	["Android 4.0 try build", 14],
	["b2g_try_emulator_dep", 8],
	["Ubuntu VM 12.04 x64 mozilla-central opt test mochitest-1", 18],
	["Ubuntu VM 12.04 x64 mozilla-central debug test xpcshell", 13],
	["Ubuntu VM 12.04 x64 try opt test reftest", 16],
	["Ubuntu ASAN VM 12.04 x64 mozilla-central opt test crashtest", 8],
	["WINNT 5.2 mozilla-central build", 13],
	["OS X 10.7 mozilla-central build", 9],
	["Rev4 MacOSX Snow Leopard 10.6 try opt test jsreftest", 5],
];
/** The last three map to no instance type. */
const RUNNABLE = PENDING.slice(0, -3);

const folder = resolve(process.argv[2] ?? "demo-output");
await using site = await Site.start();
const now = site.world.now();
for (const [builder, count] of PENDING) site.database.submit(builder, count, now - 30 * 60);

const ticks: { readonly title: string; readonly summary: string; readonly report: string }[] = [];
await play("Tick 1: requests are pending and nothing is running", 0);

site.world.settle();
site.world.ageInstances(INTERVAL);
await play("Tick 2: eight minutes later, the machines of tick 1 are starting", 0);

// The masters have assigned the requests to the machines of tick 1. A push brings more, and spot capacity runs out.
site.world.ageInstances(INTERVAL * 2);
for (const [builder, count] of RUNNABLE) site.database.claim(builder, count);
for (const [builder, count] of RUNNABLE) site.database.submit(builder, count, now - 120);
for (const rule of site.policy.spotRules["bld-linux64"] ?? []) {
	for (const region of Object.keys(site.policy.regionPriorities)) {
		for (const zone of ["a", "b", "c"]) {
			const left = zone === "a" ? 3 : 0;
			site.world.setCapacity(`${region}${zone}`, rule.instanceType, "spot", left);
		}
	}
}
await play("Tick 3: a push brings new requests, spot capacity runs out, on-demand takes over", 0);

// The role loses its permissions in one region. In the other, the configured image no longer exists.
site.world.ageInstances(INTERVAL);
site.endpoint.faults.add({
	region: "us-east-1",
	action: "DescribeInstances",
	error: {
		status: 403,
		code: "UnauthorizedOperation",
		message:
			"You are not authorized to perform this operation. User is not authorized to perform: ec2:DescribeInstances",
	},
});
site.endpoint.faults.add({
	region: "us-west-2",
	action: "RunInstances",
	instanceType: "c6a.2xlarge",
	error: { code: "InvalidAMIID.NotFound", message: "The image id '[ami-0123456789abcdef0]' does not exist" },
});
for (const [builder, count] of RUNNABLE) site.database.claim(builder, count);
site.database.submit("Linux x86-64 mozilla-central build", 60, now - 60);
site.database.submit("Ubuntu VM 12.04 x64 try opt test reftest", 62, now - 60);
await play("Tick 4: one region can't be read, and an image is missing", 1);

await playWatch(
	"A watch of eight minutes: requests arrive in between, and machines are launched for them within seconds",
);

mkdirSync(folder, { recursive: true });
for (const [index, { summary, report }] of ticks.entries()) {
	writeFileSync(join(folder, `tick-${index + 1}.md`), summary);
	writeFileSync(join(folder, `tick-${index + 1}.json`), report);
}
await replay("A replay: what other settings would have done for the builds of the shipped history");
const page = join(folder, "index.html");
writeFileSync(page, summaryPage("aws-watch-pending: four ticks, a watch, and a replay", ticks));
console.log(`The job summaries as a page: ${pathToFileURL(page)}`);

/** Watches in simulated time, with the database and EC2 of the benchmark, and prints the log and the summary. */
async function playWatch(title: string): Promise<void> {
	const arrivals = [0, 0, 0, 95, 95, 140, 200, 330, 330, 330, 330];
	const print = (message: string) => console.log(message);
	const group = async <T>(name: string, body: () => Promise<T>): Promise<T> => {
		console.log(`${name}:`);
		return body();
	};
	console.log(`\n${"═".repeat(100)}\n${title}\n${"═".repeat(100)}\n`);
	const log = { debug: () => {}, info: print, notice: print, warning: print, error: print, group };
	const { report } = await watchDay(arrivals, { duration: 8 * 60, log });
	const summary = summarize(report);
	console.log(`\n${plainText(summary)}\n`);
	ticks.push({ title, summary, report: JSON.stringify(report, null, "\t") });
}

/** Replays the shipped history by the packaged command line. */
async function replay(title: string): Promise<void> {
	const [summaryFile, reportFile] = [join(folder, "replay.md"), join(folder, "replay.json")];
	const history = ["--db", "sqlite:///docs/examples/history.sqlite", "-c", "configs/watch_pending.json"];
	const { exitCode, output, errorOutput } = await runCli({
		folder: ROOT,
		arguments: ["replay", ...history, "--summary", summaryFile, "--report", reportFile],
	});
	if (exitCode !== 0) throw new Error(`The replay exited with ${exitCode}:\n${errorOutput}`);
	console.log(`\n${"═".repeat(100)}\n${title}\n${"═".repeat(100)}\n\n${output}`);
	ticks.push({ title, summary: readFileSync(summaryFile, "utf8"), report: readFileSync(reportFile, "utf8") });
}

/** Runs the action once and prints its summary. Ends the demo if the exit status is not the expected one. */
async function play(title: string, expectedExit: number): Promise<void> {
	const { exitCode, log, errorOutput, summary, outputs, report } = await site.run();
	console.log(`\n${"═".repeat(100)}\n${title}\n${"═".repeat(100)}\n\n${firstScreen(summary)}`);
	const { pending, launched, shortfall } = outputs;
	console.log(`exit ${exitCode}; outputs: pending=${pending} launched=${launched} shortfall=${shortfall}\n`);
	if (exitCode !== expectedExit || report === null) {
		throw new Error(`The action exited with ${exitCode} instead of ${expectedExit}:\n${log}\n${errorOutput}`);
	}
	ticks.push({ title, summary, report });
}

/** The part of a summary before its folded details; the page has the rest. */
function firstScreen(summary: string): string {
	return plainText(summary.split("<details>")[0] ?? "");
}
