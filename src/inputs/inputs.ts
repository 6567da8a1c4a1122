/** The only reader of action inputs and of the environment. */

import type { Graphite } from "../core/model/policy.ts";
import { isRegion } from "../core/plan/regions.ts";
import type { FailOn } from "../core/report/fail-on.ts";
import type { Mode } from "../core/report/report.ts";
import { type Diagnostic, diagnostic, errorMessage, InputError } from "../errors.ts";
import { TLS_MODES, type TlsMode, tlsModeFor, whyUnverifiable } from "./database-tls.ts";
import { type DatabaseLocation, parseDatabaseUrl, rdsRegion, secretsOf } from "./database-url.ts";

/** All that a run is told from outside. */
export interface Inputs {
	/** Relative to the workspace. */
	readonly config: string;
	/** Null only in mode `check`. Holds a secret. */
	readonly database: DatabaseLocation | null;
	readonly databaseTls: TlsMode;
	/** PEM, a path or `rds`. */
	readonly databaseCa: string | null;
	/** Where a token of IAM stands for the password: the AWS region; null: the URL has the password. */
	readonly databaseIamRegion: string | null;
	/** Null: the configuration decides. */
	readonly regions: readonly string[] | null;
	readonly mode: Mode | "check";
	/** 0 to 100. */
	readonly latestAmiPercentage: number;
	readonly maxLaunches: number;
	readonly failOn: FailOn;
	/** Seconds. */
	readonly timeout: number;
	/** Whether a lock on the database is held during the tick. */
	readonly lock: boolean;
	/** Absolute path of the checkout. */
	readonly workspace: string;
	/** Absolute path of a folder for the report. */
	readonly temporaryFolder: string;
	/** The workflow run; `step` tells the step from others of the same run, and is the same if it is re-run. */
	readonly run: { readonly id: string; readonly step: string; readonly url: string | null };
	/** Where bootstrap certificates are kept, relative to the workspace; null: the configuration decides. */
	readonly certificateFolder: string | null;
	/** Where metrics go beside what the configuration says. */
	readonly graphiteHosts: readonly Graphite[];
	/** Null: there is no token, or this is no run of a workflow. Holds a secret. */
	readonly github: RunContext | null;
}

/** Where a run is, as the runner tells it. */
export interface RunContext {
	/** A secret that may `actions: read`. */
	readonly token: string;
	/** Such as `https://api.github.com`; other on GitHub Enterprise. */
	readonly apiUrl: string;
	/** `owner/name`. */
	readonly repository: string;
	/** `owner/name/.github/workflows/file.yml@refs/heads/main`. */
	readonly workflowRef: string;
	readonly runId: string;
	readonly eventName: string | null;
	/** Path of the event's payload. */
	readonly eventPath: string | null;
}

/** What is asked of a run, by the names of the action's inputs, and how these are called where it is asked. */
export interface InputSource {
	/** Empty: not given. */
	value(name: string): string;
	/** At the start of a sentence, such as `Input "mode"`. */
	title(name: string): string;
	/** Within one. */
	label(name: string): string;
}

/** What a run is not asked but finds. */
export type RunEnvironment = Pick<
	Inputs,
	"workspace" | "temporaryFolder" | "run" | "github" | "certificateFolder" | "graphiteHosts"
>;

export type Environment = Readonly<Record<string, string | undefined>>;

const MODES = ["launch", "dry-run", "check"] as const;
const DATABASE_AUTH = ["password", "rds-iam"] as const;
const FAIL_ON = ["error", "shortfall", "never"] as const;

/** An input as the runner hands it over; empty: not given. */
function inputIn(environment: Environment, name: string): string {
	return environment[`INPUT_${name.toUpperCase()}`]?.trim() ?? "";
}

/** The texts in the inputs that must not be shown, also where an input is at fault. */
export function readSecrets(environment: Environment): readonly string[] {
	const url = inputIn(environment, "database-url");
	const token = inputIn(environment, "github-token");
	return [...(url === "" ? [] : secretsOf(url)), ...(token === "" ? [] : [token])];
}

/**
 * Reads `INPUT_*` and the runner's variables.
 * @throws InputError with every fault of the run's inputs
 */
