/** The scheduler database as a stage of the tick that failed. */
import type { Failure } from "../core/report/report.ts";
import { DatabaseError } from "../errors.ts";

/** @throws the error itself, where it is none of the database's */
export function databaseFailure(error: unknown, stage: string): Failure {
	if (!(error instanceof DatabaseError)) throw error;
	return { stage, region: null, mozType: null, code: error.code, message: error.message };
}
