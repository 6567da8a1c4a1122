/** Errors of a call to EC2, and the codes of those after which it is repeated. */
import type { AnswerCode } from "../../core/model/failure.ts";

/** Characters of a message of EC2 or STS that are kept. */
export const MAX_MESSAGE = 2_000;

/** A call was not made, since its wait would have outlasted the deadline. */
export class DeadlineError extends Error {
	override readonly name = "DeadlineError";
}

/** No credentials could be found, so nothing was sent. Named like the SDK's own error. */
export class CredentialsError extends Error {
	override readonly name = "CredentialsProviderError";
}

/**
 * A call was sent, and EC2's own answer to it was not read whole: whether it took effect is not known. `code` is the
 * network's (`ECONNRESET`), `TimeoutError`, or `unread-answer` for a document that is not EC2's.
 */
export class UnreadAnswer extends Error {
	override readonly name = "UnreadAnswer";
	readonly code: string;

	constructor(code: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}

	/** For a document that is not EC2's own, or that is incomplete. */
	static document(message: string, options?: ErrorOptions): UnreadAnswer {
		return new UnreadAnswer("unread-answer" satisfies AnswerCode, message, options);
	}
}

/** Codes of a call that came too soon after another: EC2 asks to slow down. */
export const THROTTLING: ReadonlySet<string> = new Set([
	"RequestLimitExceeded",
	"Throttling",
	"ThrottlingException",
	"EC2ThrottledException",
	"RequestThrottled",
]);

/** Codes of EC2's own failures. EC2 does not say whether the call took effect. */
export const PASSING: ReadonlySet<string> = new Set([
	"InternalError",
	"InternalFailure",
	"ServiceUnavailable",
	"Unavailable",
]);

/** EC2's error code, the network's (`ECONNRESET`), or the error's name. */
export function codeOf(error: unknown): string {
	if (!(error instanceof Error)) return "unknown";
	if ("code" in error && typeof error.code === "string" && error.code !== "") return error.code;
	return error.name;
}

/** Whether EC2 asks to slow down. The call had no effect. */
export function isThrottling(error: unknown): boolean {
	return !(error instanceof UnreadAnswer) && THROTTLING.has(codeOf(error));
}

/** Whether the call may have taken effect. */
export function isUnknown(error: unknown): boolean {
	return error instanceof UnreadAnswer || PASSING.has(codeOf(error));
}

/** Codes of a signature whose time is wrong, among other reasons. Source: SigV4 troubleshooting in the IAM User Guide. */
const WRONG_TIME: ReadonlySet<string> = new Set([
	"AuthFailure",
	"InvalidSignatureException",
	"RequestExpired",
	"RequestInTheFuture",
	"RequestTimeTooSkewed",
	"SignatureDoesNotMatch",
]);

/** Whether EC2 refused the time of a signature, and the SDK has learned EC2's time from that. */
export function isClockCorrected(error: unknown): boolean {
	const metadata = error instanceof Error && "$metadata" in error ? error.$metadata : null;
	if (typeof metadata !== "object" || metadata === null || !WRONG_TIME.has(codeOf(error))) return false;
	return "clockSkewCorrected" in metadata && metadata.clockSkewCorrected === true;
}
