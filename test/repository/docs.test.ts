/** Checks the snippets, commands, and links of the documentation. */
import { execFileSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse as parseHcl } from "@cdktf/hcl2json";
import { lexer, type Token, walkTokens } from "marked";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { mainSchema, typeRegionSchema } from "../../src/config/schema.ts";
import { isRegion } from "../../src/core/plan/regions.ts";
import { ROOT, read } from "../harness/repository.ts";
import { faultsOf } from "../harness/workflow-linter.ts";

const DOCUMENTS = globSync(["*.md", "docs/**/*.md", "configs/**/*.md", ".github/**/*.md"], { cwd: ROOT });
const packageSchema = z.object({
	scripts: z.record(z.string(), z.string()),
	bin: z.record(z.string(), z.string()).default({}),
});
const { scripts, bin } = packageSchema.parse(JSON.parse(read("package.json")));
/** Programs that a reader has or installs. Of their arguments, only files of this repository are checked. */
const PROGRAMS = [
	"apt-get",
	"aws",
	"cat",
	"cd",
	"cp",
	"curl",
	"docker",
	"export",
	"gh",
	"git",
	"journalctl",
	"mkdir",
	"sudo",
	"terraform",
];
const OWN_PATH = /^(?:file:\/\/)?((?:\.github|configs|dist|docs|scripts|src|test)\/[\w./-]+)$/;

function tokensOf(text: string): readonly Token[] {
	const tokens: Token[] = [];
	walkTokens(lexer(text), (token) => {
		tokens.push(token);
	});
	return tokens;
}

/** The anchors that GitHub gives the headings of a document. */
function headingsOf(path: string): readonly string[] {
	const headings = tokensOf(read(path)).flatMap((token) => (token.type === "heading" ? [String(token["text"])] : []));
	return headings.map((text) =>
		text
			.toLowerCase()
			.replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
			.replaceAll(" ", "-"),
	);
}

/** Problems of a snippet. */
async function problemsOfSnippet(language: string, text: string): Promise<readonly string[]> {
	switch (language) {
		case "yaml":
			return problemsOfData(parse(text), text);
		case "json":
			return problemsOfData(JSON.parse(text), text);
		case "hcl":
			await parseHcl("snippet.tf", text);
			return [];
		case "sh":
			execFileSync("sh", ["-n"], { input: text, stdio: ["pipe", "ignore", "pipe"] });
			// A script of a machine, which is not for the reader's shell.
			if (text.startsWith("#!")) return [];
			return commandsOf(text).flatMap(problemsOfCommand);
		case "sql":
		case "text":
		case "":
			return commandsOf(text).filter(([program = ""]) => ["npm", "npx", "node", ...PROGRAMS].includes(program)).length >
				0
				? ["commands must be marked as sh"]
				: [];
		default:
			return [`"${language}" is not a checked language; use yaml, json, hcl, sh, sql or text`];
	}
}

/** Validates workflows, steps, and parts of the configuration. Other data is only parsed. */
async function problemsOfData(data: unknown, text: string): Promise<readonly string[]> {
	if (Array.isArray(data)) {
		if (!data.some((step) => z.looseObject({ uses: z.string() }).safeParse(step).success)) return [];
		const steps = text.replace(/^/gm, "      ");
		return faultsOf("w.yml", `on: push\njobs:\n  job:\n    runs-on: ubuntu-24.04\n    steps:\n${steps}`);
	}
	const map = z.record(z.string(), z.unknown()).parse(data);
	if ("jobs" in map) return faultsOf("w.yml", text);
	const keys = Object.keys(map);
	if (keys.some((key) => key in mainSchema.shape)) return issuesOf(mainSchema.partial().safeParse(map));
	return keys.filter(isRegion).flatMap((region) => issuesOf(typeRegionSchema.partial().safeParse(map[region])));
}

function issuesOf({ error }: z.ZodSafeParseResult<unknown>): readonly string[] {
	return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")} ${message}`);
}

