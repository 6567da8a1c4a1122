/** The inputs hold the database password and GitHub's token; the tick and its planner see only what they name. */
import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { inputsIn, readRunEnvironment } from "../../src/inputs/environment.ts";
import { parseInputs } from "../../src/inputs/given.ts";
import { checkInputs } from "../../src/inputs/inputs.ts";
import { tickOptions } from "../../src/run/tick-options.ts";
import { planInput } from "../../src/tick/plan.ts";
import { tick } from "../../src/tick/tick.ts";
import { NOW } from "../core/facts.ts";
import { ROOT } from "../harness/repository.ts";
import { Journal, OPTIONS } from "./world.ts";

const SECRETS = ["pa55word", "ghs_t0ken"];

it("hands a tick its options and none of the secrets", () => {
	const environment = {
		"INPUT_DATABASE-URL": "mysql://u:pa55word@db.example.com/buildbot",
		"INPUT_GITHUB-TOKEN": "ghs_t0ken",
		GITHUB_REPOSITORY: "example/builds",
		GITHUB_RUN_ID: "1",
		GITHUB_WORKFLOW_REF: "example/builds/.github/workflows/watch.yml@refs/heads/main",
	};
	const inputs = checkInputs(
		parseInputs(inputsIn(environment)),
		readRunEnvironment(environment, { workspace: ROOT, temporaryFolder: "/tmp" }),
	);
	for (const secret of SECRETS) expect(JSON.stringify(inputs)).toContain(secret);
	const config = loadConfig(inputs.config, { workspace: ROOT, regions: null });
	const options = tickOptions("launch", inputs, config);
	expect(Object.keys(options).toSorted()).toEqual([
		"latestAmiPercentage",
		"maxHourlyCost",
		"maxLaunches",
		"mode",
		"policy",
		"regions",
		"timeout",
	]);
	for (const secret of SECRETS) expect(JSON.stringify(options)).not.toContain(secret);
});

it("hands the planner its named fields and nothing else", () => {
	const step = {
		policy: OPTIONS.policy,
		latestAmiPercentage: 100,
		maxLaunches: 200,
		maxHourlyCost: null,
		now: NOW,
		demand: { mapped: [], pools: [], allocated: new Set<string>(), connected: new Set<string>(), failures: [] },
		facts: { regions: [], unread: [], machines: [], failures: [], clockOffset: 0 },
		database: "mysql://u:pa55word@db.example.com/buildbot",
	};
	expect(Object.keys(planInput(step)).toSorted()).toEqual([
		"allocated",
		"connected",
		"demand",
		"facts",
		"latestAmiPercentage",
		"maxHourlyCost",
		"maxLaunches",
		"now",
		"policy",
		"unread",
	]);
});

it("reads no other field of a tick's options", async () => {
	const read: string[] = [];
	const options = {
		...OPTIONS,
		// A spread would read it.
		get database() {
			read.push("database");
			return "mysql://u:pa55word@db.example.com/buildbot";
		},
	};
	await tick(options, new Journal().ports());
	expect(read).toEqual([]);
});
