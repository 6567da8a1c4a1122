/**
 * Prints the job summary of a saved JSON report.
 * Usage: node scripts/summary.ts report.json
 */
import { readFileSync } from "node:fs";
import { errorMessage } from "../src/errors.ts";
import { summarize } from "../src/summary/summary.ts";
import { parseReport } from "./saved-report.ts";

const [path, ...rest] = process.argv.slice(2);
if (path === undefined || rest.length > 0) {
	console.error("Usage: npm run summary --silent -- report.json (the file that the action's output `report` names)");
	process.exitCode = 1;
} else {
	try {
		console.log(summarize(parseReport(readFileSync(path, "utf8"))));
	} catch (error) {
		console.error(`The report ${path} cannot be read: ${errorMessage(error)}`);
		process.exitCode = 1;
	}
}
