/** Tests don't depend on how fast a machine is or what time it shows: who reads its clock is listed here, and why. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../harness/repository.ts";
import { type Node, nameOf, nodeOf, nodesIn, nodesOf, parse } from "../harness/syntax.ts";

/** The processes and databases under test read the machine's clock, so their rows must be as old as they say. */
const ROWS = "the age of rows";
const READERS: Readonly<Record<string, string>> = {
	"adapters/buildbot/allocations.test.ts": ROWS,
	"adapters/buildbot/history.test.ts": ROWS,
	"adapters/buildbot/pending-source.test.ts": ROWS,
	"e2e/jacuzzi.test.ts": ROWS,
	"e2e/killed.test.ts": ROWS,
	"e2e/late.test.ts": "the age of the last run",
	"e2e/patterns.test.ts": ROWS,
	"e2e/permissions.test.ts": ROWS,
	"e2e/signals.test.ts": "repeats a signal until it counts as a second one",
	"e2e/stalls.test.ts": "the seconds that a run takes at most",
	"e2e/summary.test.ts": ROWS,
	"e2e/tick.test.ts": `${ROWS}; waits for a call that is held`,
	"ec2-endpoint/endpoint.ts": "the order of calls; delays that a fault asks for",
	"ec2-endpoint/world.ts": "the start of a world without a clock of its own, and the date of its answers",
	"faults/aws.ts": "the bytes of an answer that drips",
	"faults/run-row.ts": "the seconds that a run takes at most",
	"harness/database-server.ts": "waits for a server to answer",
	"harness/faulty-server.ts": "the bytes of an answer that drips",
};

function readsClock(node: Node): boolean {
	if (node.type === "NewExpression")
		return nameOf(node["callee"]) === "Date" && nodesIn(node["arguments"]).length === 0;
	if (node.type !== "CallExpression") return false;
	const callee = nodeOf(node["callee"]);
	const name = callee?.type === "MemberExpression" ? memberName(callee) : nameOf(callee);
	return ["setTimeout", "setInterval", "Date.now", "performance.now", "process.hrtime"].includes(name ?? "");
}

function memberName(node: Node): string {
	return `${nameOf(node["object"])}.${nameOf(node["property"])}`;
}

/** A call `expect(…)` that reads the clock itself. */
function expectsTime(node: Node): boolean {
	return (
		node.type === "CallExpression" && nameOf(node["callee"]) === "expect" && nodesIn(node["arguments"]).some(readsClock)
	);
}

const files = readdirSync(join(ROOT, "test"), { recursive: true, encoding: "utf8" }).filter((file) =>
	file.endsWith(".ts"),
);
const filesWith = (matches: (node: Node) => boolean) =>
	files.filter((file) => nodesOf(join(ROOT, "test", file)).some(matches)).toSorted();

it("only listed test files read the machine's clock", () => {
	expect(filesWith(readsClock)).toEqual(Object.keys(READERS));
});

it("no assertion compares with the machine's clock", () => {
	expect(filesWith(expectsTime)).toEqual([]);
});

it.each([
	["expect(Date.now()).toBe(1)", true, true],
	["const elapsed = performance.now() - start", true, false],
	["await new Promise((done) => setTimeout(done, 5))", true, false],
	["expect(new Date().getTime() - start).toBeLessThan(5)", true, true],
	["new Date(1000)", false, false],
	["world.now()", false, false],
])("the check of clocks understands %s", (source, reads, expects) => {
	const nodes = nodesIn(parse(source, "source.ts"));
	expect([nodes.some(readsClock), nodes.some(expectsTime)]).toEqual([reads, expects]);
});