/** The words of each command. */
function commandsOf(text: string): readonly (readonly string[])[] {
	return text
		.replaceAll(/\\\n/g, " ")
		.split(/\n|&&|\|\|?|;/)
		.map((command) =>
			command
				.replace(/(^|\s)#.*$/, "")
				// Parentheses of a subshell, and variables set only for the command.
				.replaceAll(/^\s*\(|\)\s*$/g, "")
				.trim()
				.replace(/^(?:\w+=\S+\s+)+/, "")
				.split(/\s+/),
		)
		.filter(([program]) => program !== "");
}

function problemsOfCommand([program = "", ...words]: readonly string[]): readonly string[] {
	const [first = "", second = ""] = words;
	const missing = words.flatMap((word) => {
		const [, path] = OWN_PATH.exec(word) ?? [];
		return path === undefined || existsSync(join(ROOT, path)) ? [] : [`${path} does not exist`];
	});
	switch (program) {
		case "npm":
			if (first === "run" && !(second in scripts)) return [`npm has no script "${second}"`];
			return ["ci", "test", "run", "install", "pack"].includes(first)
				? missing
				: [`npm ${first} is not allowed in docs`];
		case "npx":
			return first in bin || existsSync(join(ROOT, "node_modules/.bin", first))
				? missing
				: [`npx can't find "${first}"`];
		case "node":
			return missing;
		default:
			return PROGRAMS.includes(program) || program in bin ? missing : [`"${program}" is not a known program`];
	}
}

describe.each(DOCUMENTS)("%s", (path) => {
	const tokens = tokensOf(read(path));

	it("has valid snippets", async () => {
		for (const token of tokens) {
			if (token.type !== "code") continue;
			expect(await problemsOfSnippet(String(token["lang"] ?? ""), String(token["text"])), token.raw).toEqual([]);
		}
	});

	it("names only npm scripts that exist", () => {
		const named = [...read(path).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = ""]) => name);
		expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
	});

	it("links only to files and headings that exist", () => {
		for (const token of tokens) {
			if (token.type !== "link" && token.type !== "image") continue;
			const [target = "", heading] = String(token["href"]).split("#");
			if (/^\w+:/.test(target)) continue;
			const file = target === "" ? path : join(dirname(path), target);
			expect(existsSync(join(ROOT, file)), `${path}: ${target}`).toBe(true);
			if (heading !== undefined) expect(headingsOf(file), `${path}: ${target}`).toContain(heading);
		}
	});
});

describe("the check of snippets reports", () => {
	it.each([
		[
			"an unknown input of the action",
			"yaml",
			"- uses: OWNER/aws-watch-pending@COMMIT\n  with:\n    regoins: us-east-1",
		],
		["an unknown key of a workflow", "yaml", "on: push\njobs:\n  a:\n    runs-on: x\n    stebs: []"],
		["an unknown key of the configuration", "yaml", "region_priorities: {us-east-1: 1}\nbuildermaps: {}"],
		["an invalid priority", "json", '{"region_priorities": {"us-east-1": "many"}}'],
		["an invalid region block", "json", '{"us-east-1": {"subnet_ids": "subnet-1"}}'],
		["a missing npm script", "sh", "npm ci && npm run nothing"],
		["a missing file", "sh", "aws iam create-role --policy file://configs/iam/nothing.json"],
		["an unknown program", "sh", "frobnicate"],
		["commands without a language", "", "npm ci"],
		["an unchecked language", "python", "pass"],
	])("%s", async (_what, language, text) => {
		expect(await problemsOfSnippet(language, text)).not.toEqual([]);
	});

	it.each([
		["yaml", "a: [1"],
		["json", "{,}"],
		["hcl", "a {"],
		["sh", "if true"],
	])("unparsable %s", async (language, text) => {
		await expect(problemsOfSnippet(language, text)).rejects.toThrow();
	});
});
