/** What the packaged action and command line do on a Node that is too old. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ACTION } from "../harness/action.ts";
import { CLI } from "../harness/cli.ts";
import { read } from "../harness/repository.ts";
import { nodesIn, parse } from "../harness/syntax.ts";

const { engines } = z.object({ engines: z.object({ node: z.string() }) }).parse(JSON.parse(read("package.json")));
const OLDEST = engines.node.replace(">=", "");

/** Runs a script as if this Node had another version. */
async function runOn(version: string, script: string) {
	const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`;
	const line = ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`, script, "--help"];
	const failure = await promisify(execFile)(process.execPath, line).catch((error: unknown) => error);
	return z.looseObject({ code: z.number().default(0), stdout: z.string(), stderr: z.string() }).parse(failure);
}

describe.each([
	["the action", ACTION],
	["the command line", CLI],
])("%s", (_what, script) => {
	it.each(["23.11.1", "20.20.2", "12.22.12"])(
		"says on Node %s in one line what is needed, and does nothing else",
		async (version) => {
			const { code, stdout, stderr } = await runOn(version, script);
			expect(stderr).toBe(
				`error: aws-watch-pending requires Node ${OLDEST} or later, but this is Node ${version}. Install Node ${OLDEST} and put it first on the PATH.\n`,
			);
			expect([code, stdout]).toEqual([1, ""]);
		},
	);

	it("loads nothing before it knows the version, and is readable to old versions", () => {
		const nodes = nodesIn(parse(readFileSync(script, "utf8"), script));
		const types = new Set(nodes.map(({ type }) => type));
		// Static imports load before any line runs, and the others are unknown to Node 12.
		for (const type of ["ImportDeclaration", "ChainExpression", "AwaitExpression", "PropertyDefinition", "StaticBlock"])
			expect(types).not.toContain(type);
		expect(types).toContain("ImportExpression");
		expect(readFileSync(script, "utf8")).not.toMatch(/\?\?|[|&]{2}=|\d_\d/);
	});
});

it("a Node that is new enough runs the command line", async () => {
	for (const version of [`${OLDEST}.0.0`, "100.1.0"]) {
		expect((await runOn(version, CLI)).stdout).toMatch(/^Usage: aws-watch-pending/);
	}
});
