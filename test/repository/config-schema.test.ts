/** The JSON Schemas of the configuration, as the language servers of editors use them. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { TextDocument as JsonDocument, getLanguageService as jsonService } from "vscode-json-languageservice";
import { TextDocument } from "vscode-languageserver-textdocument";
import { getLanguageService as yamlService } from "yaml-language-server";
import { z } from "zod";
import { schemaFiles } from "../../scripts/config-schema.ts";
import { ROOT, read } from "../harness/repository.ts";

const FILES = globSync("configs/*.{json,yml}", { cwd: ROOT }).toSorted();
const uriOf = (file: string) => pathToFileURL(join(ROOT, file)).href;
const load = async (uri: string) => read(uri.slice(`${pathToFileURL(ROOT).href}/`.length));
const resolver = {
	resolveRelativePath: (path: string, resource: string) => new URL(path, resource).href,
};
const shown = z.union([z.string(), z.looseObject({ value: z.string() })]);
const hoverText = (contents: unknown) => {
	const parsed = shown.or(z.array(shown)).parse(contents);
	return (Array.isArray(parsed) ? parsed : [parsed])
		.map((part) => (typeof part === "string" ? part : part.value))
		.join();
};

/** What an editor shows for a file: completions and a hover at the first `|`, which is removed, and errors. */
async function inJson(file: string, marked: string) {
	const service = jsonService({ schemaRequestService: load, workspaceContext: resolver });
	const offset = marked.indexOf("|");
	const document = JsonDocument.create(uriOf(file), "json", 1, marked.replace("|", ""));
	const tree = service.parseJSONDocument(document);
	const position = document.positionAt(Math.max(0, offset));
	return {
		errors: (await service.doValidation(document, tree)).map(({ message }) => message),
		labels: ((await service.doComplete(document, position, tree))?.items ?? []).map(({ label }) => label),
		hover: async () => hoverText((await service.doHover(document, position, tree))?.contents ?? ""),
	};
}

/** The YAML server keeps what it has read of a version. */
let versions = 0;

async function inYaml(file: string, marked: string) {
	const service = yamlService({ schemaRequestService: load, workspaceContext: resolver });
	service.configure({ validate: true, hover: true, completion: true, schemas: [] });
	const offset = marked.indexOf("|");
	const document = TextDocument.create(uriOf(file), "yaml", ++versions, marked.replace("|", ""));
	const position = document.positionAt(Math.max(0, offset));
	return {
		errors: (await service.doValidation(document, false)).map(({ message }) => message),
		labels: (await service.doComplete(document, position, false)).items.map(({ label }) => label),
		hover: async () => hoverText((await service.doHover(document, position))?.contents ?? ""),
	};
}

it.each(Object.entries(schemaFiles()))("configs/schema/%s is current", (name, text) => {
	expect(read(`configs/schema/${name}`)).toBe(text);
});

it.each(FILES)("%s names its schema, and has no error by it", async (file) => {
	const text = read(file);
	expect(text).toMatch(/\$schema"?: "?schema\/[\w-]+\.schema\.json/);
	const { errors } = file.endsWith(".json") ? await inJson(file, text) : await inYaml(file, text);
	expect(errors).toEqual([]);
});

describe("in JSON, an editor", () => {
	const MAIN = "configs/main.json";
	const head = '{ "$schema": "schema/watch-pending.schema.json", "buildermap": { "a": "b" }';

	it("completes keys", async () => {
		const { labels } = await inJson(MAIN, `${head}, "heuristics": { "|" } }`);
		expect(labels).toEqual(expect.arrayContaining(["fresh_instance_delay", "old_divisor", "scope"]));
	});

	it("explains a key with its unit", async () => {
		const { hover } = await inJson(MAIN, `${head}, "heuristics": { "fresh|_instance_delay": 1 } }`);
		expect(await hover()).toContain("Seconds after its launch");
	});

	it("marks an unknown key, a wrong value, and a missing key", async () => {
		const { errors } = await inJson(MAIN, `${head}, "heuristics": { "skope": "pool", "old_divisor": 0 } }`);
		expect(errors).toHaveLength(2);
		expect((await inJson(MAIN, '{ "$schema": "schema/watch-pending.schema.json" }')).errors).toEqual([
			'Missing property "buildermap".',
		]);
	});
});

describe("in YAML, an editor", () => {
	const TYPE = "configs/type.yml";
	const head = "# yaml-language-server: $schema=schema/type.schema.json\nhostname: a-%d\nus-west-2:\n";
	const region = "  ami: ami-1\n  subnet_ids: [a]\n  security_group_ids: [a]\n  instance_type: a\n";

	it("completes keys", async () => {
		const { labels } = await inYaml(TYPE, `${head}${region}  |`);
		expect(labels).toEqual(expect.arrayContaining(["device_map", "launch_template", "use_public_ip"]));
	});

	it("explains a key with its unit", async () => {
		const { hover } = await inYaml(TYPE, `${head}${region}  device_map: { /dev/xvda: { si|ze: 1 } }\n`);
		expect(await hover()).toContain("Size in GiB");
	});

	it("marks a wrong value and a missing key, and no key of other tools", async () => {
		expect((await inYaml(TYPE, `${head}${region}  distro: centos\n`)).errors).toEqual([]);
		expect((await inYaml(TYPE, `${head}${region}  use_public_ip: 7\n`)).errors).toHaveLength(1);
		const { errors } = await inYaml(TYPE, `${head}${region.replace("  ami: ami-1\n", "")}`);
		expect(errors).toEqual(['Missing property "ami".']);
	});
});
