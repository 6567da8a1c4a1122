/** The time limit of the job, from the workflow file in the checkout. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const workflowSchema = z.looseObject({
	jobs: z.record(z.string(), z.looseObject({ "timeout-minutes": z.unknown().optional() })),
});
/** GitHub's default, in minutes. */
const DEFAULT = 360;

/**
 * Seconds; null if unknown: there is no such file or job, or only GitHub can evaluate the value.
 * @param workflowRef `owner/name/.github/workflows/file.yml@refs/heads/main`
 */
export function jobTimeout(workspace: string, workflowRef: string, job: string): number | null {
	const [, path] = /^[^/]+\/[^/]+\/(\.github\/workflows\/[\w.-]+)@/.exec(workflowRef) ?? [];
	if (path === undefined) return null;
	try {
		const { jobs } = workflowSchema.parse(parse(readFileSync(join(workspace, path), "utf8")));
		const found = jobs[job];
		if (found === undefined) return null;
		const minutes = found["timeout-minutes"] ?? DEFAULT;
		return typeof minutes === "number" ? minutes * 60 : null;
	} catch {
		return null;
	}
}
