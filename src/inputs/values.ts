import type { Region } from "../core/model/policy.ts";
import type { FailOn } from "../core/report/fail-on.ts";
import type { Mode } from "../core/report/report.ts";
import type { TlsMode } from "./database-tls.ts";
import type { DatabaseLocation } from "./database-url.ts";
import type { DurationRange } from "./kinds.ts";

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
