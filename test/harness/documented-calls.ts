/** The table "call → when → permission" of docs/permissions.md. */
import { read } from "./repository.ts";

const DOCUMENT = "docs/permissions.md";

/** The permissions of each EC2 action that the action is documented to call. */
export function documentedCalls(): ReadonlyMap<string, readonly string[]> {
	const [, table = ""] = /<!-- calls -->\n([\s\S]*?)<!-- \/calls -->/.exec(read(DOCUMENT)) ?? [];
	const rows = [...table.matchAll(/^\| `(\w+)` \|.*\| (`.*`) \|$/gm)];
	if (rows.length === 0) throw new Error(`${DOCUMENT} lacks the table of calls`);
	return new Map(
		rows.map(([, call = "", permissions = ""]) => [
			call,
			[...permissions.matchAll(/`([^`]+)`/g)].map(([, one = ""]) => one),
		]),
	);
}
