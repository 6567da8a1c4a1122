/** What a run works with: its inputs, checked against each other, and its environment. */
import type { Graphite } from "../core/model/policy.ts";
import type { FailOn } from "../core/report/fail-on.ts";
import type { Mode } from "../core/report/report.ts";
import { diagnostic, InputError } from "../errors.ts";
import { type TlsMode, tlsModeFor, verifiability } from "./database-tls.ts";
import { type DatabaseLocation, hostingOf, type ServerLocation } from "./database-url.ts";
import type { ParsedInputs } from "./given.ts";
import type { DurationRange } from "./kinds.ts";
import type { InputName } from "./table.ts";

export interface Inputs {
	/** Relative to the workspace. */
	readonly config: string;
	/** Null only in mode `check`. Holds a secret. */
	readonly database: DatabaseLocation | null;
	readonly databaseTls: TlsMode;
	/** PEM text, a path, or `rds`; null: the CAs that Node trusts. */
	readonly databaseCa: string | null;
	/** The AWS region whose IAM tokens replace the password; null: the URL has the password. */
	readonly databaseIamRegion: string | null;
	/** Null: the configuration decides. */
	readonly regions: readonly string[] | null;
	readonly mode: Mode | "check" | "replay";
	/** File of builder names, relative to the workspace; null: none. Only in mode `check`. */
	readonly checkBuilders: string | null;
	/** Another version of `config`, relative to the workspace; null: none. Only in mode `check`. */
	readonly checkAgainst: string | null;
	/** 0 to 100. */
	readonly latestAmiPercentage: number;
	readonly maxLaunches: number;
	/** USD per hour; null: no ceiling. */
	readonly maxHourlyCost: number | null;
	readonly failOn: FailOn;
	/** Seconds. */
	readonly timeout: number;
	/** Null: the run is one tick. */
	readonly watch: Watching | null;
	/** Only for the mode `replay`. */
	readonly replay: Replaying;
	/** ARN of the role that the action assumes by OIDC; null: the credentials that the job has. */
	readonly roleToAssume: string | null;
	/** Whether to hold a lock on the database during the tick. */
	readonly lock: boolean;
	/** Absolute path of the checkout. */
	readonly workspace: string;
	/** Absolute path of a folder for the report. */
	readonly temporaryFolder: string;
	/** The workflow run. `step` tells the step from others of the same run, and is the same if it is re-run. */
	readonly run: {
		readonly id: string;
		readonly step: string;
		readonly url: string | null;
		/** URL of the workspace's files at the commit of the run; missing outside GitHub. */
		readonly filesUrl?: string;
	};
	/** Folder of bootstrap certificates, relative to the workspace; null: the configuration decides. */
	readonly certificateFolder: string | null;
	/** Graphite servers in addition to the configuration's. */
	readonly graphiteHosts: readonly Graphite[];
	/** Null: there is no token, or this is no workflow run. Holds a secret. */
	readonly github: RunContext | null;
}

/** How a run watches. */
export interface Watching {
	/** Seconds; null: until the run is stopped. */
	readonly duration: number | null;
	/** Seconds between looks at the database. */
	readonly interval: number;
}

/** What a replay simulates. */
export interface Replaying {
	readonly days: number;
	/** Seconds from a machine's launch to its first build. */
	readonly boot: DurationRange;
	/** Seconds without work after which a machine stops. */
	readonly idleStop: number;
	/** Seconds between a watch's looks at the database. */
	readonly watchInterval: number;
}

