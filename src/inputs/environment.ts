/** The action's environment: its inputs and the runner's variables. */
import { given, type InputSource } from "./given.ts";
import type { RunEnvironment, WorkflowRun } from "./inputs.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The action's inputs, which the runner passes as `INPUT_*`. */
export function inputsIn(environment: Environment): InputSource {
	return (name) => given([environment[`INPUT_${name.toUpperCase()}`]], `input "${name}"`);
}

/**
 * Reads the runner's variables. GitHub's own library for this isn't used: it reads the event's payload while it loads, so a
 * malformed payload would end every run, with its text in the log.
 */
export function readRunEnvironment(
	environment: Environment,
	defaults: { readonly workspace: string; readonly temporaryFolder: string },
): RunEnvironment {
	return {
		workspace: environment["GITHUB_WORKSPACE"] ?? defaults.workspace,
		temporaryFolder: environment["RUNNER_TEMP"] ?? defaults.temporaryFolder,
		run: runIn(environment),
		workflowRun: workflowRunIn(environment),
		certificateFolder: null,
		graphiteHosts: [],
	};
}

function runIn(environment: Environment): RunEnvironment["run"] {
	const server = environment["GITHUB_SERVER_URL"];
	const repository = environment["GITHUB_REPOSITORY"];
	const runId = environment["GITHUB_RUN_ID"];
	// Outside GitHub, each process is a run of its own.
	if (runId === undefined) return { id: crypto.randomUUID(), step: "", url: null };
	const commit = environment["GITHUB_SHA"];
	const base = server === undefined || repository === undefined ? null : `${server}/${repository}`;
	return {
		// Without the attempt, so that a re-run does not launch again.
		id: `${repository ?? ""}/${runId}`,
		// All jobs of a matrix have the same id; the input "step-key" tells them apart.
		step: JSON.stringify([environment["GITHUB_JOB"], environment["GITHUB_ACTION"]]),
		url: base === null ? null : `${base}/actions/runs/${runId}`,
		...(base === null || commit === undefined ? {} : { filesUrl: `${base}/blob/${commit}` }),
	};
}

function workflowRunIn(environment: Environment): WorkflowRun | null {
	const repository = environment["GITHUB_REPOSITORY"];
	const runId = environment["GITHUB_RUN_ID"];
	const workflowRef = environment["GITHUB_WORKFLOW_REF"];
	if (repository === undefined || runId === undefined || workflowRef === undefined) return null;
	return {
		apiUrl: environment["GITHUB_API_URL"] || "https://api.github.com",
		repository,
		workflowRef,
		runId,
		eventName: environment["GITHUB_EVENT_NAME"] ?? null,
		eventPath: environment["GITHUB_EVENT_PATH"] ?? null,
	};
}

/** Variables in which the AWS SDK finds credentials. The access key's ID is no secret. */
const AWS_SECRETS = ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"];

/** The AWS credentials of the environment that must never be shown. */
export function awsSecretsIn(environment: Environment): readonly string[] {
	return AWS_SECRETS.flatMap((name) => environment[name] || []);
}
