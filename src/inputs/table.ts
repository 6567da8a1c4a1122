/**
 * The inputs, each declared once. The action, the command line, and its help read this table; tests compare `action.yml`,
 * the reusable workflow, and the documentation with it.
 */
import type { Region } from "../core/model/policy.ts";
import type { FailOn } from "../core/report/fail-on.ts";
import type { Mode } from "../core/report/report.ts";
import type { TlsMode } from "./database-tls.ts";
import type { DatabaseLocation } from "./database-url.ts";
import {
	boolean,
	choice,
	type DurationRange,
	databaseUrl,
	duration,
	durationRange,
	type Kind,
	regions,
	roleArn,
	secret,
	text,
	usd,
	wholeNumber,
} from "./kinds.ts";

/** What each input's text becomes. */
export interface InputValues {
	readonly config: string;
	/** Holds a secret. */
	readonly "database-url": DatabaseLocation | null;
	readonly "database-tls": TlsMode;
	/** PEM text, a path, or `rds`; null: the CAs that Node trusts. */
	readonly "database-ca": string | null;
	readonly "database-auth": "password" | "rds-iam";
	/** Empty: the configuration decides. */
	readonly regions: readonly Region[];
	readonly mode: Mode | "check" | "replay";
	/** Relative to the workspace. */
	readonly "check-builders": string | null;
	/** Relative to the workspace. */
	readonly "check-against": string | null;
	/** 0 to 100. */
	readonly "latest-ami-percentage": number;
	readonly "max-launches": number;
	readonly "max-hourly-cost": number | null;
	readonly lock: boolean;
	/** A secret. */
	readonly "github-token": string | null;
	/** Seconds. */
	readonly timeout: number;
	/** Seconds; 0: one tick. */
	readonly "watch-for": number;
	/** Seconds. */
	readonly "watch-interval": number;
	/** ARN; null: the credentials that the job has. */
	readonly "role-to-assume": string | null;
	/** Null: not given, since it is an error outside a replay. The same applies to the next two. */
	readonly "replay-days": number | null;
	/** Seconds. */
	readonly "replay-boot": DurationRange | null;
	/** Seconds. */
	readonly "replay-idle-stop": number | null;
	/** Null: a run outside GitHub. */
	readonly "step-key": string | null;
	readonly "fail-on": FailOn;
}

export type InputName = keyof InputValues;

export interface Input<T> {
	readonly kind: Kind<NonNullable<T>>;
	/** The value if none is given; null: none. */
	readonly default: T;
	/** The default in `action.yml` if only GitHub can evaluate it. */
	readonly expression?: string;
	/** One sentence, in Markdown. */
	readonly description: string;
	/** Further sentences, for people who look the input up. */
	readonly details?: string;
	/** Null: the command line has no option for it. */
	readonly option: InputOption | null;
}

export interface InputOption {
	/** Without dashes, if it is not the input's name. */
	readonly name?: string;
	readonly short?: string;
	/** What the help calls its value. A flag has none. */
	readonly placeholder?: string;
	/** The option is a flag that stands for this value. */
	readonly flagFor?: string;
	/** Whether it can be given several times. */
	readonly repeatable?: true;
	readonly required?: true;
	/** A phrase for the help, which adds what is allowed and the default. */
	readonly help: string;
}

export type AnyInput = Input<InputValues[InputName]>;

