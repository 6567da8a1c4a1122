/**
 * The few kinds of error that this action throws. Messages are for people: what was being done, to what, why it failed
 * and what to do. Nothing secret is put into one.
 */

/** A fault of the user's own text: which file or input, where in it, and what is wrong. */
export interface Diagnostic {
	/** Path as the user wrote it, relative to the workspace; null for an action input. */
	readonly file: string | null;
	/** 1-based; null where the fault has no line (a missing file, an input). */
	readonly line: number | null;
	/** 1-based. */
	readonly column: number | null;
	readonly message: string;
}

/** Inputs that cannot be used; holds all faults of the run, not the first. */
export class InputError extends Error {
	override readonly name = "InputError";
	readonly faults: readonly Diagnostic[];

	constructor(faults: readonly Diagnostic[]) {
		super(faults.map(formatDiagnostic).join("\n"));
		this.faults = faults;
	}
}

/** A configuration that cannot be used; holds all faults of all its files. */
export class ConfigError extends Error {
	override readonly name = "ConfigError";
	readonly faults: readonly Diagnostic[];

	constructor(faults: readonly Diagnostic[]) {
		super(faults.map(formatDiagnostic).join("\n"));
		this.faults = faults;
	}
}

/** The scheduler database cannot be read. `code` is short and stable, such as `connection-refused`. */
export class DatabaseError extends Error {
	override readonly name = "DatabaseError";
	readonly code: string;

	constructor(code: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}
}

/** A bootstrap certificate cannot be had. */
export class CertificateError extends Error {
	override readonly name = "CertificateError";
}

/** A region of EC2 cannot be read. `code` is EC2's own error code, or the network's. */
export class FleetError extends Error {
	override readonly name = "FleetError";
	readonly code: string;

	constructor(code: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}
}

/** A fault that has no place in a file, or is of none. */
export function diagnostic(message: string, file: string | null = null): Diagnostic {
	return { file, line: null, column: null, message };
}

/** `file:line:column: message`, with what is not known left out. */
export function formatDiagnostic(fault: Diagnostic): string {
	const place = [fault.file, fault.line, fault.column].filter((part) => part !== null).join(":");
	return place === "" ? fault.message : `${place}: ${fault.message}`;
}

/** What an error says, whatever was thrown. */
export function errorMessage(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

/** The same with what caused it: of `fetch`, the cause alone says why. */
export function errorMessageWithCause(error: unknown): string {
	const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : "";
	return `${errorMessage(error)}${cause}`;
}
