/** Past build requests, as Buildbot's tables remember them. Times are whole seconds since 1970, UTC. */

/** One build of a request. A request has several if a build was retried. */
export interface PastBuild {
	readonly startedAt: number;
	/** Null: it has not finished. */
	readonly finishedAt: number | null;
	/** Name of the worker; null if the database does not say. */
	readonly worker: string | null;
}

/** One build request. */
export interface PastRequest {
	readonly id: number;
	readonly builder: string;
	readonly submittedAt: number;
	/** When a master claimed it, if that is known. */
	readonly claimedAt: number | null;
	/** When it was complete; null: it is not. */
	readonly completeAt: number | null;
	/** In order of their start. Empty: none started. It was cancelled, merged into another request, or is still pending. */
	readonly builds: readonly PastBuild[];
}

/** What a scheduler database remembers of a time. */
export interface History {
	/** Requests were read that were submitted from this time on… */
	readonly from: number;
	/** …until this one: the server's time when reading began, or that of the newest request if it is more than a day old. */
	readonly until: number;
	/** The server's time when reading began. */
	readonly readAt: number;
	/** In order of their ID. */
	readonly requests: readonly PastRequest[];
}
