/**
 * Starts a site (see site.ts) with pending requests in a process of its own, for a workflow's later steps: prints the
 * environment in which the action uses it, one `NAME=value` a line. The site runs until the process `SITE_PID` is
 * killed; GitHub's runner does that when the job ends.
 * Usage: node test/harness/start-site.ts | tee -a "$GITHUB_ENV" "$GITHUB_OUTPUT"
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { Site } from "./site.ts";

/** Three of the four map to an instance type of the example configuration. */
const PENDING = [
	["Linux x86-64 mozilla-central build", 2],
	["Ubuntu VM 12.04 x64 mozilla-central opt test mochitest-1", 1],
	["OS X 10.7 mozilla-central build", 1],
] as const;

if (process.send === undefined) await startDetached();
else await serve(process.send.bind(process));

/** Starts this script again as a child that outlives this process, and prints the environment that it sends. */
async function startDetached(): Promise<void> {
	const child = spawn(process.execPath, [import.meta.filename], {
		detached: true,
		stdio: ["ignore", "ignore", "pipe", "ipc"],
	});
	child.stderr?.pipe(process.stderr);
	const environment = await new Promise<unknown>((done, fail) => {
		child.once("message", done).once("exit", (code) => fail(new Error(`The site ended with exit code ${code}`)));
	});
	console.log(environment);
	child.disconnect();
	// A step of a workflow ends when nothing holds its output any more.
	child.stderr?.destroy();
	child.unref();
}

async function serve(send: (message: string) => void): Promise<void> {
	const site = await Site.start();
	const submittedAt = site.world.now() - 600;
	for (const [builder, count] of PENDING) site.database.submit(builder, count, submittedAt);
	const environment = {
		...site.endpoint.environment,
		DATABASE_URL: `sqlite:///${join(site.workspace, "state.sqlite")}`,
		SITE_PID: String(process.pid),
	};
	process.once("SIGTERM", () => {
		site[Symbol.asyncDispose]().then(() => process.exit());
	});
	send(
		Object.entries(environment)
			.map(([name, value]) => `${name}=${value}`)
			.join("\n"),
	);
}
