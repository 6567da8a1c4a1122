/** The one place in which the tick catches errors of its ports. */
import { untilAborted } from "../abort.ts";
import type { Failure, FailureStage } from "../core/model/failure.ts";
import { PortError } from "../errors.ts";
import type { Ending } from "./ports.ts";

export type Attempt<T> =
	| { readonly kind: "done"; readonly value: T }
	| { readonly kind: "failed"; readonly failure: Failure; readonly error: PortError };

/** What a call of a port is made for. */
export interface Concern extends Partial<Pick<Failure, "region">> {
	readonly stage: FailureStage;
	readonly ending: Ending;
}

/**
 * Calls a port. A failure becomes part of the result, and so does a call that hasn't returned when the tick ends.
 * @throws any error that isn't a {@link PortError}: it's a bug
 */
export async function attempt<T>({ stage, ending, ...concerns }: Concern, call: () => Promise<T>): Promise<Attempt<T>> {
	try {
		return { kind: "done", value: await untilAborted(call(), ending.end) };
	} catch (error) {
		if (!(error instanceof PortError)) throw error;
		return { kind: "failed", failure: error.toFailure(stage, concerns), error };
	}
}
