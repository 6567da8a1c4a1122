import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { HELP, inputsOf, readArguments } from "../../src/inputs/arguments.ts";
import { checkInputs } from "../../src/inputs/inputs.ts";

const root = resolve(import.meta.dirname, "../..");
const secrets = { db: "sqlite:///state.sqlite", graphiteHosts: [], faults: [], warnings: [] };
const surroundings = {
	workspace: "/w",
	temporaryFolder: "/t",
	run: { id: "1", step: "", url: null },
	github: null,
	certificateFolder: null,
	graphiteHosts: [],
};
const inputs = (...given: string[]) =>
	checkInputs(inputsOf(readArguments(given), "secrets.json", secrets), surroundings);

/** The inputs of the action that the original's options, or the file of secrets, have by other names. */
const BY_OTHER_NAMES = ["database-url", "regions", "mode"];
/** Those that only a workflow has. */
const OF_WORKFLOWS = ["github-token", "step-key"];

test("every input of the action can be given, is in the help, and is documented", () => {
	const docs = readFileSync(`${root}/docs/command-line.md`, "utf8");
	const { inputs: known } = parse(readFileSync(`${root}/action.yml`, "utf8"));
	for (const name of Object.keys(known)) {
		if (BY_OTHER_NAMES.includes(name) || OF_WORKFLOWS.includes(name)) continue;
		expect(HELP, name).toContain(`--${name} `);
		expect(docs, name).toContain(`\`--${name}\``);
	}
});

test("what is not given has the action's default", () => {
	expect(inputs("-c", "a.cfg")).toMatchObject({
		config: "a.cfg",
		database: { kind: "sqlite", path: "state.sqlite" },
		databaseTls: "auto",
		databaseCa: null,
		regions: null,
		mode: "launch",
		latestAmiPercentage: 100,
		maxLaunches: 200,
		timeout: 240,
		lock: true,
		failOn: "error",
	});
});

test("what is given is taken, in short and in long", () => {
	const line =
		"-nv -c a.cfg -r us-west-2 --region=us-east-1 --latest-ami-percentage 7 --max-launches=3 --timeout 9 --lock=false --fail-on never --database-tls required --database-ca rds";
	expect(inputs(...line.split(" "))).toMatchObject({
		databaseTls: "required",
		databaseCa: "rds",
		regions: ["us-west-2", "us-east-1"],
		mode: "dry-run",
		latestAmiPercentage: 7,
		maxLaunches: 3,
		timeout: 9,
		lock: false,
		failOn: "never",
	});
});