export function readInputs(
	environment: Environment,
	defaults: { readonly workspace: string; readonly temp: string },
): Inputs {
	const server = environment["GITHUB_SERVER_URL"];
	const repository = environment["GITHUB_REPOSITORY"];
	const runId = environment["GITHUB_RUN_ID"];
	const workflowRef = environment["GITHUB_WORKFLOW_REF"];
	const token = inputIn(environment, "github-token");
	return checkInputs(
		{
			value: (name) => inputIn(environment, name),
			title: (name) => `Input "${name}"`,
			label: (name) => `"${name}"`,
		},
		{
			workspace: environment["GITHUB_WORKSPACE"] ?? defaults.workspace,
			temporaryFolder: environment["RUNNER_TEMP"] ?? defaults.temp,
			run: {
				// Outside GitHub each process is a run of its own.
				id: runId === undefined ? crypto.randomUUID() : `${repository ?? ""}/${runId}`,
				// The runner sets the same job id in every job of a matrix, so the index comes as an input.
				step: JSON.stringify([
					environment["GITHUB_JOB"] ?? "",
					inputIn(environment, "step-key"),
					environment["GITHUB_ACTION"] ?? "",
				]),
				url:
					server === undefined || repository === undefined || runId === undefined
						? null
						: `${server}/${repository}/actions/runs/${runId}`,
			},
			github:
				token === "" || repository === undefined || runId === undefined || workflowRef === undefined
					? null
					: {
							token,
							apiUrl: environment["GITHUB_API_URL"] || "https://api.github.com",
							repository,
							workflowRef,
							runId,
							eventName: environment["GITHUB_EVENT_NAME"] ?? null,
							eventPath: environment["GITHUB_EVENT_PATH"] ?? null,
						},
			certificateFolder: null,
			graphiteHosts: [],
		},
	);
}

/**
 * Holds what was asked of a run against what is allowed, and fills in the defaults.
 * @throws InputError with every fault
 */
export function checkInputs(source: InputSource, surroundings: RunEnvironment): Inputs {
	const { title, label } = source;
	const faults: Diagnostic[] = [];
	const fault = (name: string, value: string, allowed: string) => {
		const given = value === "" ? "is missing" : `is ${JSON.stringify(value)}`;
		faults.push(diagnostic(`${title(name)} ${given}; it must be ${allowed}.`));
	};
	const input = (name: string) => source.value(name);
	const choice = <T extends string>(name: string, allowed: readonly T[], fallback: T): T => {
		const value = input(name) || fallback;
		const known = allowed.find((candidate) => candidate === value);
		if (known === undefined) fault(name, value, `one of ${allowed.join(", ")}`);
		return known ?? fallback;
	};
	const wholeNumber = (name: string, fallback: number, highest: number): number => {
		const value = input(name) || String(fallback);
		const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
		if (number <= highest) return number;
		fault(name, value, `a whole number from 0 to ${highest}, without a unit`);
		return fallback;
	};

	const mode = choice("mode", MODES, "launch");
	const databaseUrl = input("database-url");
	let database: DatabaseLocation | null = null;
	if (databaseUrl !== "") {
		try {
			database = parseDatabaseUrl(databaseUrl);
		} catch (error) {
			const why = errorMessage(error);
			const message = `${title("database-url")} cannot be used: ${why}`;
			faults.push(diagnostic(message));
		}
	} else if (mode !== "check") {
		fault("database-url", "", "the URL of Buildbot's scheduler database, such as mysql://user:password@host/db");
	}
	const databaseTls = choice("database-tls", TLS_MODES, "auto");
	if (database !== null && database.kind !== "sqlite" && tlsModeFor(databaseTls, database) === "verify-full") {
		const why = whyUnverifiable(database);
		if (why !== null) {
			const message = `${title("database-url")} names a server that cannot be verified: ${why}. Or set ${label("database-tls")} to required (encrypted, not verified) or disabled.`;
			faults.push(diagnostic(message));
		}
	}
	let databaseIamRegion: string | null = null;
	if (choice("database-auth", DATABASE_AUTH, "password") === "rds-iam" && database !== null) {
		const server = database.kind === "sqlite" ? null : database;
		databaseIamRegion = server === null ? null : rdsRegion(server.host);
		const why = [
			...(databaseIamRegion === null ? ["the host of its URL must be one of Amazon RDS, which names the region"] : []),
			...(server !== null && server.password !== "" ? ["its URL must have no password, which would not be used"] : []),
			...(server !== null && tlsModeFor(databaseTls, server) !== "verify-full"
				? [`${label("database-tls")} must be verify-full, since the server sees the token`]
				: []),
		];
		if (why.length > 0) {
			const message = `${title("database-auth")} is "rds-iam", for which ${why.join("; and ")}.`;
			faults.push(diagnostic(message));
		}
	}
	const regions = input("regions")
		.split(/[\s,]+/)
		.filter((region) => region !== "");
	for (const region of regions) {
		if (!isRegion(region)) fault("regions", region, "a list of AWS regions such as us-east-1, us-west-2");
	}
	const inputs: Inputs = {
		...surroundings,
		config: input("config") || "configs/watch_pending.json",
		database,
		databaseTls,
		databaseCa: input("database-ca") || null,
		databaseIamRegion,
		regions: regions.length === 0 ? null : [...new Set(regions)],
		mode,
		latestAmiPercentage: wholeNumber("latest-ami-percentage", 100, 100),
		maxLaunches: wholeNumber("max-launches", 200, 100_000),
		timeout: wholeNumber("timeout", 240, 3600),
		lock: choice("lock", ["true", "false"], "true") === "true",
		failOn: choice("fail-on", FAIL_ON, "error"),
	};
	if (faults.length > 0) throw new InputError(faults);
	return Object.freeze(inputs);
}
