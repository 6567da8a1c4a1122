/** The packaged action and command line while they watch. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SERVERS } from "../adapters/buildbot/servers.ts";
import { runCli } from "../harness/cli.ts";
import { urlOf } from "../harness/database-server.ts";
import { rowsOf, schemaOf } from "../harness/scheduler-rows.ts";
import { Site } from "../harness/site.ts";

const BUILD = "Linux x86-64 mozilla-central build";
const REGIONS = ["us-east-1", "us-west-2"];
const NEEDED = 5;
const PATIENCE = { timeout: 60_000 };
const machines = ({ world }: Site) => REGIONS.flatMap((region) => world.instances(region));

type Kill = (signal?: NodeJS.Signals) => void;

let site: Site;
beforeEach(async () => {
	site = await Site.start();
});
afterEach(() => site[Symbol.asyncDispose]());

/** Starts a watch of the action; returns it with the function that signals it. */
async function startWatch(of: Site, inputs: Readonly<Record<string, string>>, runId: string) {
	const { promise: started, resolve } = Promise.withResolvers<Kill>();
	const ended = of.run({ "watch-for": "1h", "watch-interval": "1", ...inputs }, { runId, onStart: resolve });
	return { ended, kill: await started };
}

describe("the action with watch-for", () => {
	it("publishes one report and one summary of the run when it is stopped", async () => {
		site.database.submit(BUILD, 2, site.world.now() - 60);
		const { ended, kill } = await startWatch(site, {}, "1");
		await vi.waitUntil(() => machines(site).length === 2, PATIENCE);
		await vi.waitUntil(() => site.endpoint.journal.calls().every(({ outcome }) => outcome !== null), PATIENCE);
		kill("SIGTERM");
		const { exitCode, report, summary, outputs } = await ended;
		expect(exitCode).toBe(143);
		const { ticks, launches, waits } = JSON.parse(report ?? "{}");
		expect(ticks).toMatchObject([{ pending: 2, needed: 2, launched: 2, shortfall: 0 }]);
		expect(launches).toHaveLength(2);
		expect(waits.requests).toBe(2);
		expect(summary.match(/^## /gm)).toHaveLength(1);
		expect(summary).toContain("launched 2 instances in 1 tick");
		expect(outputs).toMatchObject({ launched: "2" });
	});
});

describe.each(SERVERS)("two watches at once on $name", (kind) => {
	it("launch no more than is needed, whichever call the one with the lock is killed at", async () => {
		const rows = rowsOf(
			"4.3",
			kind.dialect,
			Array.from({ length: NEEDED }, () => ({ builder: BUILD })),
		);
		const server = await kind.start();
		try {
			const calls = await killedAt(Number.POSITIVE_INFINITY);
			expect(calls).toBeGreaterThan(1);
			for (let call = 1; call <= calls; call += 1) await killedAt(call);
			await killedAt(1, ["DescribeInstances"]);
		} finally {
			await server.stop();
		}

		/** Returns the number of launching calls of the first watch, or of other actions. */
		async function killedAt(call: number, actions = ["RunInstances", "CreateTags"]): Promise<number> {
			await using own = await Site.start();
			// No placement has room for all, so that launches follow from the answers to others.
			for (const region of REGIONS) own.world.setCapacity(`${region}a`, "c6a.2xlarge", "spot", 2);
			const database = await kind.create(server, `${schemaOf("4.3", kind.dialect)}\n${rows}`);
			const inputs = { "database-url": urlOf(server, database) };
			const watches: Awaited<ReturnType<typeof startWatch>>[] = [];
			let seen = 0;
			own.endpoint.watch = (when, action) => {
				if (when !== "before" || !actions.includes(action) || seen >= call) return "continue";
				seen += 1;
				if (seen < call) return "continue";
				watches[0]?.kill();
				return "silence";
			};
			watches.push(await startWatch(own, inputs, "1"));
			await vi.waitUntil(() => own.endpoint.journal.calls().length > 0, PATIENCE);
			watches.push(await startWatch(own, inputs, "2"));
			const isQuiet = () => own.endpoint.journal.calls().every(({ outcome }) => outcome !== null);
			await vi.waitUntil(() => machines(own).length >= NEEDED && isQuiet(), PATIENCE);
			for (const { kill } of watches) kill("SIGTERM");
			await Promise.all(watches.map(({ ended }) => ended));
			expect(machines(own), `call ${call}`).toHaveLength(NEEDED);
			return seen;
		}
	}, 300_000);
});

describe("aws-watch-pending watch", () => {
	it("reads a changed configuration again, and keeps the old one while the new one is invalid", async () => {
		const secrets = join(site.workspace, "secrets.json");
		writeFileSync(secrets, JSON.stringify({ db: "sqlite:///state.sqlite" }));
		chmodSync(secrets, 0o600);
		const { promise: started, resolve } = Promise.withResolvers<(signal: NodeJS.Signals) => void>();
		const log = join(site.workspace, "watch.log");
		const ended = runCli({
			folder: site.workspace,
			arguments: [
				"watch",
				"-k",
				"secrets.json",
				"-c",
				"configs/watch_pending.json",
				"--watch-interval",
				"1",
				"-l",
				log,
			],
			environment: site.endpoint.environment,
			onStart: resolve,
		});
		const kill = await started;
		const logged = (text: string) => vi.waitUntil(() => readFileSync(log, "utf8").includes(text), PATIENCE);
		await vi.waitUntil(() => readLog(log).includes("Watching until the run is stopped"), PATIENCE);
		const main = join(site.workspace, "configs/watch_pending.json");
		const valid = readFileSync(main, "utf8");
		writeFileSync(main, valid.replace(/\}\s*$/, ""));
		await logged("The watch continues with the old one");
		writeFileSync(main, `${valid}\n`);
		await vi.waitUntil(() => readLog(log).split("Configuration OK").length === 3, PATIENCE);
		kill("SIGTERM");
		const { exitCode, output } = await ended;
		expect(exitCode).toBe(143);
		expect(readLog(log)).toMatch(/ERROR {3}configs\/watch_pending\.json:\d+/);
		expect(output).toContain("Watched for");
	});
});

/** Empty until the process has created it. */
function readLog(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch {
		return "";
	}
}
