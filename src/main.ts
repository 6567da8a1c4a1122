/** The action's entry: reads the inputs and starts the run. */
import { tmpdir } from "node:os";
import * as core from "@actions/core";
import { ActionsLog } from "./adapters/github/log.ts";
import { publish, publishReplay, publishSummary, warnUnlessWritable } from "./adapters/github/outputs.ts";
import { isMaskable, Redactor } from "./core/report/redaction.ts";
import { InputError } from "./errors.ts";
import { awsSecretsIn, inputsIn, readRunEnvironment } from "./inputs/environment.ts";
import { parseInputs } from "./inputs/given.ts";
import { checkInputs, type Inputs } from "./inputs/inputs.ts";

const parsed = parseInputs(inputsIn(process.env));
const secrets = [...parsed.secrets, ...awsSecretsIn(process.env)];
// The runner would mask a short secret in the middle of words, and drop every job output that contains it.
for (const secret of secrets.filter(isMaskable)) core.setSecret(secret);
const redactor = new Redactor(secrets);
const log = new ActionsLog(redactor);
// A log that can't be written must not interrupt launching.
process.stdout.on("error", () => {});

const inputs = checkedInputs();
if (inputs !== null) {
	// Loaded only now, so that an invalid input is reported at once.
	const { run, timeLimitOf, ProcessEnding } = await import("./run.ts");
	const ending = new ProcessEnding(timeLimitOf(inputs));
	const { temporaryFolder } = inputs;
	const { GITHUB_STEP_SUMMARY: summaryFile, GITHUB_OUTPUT: outputFile } = process.env;
	const files = { temporaryFolder, summaryFile, outputFile, log };
	if (inputs.mode !== "check") warnUnlessWritable(temporaryFolder, log);
	await run(inputs, {
		log,
		redactor,
		ending,
		publish: (tick) => publish(tick, files),
		publishReplay: (replay) => publishReplay(replay, files),
		publishCheck: (summary) => publishSummary(summary, summaryFile, log),
	});
	await ending.exit();
}

/** The inputs; null if the run has ended with their diagnostics. */
function checkedInputs(): Inputs | null {
	const defaults = { workspace: process.cwd(), temporaryFolder: tmpdir() };
	try {
		return checkInputs(parsed, readRunEnvironment(process.env, defaults));
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
		for (const diagnostic of error.diagnostics) log.annotate("error", diagnostic);
		log.end({ kind: "failed", message: error.headline });
		return null;
	}
}