export const INPUTS: { readonly [Name in InputName]: Input<InputValues[Name]> } = {
	config: {
		kind: text,
		default: "configs/watch_pending.json",
		description: "Configuration file, relative to the workspace.",
		details:
			"The format is JSON or YAML; a `.cfg` file of the original works unchanged. The files of the instance types must be in the same folder.",
		option: {
			short: "c",
			placeholder: "FILE",
			required: true,
			help: "configuration file, with the files of the instance types in the same folder",
		},
	},
	"database-url": {
		kind: databaseUrl,
		default: null,
		description: "URL of Buildbot's scheduler database.",
		details:
			"Use `mysql://user:password@host:3306/db` (or `mariadb://`), `postgresql://user:password@host:5432/db`, `sqlite:///relative.sqlite`, or `sqlite:////absolute.sqlite`. A SQLAlchemy driver (`mysql+pymysql://`) is accepted. For a socket, add `?unix_socket=/path` (MySQL) or `?host=/folder` (PostgreSQL). For another schema of PostgreSQL, add `?options=-csearch_path=SCHEMA`. Parameters that only tune a driver are ignored, and all others are rejected. Percent-encode special characters in the user name and password. Keep the URL in a secret. Required unless `mode` is `check`.",
		// A password in an argument would be visible to every user of the machine.
		option: null,
	},
	"database-tls": {
		kind: choice(["auto", "disabled", "required", "verify-full"]),
		default: "auto",
		description: "Encryption of the connection to the database server.",
		details:
			"`verify-full`: encrypted, with the server's certificate and name verified. `required`: encrypted but not verified. `disabled`: not encrypted. `auto`: `disabled` for localhost and sockets, otherwise `verify-full`.",
		option: { placeholder: "MODE", help: "encryption of the database connection" },
	},
	"database-ca": {
		kind: text,
		default: null,
		description: "CA certificates that verify the database server: PEM text, a PEM file, or `rds` for Amazon RDS.",
		details: "Default: Node's trusted CAs.",
		option: {
			placeholder: "FILE",
			help: "CA certificates that verify the database server: PEM file, or rds for Amazon RDS",
		},
	},
	"database-auth": {
		kind: choice(["password", "rds-iam"]),
		default: "password",
		description: "How to authenticate to the database server.",
		details:
			"`password`: with the password in the URL. `rds-iam`: with a token for Amazon RDS, signed with the AWS credentials of the job. `rds-iam` requires an RDS host name, a URL without a password, and a verified certificate (`database-ca: rds`).",
		option: { placeholder: "METHOD", help: "how to authenticate to the database server" },
	},
	regions: {
		kind: regions,
		default: [],
		description: "AWS regions to use.",
		details: "Separated by commas, spaces or newlines. Default: every region with a priority above 0.",
		option: {
			name: "region",
			short: "r",
			placeholder: "REGION",
			repeatable: true,
			help: "AWS region to use; repeat it for several (default: every region with a priority above 0)",
		},
	},
	mode: {
		kind: choice(["launch", "dry-run", "check", "replay"]),
		default: "launch",
		description: "What the run does.",
		details:
			"`launch` reads, plans, and launches; `dry-run` reads and plans but launches nothing; `check` validates the configuration without contacting the database or AWS; `replay` reads past builds from the database and simulates what other settings would have done, without contacting AWS.",
		option: { name: "dryrun", short: "n", flagFor: "dry-run", help: "read and plan, but launch nothing" },
	},
	"check-builders": {
		kind: text,
		default: null,
		description: "File of builder names to check the patterns with, relative to the workspace.",
		details:
			"One name per line, or a saved JSON report. The check lists the patterns that match none of the builders, and the builders that no pattern matches. Only allowed if `mode` is `check`.",
		option: { placeholder: "FILE", help: "builder names to check the patterns with: one per line, or a saved report" },
	},
	"check-against": {
		kind: text,
		default: null,
		description: "Another version of the configuration file, relative to the workspace.",
		details:
			"The check shows what differs from it: builders that move to another instance type, instance types, and settings. The other version's files must be in its own folder. Only allowed if `mode` is `check`.",
		option: { placeholder: "FILE", help: "another version of the configuration, whose differences are shown" },
	},
	"latest-ami-percentage": {
		kind: wholeNumber({ highest: 100, unit: "percent" }),
		default: 100,
		description: "Percentage of new instances that start from the newest image of their type.",
		details: "The rest start from the previous image.",
		option: { placeholder: "N", help: "percentage of new instances that start from the newest image" },
	},
	"max-launches": {
		kind: wholeNumber({ highest: 100_000, unit: "instances" }),
		default: 200,
		description: "Maximum number of instances to launch in one run.",
		details:
			"It applies to all instance types and regions together. While watching, it limits the launches of any 60 minutes.",
		option: { placeholder: "N", help: "maximum number of instances to launch" },
	},
	"max-hourly-cost": {
		kind: usd,
		default: null,
		description: "Maximum cost of live and new instances together, in USD per hour.",
		details:
			"An instance whose price is unknown counts at its bid. On-demand instances need a price in `on_demand_price`. Default: no limit.",
		option: { placeholder: "USD", help: "maximum cost of live and new instances, in USD per hour" },
	},
	lock: {
		kind: boolean,
		default: true,
		description: "Whether a run that launches holds a lock, so that no other run launches meanwhile.",
		details:
			"A run that can't get the lock launches nothing and succeeds. The lock is an advisory lock on the database server. For SQLite, it is a file that only runs of the same user on the same machine share; for others, rely on the workflow's `concurrency` group.",
		option: { placeholder: "BOOLEAN", help: "whether to hold a lock while launching" },
	},
	"github-token": {
		kind: secret,
		default: null,
		expression: `\${{ github.token }}`,
		description: "Used to detect late scheduled runs (needs `actions: read`).",
		details: "Optional.",
		option: null,
	},
	timeout: {
		kind: wholeNumber({ highest: 3_600, unit: "seconds" }),
		default: 240,
		description: "Stop starting launches after this many seconds.",
		details: "Instances already launched are still named and reported; the next run picks up the rest.",
		option: { placeholder: "SECONDS", help: "stop starting launches after this time" },
	},
	"watch-for": {
		kind: duration({ zero: true, lowest: 60, highest: 21_600 }),
		default: 0,
		description: "How long the run watches the database; `0` runs one tick.",
		details:
			"Seconds, or with a unit, for example `50m`. While watching, a run ticks soon after a request arrives, but at most once a minute, and `timeout` applies to each tick. The job needs a `timeout-minutes` that is longer.",
		option: null,
	},
	"watch-interval": {
		kind: duration({ zero: false, lowest: 1, highest: 300 }),
		default: 15,
		description: "Seconds between looks at the database while watching.",
		option: { placeholder: "SECONDS", help: "time between looks at the database while watching" },
	},
	"role-to-assume": {
		kind: roleArn,
		default: null,
		description: "ARN of the AWS role that the action assumes by OIDC, and assumes again before its session expires.",
		details:
			"Requires the permission `id-token: write`. Without it, the action uses the credentials that the job has, for example those of `aws-actions/configure-aws-credentials`.",
		option: null,
	},
	"replay-days": {
		kind: wholeNumber({ lowest: 1, highest: 366, unit: "days" }),
		default: null,
		description: "Days of the history that a replay simulates.",
		details: "Only for `mode: replay`. Default: 28.",
		option: { name: "days", placeholder: "N", help: "days of the history to replay (default: 28)" },
	},
	"replay-boot": {
		kind: durationRange({ lowest: 1, highest: 7_200 }),
		default: null,
		description: "Shortest and longest time from the launch of a machine to its first build, for a replay.",
		details:
			"For example `3m-8m`. The job summary of a run shows how long your machines take. Only for `mode: replay`. Default: `3m-8m`.",
		option: {
			name: "boot",
			placeholder: "RANGE",
			help: "shortest and longest time from the launch of a machine to its first build (default: 3m-8m)",
		},
	},
	"replay-idle-stop": {
		kind: duration({ zero: true, lowest: 1, highest: 86_400 }),
		default: null,
		description: "Time without work after which your machines stop themselves, for a replay.",
		details: "Only for `mode: replay`. Default: `10m`.",
		option: {
			name: "idle-stop",
			placeholder: "TIME",
			help: "time without work after which machines stop themselves (default: 10m)",
		},
	},
	"step-key": {
		kind: text,
		default: null,
		expression: `\${{ strategy.job-index }}`,
		description:
			"Distinguishes this step from the same step of another job in the workflow run, so that the jobs of a matrix launch independently of each other.",
		details: "Set it only if one run calls a reusable workflow with this step several times.",
		option: null,
	},
	"fail-on": {
		kind: choice(["error", "shortfall", "never"]),
		default: "error",
		description: "When the run fails.",
		details:
			"`error`: on a failed read, on a launch error other than missing capacity, or if nothing could be launched for a pool although its limits allowed it. `shortfall`: also on any unmet need. `never`: only on invalid inputs or configuration.",
		option: { placeholder: "WHEN", help: "when to exit with 1" },
	},
};

/** A default as people write it; null: none. */
export function defaultText({ default: value, expression }: Pick<AnyInput, "default" | "expression">): string | null {
	if (expression !== undefined) return expression;
	return value === null || (Array.isArray(value) && value.length === 0) ? null : String(value);
}
