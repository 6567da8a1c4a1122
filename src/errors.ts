/**
 * The few kinds of error that this action throws. A message says what failed, names the resource, and ends with the
 * remedy. No message contains a secret.
 */
import type { MachineFacts } from "./core/model/facts.ts";
import type { DatabaseCode, Failure, FailureStage, LaunchCode, StopCode } from "./core/model/failure.ts";

/** A problem in a person's file or input. */
export interface Diagnostic {
	/** Path as the person wrote it, relative to the workspace; null for an input. */
	readonly file: string | null;
	/** 1-based; null if the problem has no line, such as a missing file. */
	readonly line: number | null;
	/** 1-based. */
	readonly column: number | null;
	readonly message: string;
}

/** Number of problems that a run shows. A large file that is not what its name says could have one per character. */
const MAX_SHOWN = 100;

/** What a person wrote is invalid. Holds the first problems, not just one, and counts the rest. */
export abstract class DiagnosticsError extends Error {
	/** What is invalid, in the words of the message that ends the run. */
	abstract readonly subject: string;
	readonly diagnostics: readonly Diagnostic[];
	/** Number of all problems. */
	readonly count: number;

	constructor(diagnostics: readonly Diagnostic[], options?: ErrorOptions) {
		const shown = diagnostics.slice(0, MAX_SHOWN);
		super(shown.map(formatDiagnostic).join("\n"), options);
		this.diagnostics = shown;
		this.count = diagnostics.length;
	}

	/** The message that ends a run. */
	get headline(): string {
		return `${this.verdict} Nothing was read or launched.`;
	}

	/** What is invalid, and how many problems it has. */
	get verdict(): string {
		const { count } = this;
		const rest = count > MAX_SHOWN ? `, of which the first ${MAX_SHOWN} are shown` : "";
		return `Invalid ${this.subject} (${count} ${count === 1 ? "error" : "errors"}${rest}).`;
	}
}

export class InputError extends DiagnosticsError {
	override readonly name = "InputError";
	override readonly subject = "inputs";
}

export class ConfigError extends DiagnosticsError {
	override readonly name = "ConfigError";
	override readonly subject = "configuration";
}

/** I/O that failed. The tick reports it and continues without its result, if it can. */
export abstract class PortError<Code extends string = string> extends Error {
	/** Short and stable. */
	readonly code: Code;

	constructor(code: Code, message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}

	/** The error as an entry of the report. */
	toFailure(stage: FailureStage, concerns: Partial<Pick<Failure, "region" | "mozType">> = {}): Failure {
		const { region = null, mozType = null } = concerns;
		return { stage, region, mozType, code: this.code, message: this.message };
	}
}

/** The scheduler database can't be read. */
export class DatabaseError extends PortError<DatabaseCode> {
	override readonly name = "DatabaseError";
}

/** A region of EC2 can't be read, or not completely. The code is EC2's, STS's, or the network's. */
export class FleetError extends PortError {
	override readonly name = "FleetError";
	/** The region's instances, if only something else could not be read; null: unknown. */
	readonly machines: MachineFacts | null;

	constructor(code: string, message: string, options: ErrorOptions & { readonly machines?: MachineFacts } = {}) {
		super(code, message, options);
		this.machines = options.machines ?? null;
	}

	/** The same error, with these instances. */
	with(machines: MachineFacts): FleetError {
		return new FleetError(this.code, this.message, { cause: this.cause, machines });
	}
}

/** A bootstrap certificate can't be fetched. */
export class CertificateError extends PortError<LaunchCode> {
	override readonly name = "CertificateError";

	constructor(message: string, options?: ErrorOptions) {
		super("no-certificate", message, options);
	}
}

/** The tick ended before a call did. The message is a sentence. */
export class StoppedError extends PortError<StopCode> {
	override readonly name = "StoppedError";
}

/** Metrics can't be sent. No part of the tick depends on them, so this is a warning and not a failure. */
export class MetricsError extends Error {
	override readonly name = "MetricsError";
}

/** A problem without a location, or with only a file. */
export function diagnostic(message: string, file: string | null = null): Diagnostic {
	return { file, line: null, column: null, message };
}

/** `file:line:column: message`, without the parts that are null. */
export function formatDiagnostic({ file, line, column, message }: Diagnostic): string {
	const location = [file, line, column].filter((part) => part !== null).join(":");
	return location === "" ? message : `${location}: ${message}`;
}

/** The message of whatever was thrown. */
export function errorMessage(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** The same with the cause's message: the errors of `fetch` give the reason only there. */
export function errorMessageWithCause(error: unknown): string {
	const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
	return `${errorMessage(error)}${cause}`;
}