/** The workflow run that this is. */
export interface WorkflowRun {
	/** For example `https://api.github.com`; another on GitHub Enterprise. */
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

export interface RunContext extends WorkflowRun {
	/** A secret that may have `actions: read`. */
	readonly token: string;
}

/** What a run finds around it. */
export interface RunEnvironment
	extends Pick<Inputs, "workspace" | "temporaryFolder" | "run" | "certificateFolder" | "graphiteHosts"> {
	/** Null: this is no workflow run. */
	readonly workflowRun: WorkflowRun | null;
	/** Whether the run watches until it is stopped, as the command `watch` does. */
	readonly watchesUntilStopped?: boolean;
}

/**
 * Checks the inputs against each other.
 * @throws InputError with all diagnostics, also those of parsing
 */
export function checkInputs(parsed: ParsedInputs, environment: RunEnvironment): Inputs {
	const { values } = parsed;
	const problems = [
		...missingDatabase(parsed),
		...misplacedInputs(parsed),
		...unverifiableServer(parsed),
		...unmetIamRequirements(parsed),
	];
	const diagnostics = [...parsed.diagnostics, ...problems.map((message) => diagnostic(message))];
	if (diagnostics.length > 0) throw new InputError(diagnostics);
	const { workflowRun, watchesUntilStopped = false, ...rest } = environment;
	const token = values["github-token"];
	const server = serverOf(parsed);
	const hosting = server === null ? null : hostingOf(server.host);
	return Object.freeze<Inputs>({
		...rest,
		run: { ...rest.run, step: JSON.stringify([rest.run.step, values["step-key"]]) },
		config: values.config,
		database: values["database-url"],
		databaseTls: values["database-tls"],
		databaseCa: values["database-ca"],
		databaseIamRegion: usesIam(parsed) && hosting?.kind === "rds" ? hosting.region : null,
		regions: values.regions.length === 0 ? null : values.regions,
		mode: values.mode,
		checkBuilders: values["check-builders"],
		checkAgainst: values["check-against"],
		latestAmiPercentage: values["latest-ami-percentage"],
		maxLaunches: values["max-launches"],
		maxHourlyCost: values["max-hourly-cost"],
		timeout: values.timeout,
		lock: values.lock,
		watch: watchingOf(values, watchesUntilStopped),
		replay: replayingOf(values),
		roleToAssume: values["role-to-assume"],
		failOn: values["fail-on"],
		github: workflowRun === null || token === null ? null : { ...workflowRun, token },
	});
}

function watchingOf(values: ParsedInputs["values"], untilStopped: boolean): Watching | null {
	const { "watch-for": duration, "watch-interval": interval, mode } = values;
	if (mode === "replay") return null;
	if (untilStopped) return { duration: null, interval };
	return duration === 0 ? null : { duration, interval };
}

/** By default, machines boot in 3 to 8 minutes, and stop after the idle time of Buildbot's own EC2 workers. */
const REPLAY = { days: 28, boot: { shortest: 180, longest: 480 }, idleStop: 600 };

function replayingOf(values: ParsedInputs["values"]): Replaying {
	return {
		days: values["replay-days"] ?? REPLAY.days,
		boot: values["replay-boot"] ?? REPLAY.boot,
		idleStop: values["replay-idle-stop"] ?? REPLAY.idleStop,
		watchInterval: values["watch-interval"],
	};
}

/** Inputs of one mode alone. */
const INPUTS_OF_MODES = [
	{ mode: "check", names: ["check-builders", "check-against"] },
	{ mode: "replay", names: ["replay-days", "replay-boot", "replay-idle-stop"] },
] as const;

/** Ignoring one in silence would let a launch pass for a check or a replay. */
function misplacedInputs({ source, values }: ParsedInputs): readonly string[] {
	return INPUTS_OF_MODES.filter(({ mode }) => mode !== values.mode).flatMap(({ mode, names }) =>
		names
			.map(source)
			.filter(({ texts }) => texts.length > 0)
			.map(
				({ origin }) =>
					`Invalid ${origin}: it requires ${source("mode").origin} to be ${mode}. Set that, or remove it.`,
			),
	);
}

function missingDatabase({ source, values }: ParsedInputs): readonly string[] {
	const { texts, origin } = source("database-url");
	if (values.mode === "check" || texts.length > 0) return [];
	return [
		`Missing ${origin}: it must be the URL of Buildbot's scheduler database, for example mysql://user:password@host/db.`,
	];
}

function unverifiableServer(parsed: ParsedInputs): readonly string[] {
	const server = serverOf(parsed);
	if (server === null || !isVerified(parsed, server)) return [];
	const { kind } = verifiability(server);
	if (kind === "verifiable") return [];
	const origin = (name: InputName) => parsed.source(name).origin;
	const unverified = `set ${origin("database-tls")} to required (encrypted but not verified) or disabled`;
	const problem =
		kind === "socket"
			? `a local socket has no certificate to verify. To use it, ${unverified}.`
			: `certificates are issued for host names, so a server can't be verified by its IP address. Use its host name, or ${unverified}.`;
	return [`Invalid ${origin("database-url")}: ${problem}`];
}

function unmetIamRequirements(parsed: ParsedInputs): readonly string[] {
	if (!usesIam(parsed) || parsed.values["database-url"] === null) return [];
	const origin = (name: InputName) => parsed.source(name).origin;
	const server = serverOf(parsed);
	const unmet = [
		...(server === null || hostingOf(server.host).kind === "other"
			? [`${origin("database-url")} to have an Amazon RDS host, because its name contains the region`]
			: []),
		...(server !== null && server.password !== ""
			? [`${origin("database-url")} to have no password, because it would not be used`]
			: []),
		...(server !== null && !isVerified(parsed, server)
			? [`${origin("database-tls")} to be verify-full, because the server receives the token`]
			: []),
	];
	return unmet.map((requirement) => `Invalid ${origin("database-auth")}: "rds-iam" requires ${requirement}.`);
}

function usesIam({ values }: ParsedInputs): boolean {
	return values["database-auth"] === "rds-iam";
}

function isVerified({ values }: ParsedInputs, server: ServerLocation): boolean {
	return tlsModeFor(values["database-tls"], server) === "verify-full";
}

/** Null: there is no database, or it is a file. */
function serverOf({ values }: ParsedInputs): ServerLocation | null {
	const database = values["database-url"];
	return database === null || database.kind === "sqlite" ? null : database;
}
