/** The action's entry: reads the inputs, then hands them to the action. No rule is here. */
import { tmpdir } from "node:os";
import * as core from "@actions/core";
import { ActionsLog } from "./adapters/github/log.ts";
import { publish } from "./adapters/github/outputs.ts";
import { InputError } from "./errors.ts";
import { type Inputs, readInputs, readSecrets } from "./inputs/inputs.ts";

function inputsOrFaults(): Inputs | null {
	try {
		return readInputs(process.env, { workspace: process.cwd(), temp: tmpdir() });
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
		for (const fault of error.diagnostics) log.annotate("error", fault);
		log.end({ kind: "failed", message: error.headline });
		return null;
	}
}

const secrets = readSecrets(process.env);
for (const secret of secrets) core.setSecret(secret);
const log = new ActionsLog(secrets);
// What a run needs is loaded when its inputs are sound, so that a mistyped one is told at once.
const inputs = inputsOrFaults();
if (inputs !== null) {
	const { run } = await import("./run.ts");
	const { temporaryFolder } = inputs;
	const summaryFile = process.env["GITHUB_STEP_SUMMARY"];
	await run(inputs, { log, secrets, publish: (tick) => publish(tick, { temporaryFolder, summaryFile, log }) });
}
