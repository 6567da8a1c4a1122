import { type DatabaseLocation, parseDatabaseUrl } from "../../src/inputs/database-url.ts";

/** The location that a valid database URL names. */
export function locationOf(url: string): DatabaseLocation {
	const parsed = parseDatabaseUrl(url);
	if (parsed.kind === "invalid") throw new Error(parsed.problem);
	return parsed.value;
}
