/** The one place in which the tick catches errors of its ports. */
import type { Failure, FailureStage } from "../core/model/failure.ts";
import { PortError } from "../errors.ts";

export type Attempt<T> =
	| { readonly kind: "done"; readonly value: T }
	| { readonly kind: "failed"; readonly failure: Failure };

/**
 * Calls a port. A failure becomes part of the result.
 * @throws any error that isn't a {@link PortError}: it's a bug
 */
export async function attempt<T>(
	stage: FailureStage,
	concerns: Partial<Pick<Failure, "region">>,
	call: () => Promise<T>,
): Promise<Attempt<T>> {
	try {
		return { kind: "done", value: await call() };
	} catch (error) {
		if (!(error instanceof PortError)) throw error;
		return { kind: "failed", failure: error.toFailure(stage, concerns) };
	}
}
