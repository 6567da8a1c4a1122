/** What the documentation tells people to write, run and open, exists and is right. */
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
/** Programs that a reader has or installs; what they are given is checked as far as it is a file of this repository. */
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

/** What GitHub's links call the headings of a document. */
function headingsOf(path: string): readonly string[] {
	const headings = tokensOf(read(path)).flatMap((token) => (token.type === "heading" ? [String(token["text"])] : []));
	return headings.map((text) =>
		text
			.toLowerCase()
			.replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
			.replaceAll(" ", "-"),
	);
}

/** Faults of a snippet; none: it is right. */
async function faultsOfSnippet(language: string, text: string): Promise<readonly string[]> {
	switch (language) {
		case "yaml":
			return faultsOfData(parse(text), text);
		case "json":
			return faultsOfData(JSON.parse(text), text);
		case "hcl":
			await parseHcl("snippet.tf", text);
			return [];
		case "sh":
			execFileSync("sh", ["-n"], { input: text, stdio: ["pipe", "ignore", "pipe"] });
			return commandsOf(text).flatMap(faultsOfCommand);
		case "sql":
		case "text":
		case "":
			return commandsOf(text).filter(([program = ""]) => ["npm", "npx", "node", ...PROGRAMS].includes(program)).length >
				0
				? ["commands are marked as sh"]
				: [];
		default:
			return [`"${language}" is a language that nothing here checks; use yaml, json, hcl, sh, sql or text`];
	}
}

/** A workflow, steps of one, or a part of the configuration are held to what they must be; other data is only parsed. */
async function faultsOfData(data: unknown, text: string): Promise<readonly string[]> {
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
				// Brackets of a subshell, and variables set for the command alone.
				.replaceAll(/^\s*\(|\)\s*$/g, "")
				.trim()
				.replace(/^(?:\w+=\S+\s+)+/, "")
				.split(/\s+/),
		)
		.filter(([program]) => program !== "");
}

function faultsOfCommand([program = "", ...words]: readonly string[]): readonly string[] {
	const [first = "", second = ""] = words;
	const lost = words.flatMap((word) => {
		const [, path] = OWN_PATH.exec(word) ?? [];
		return path === undefined || existsSync(join(ROOT, path)) ? [] : [`${path} does not exist`];
	});
	switch (program) {
		case "npm":
			if (first === "run" && !(second in scripts)) return [`npm has no script "${second}"`];
			return ["ci", "test", "run", "install", "pack"].includes(first) ? lost : [`npm ${first} is not known here`];
		case "npx":
			return first in bin || existsSync(join(ROOT, "node_modules/.bin", first)) ? lost : [`npx finds no "${first}"`];
		case "node":
			return lost;
		default:
			return PROGRAMS.includes(program) || program in bin ? lost : [`"${program}" is not a program that is known here`];
	}
}

describe.each(DOCUMENTS)("%s", (path) => {
	const tokens = tokensOf(read(path));

	it("has snippets that are right", async () => {
		for (const token of tokens) {
			if (token.type !== "code") continue;
			expect(await faultsOfSnippet(String(token["lang"] ?? ""), String(token["text"])), token.raw).toEqual([]);
		}
	});

	it("names only scripts of npm that exist", () => {
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

describe("the check of snippets sees", () => {
	it.each([
		[
			"an input that the action lacks",
			"yaml",
			"- uses: OWNER/aws-watch-pending@COMMIT\n  with:\n    regoins: us-east-1",
		],
		["a key that a workflow lacks", "yaml", "on: push\njobs:\n  a:\n    runs-on: x\n    stebs: []"],
		["a key that the configuration lacks", "yaml", "region_priorities: {us-east-1: 1}\nbuildermaps: {}"],
		["a limit that is none", "json", '{"region_priorities": {"us-east-1": "many"}}'],
		["a region that is none", "json", '{"us-east-1": {"subnet_ids": "subnet-1"}}'],
		["a script that is gone", "sh", "npm ci && npm run nothing"],
		["a file that is gone", "sh", "aws iam create-role --policy file://configs/iam/nothing.json"],
		["a program that nobody has", "sh", "frobnicate"],
		["commands without their language", "", "npm ci"],
		["a language that is not checked", "python", "pass"],
	])("%s", async (_what, language, text) => {
		expect(await faultsOfSnippet(language, text)).not.toEqual([]);
	});

	it.each([
		["yaml", "a: [1"],
		["json", "{,}"],
		["hcl", "a {"],
		["sh", "if true"],
	])("what cannot be parsed: %s", async (language, text) => {
		await expect(faultsOfSnippet(language, text)).rejects.toThrow();
	});
});
