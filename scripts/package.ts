/**
 * Builds `dist/`: rolldown bundles, tree-shakes, and minifies the run and its two small entries; ncc then converts the
 * run to the form in which actions are shipped. `licenses.txt` has the license texts of the bundled packages.
 * Usage: node scripts/package.ts [folder]
 * The default folder is `dist`.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { rolldown } from "rolldown";
import { z } from "zod";
import configs from "../rolldown.config.ts";

const root = resolve(import.meta.dirname, "..");
const folder = resolve(process.argv[2] ?? join(root, "dist"));
const manifest = z.object({ name: z.string(), version: z.string(), license: z.string().optional() });

process.chdir(root);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const modules: string[] = [];
for (const config of configs) {
	const bundle = await rolldown(config);
	const { output } = await bundle.write(config.output);
	await bundle.close();
	copyFileSync(config.output.file, join(folder, basename(config.output.file)));
	modules.push(...output.flatMap((chunk) => (chunk.type === "chunk" ? Object.keys(chunk.modules) : [])));
}
// Not the entries: ncc would make them load the run at once, although they load it only if they need it.
execFileSync(join(root, "node_modules/.bin/ncc"), ["build", "build/run.js", "--out", "build/ncc", "--quiet"], {
	stdio: "inherit",
});
copyFileSync("build/ncc/index.js", join(folder, "run.js"));
writeFileSync(join(folder, "package.json"), `${JSON.stringify({ type: "module" }, null, 2)}\n`);
writeFileSync(join(folder, "licenses.txt"), licenses(modules));

/** The license texts of the packages that the modules come from, each once, in the order of their first package. */
function licenses(ids: readonly string[]): string {
	const folders = new Set(
		ids.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id.replaceAll("\\", "/"))?.[0] ?? []),
	);
	const packages = [...folders].map((path) => {
		const { name, version, license } = manifest.parse(JSON.parse(readFileSync(join(path, "package.json"), "utf8")));
		const files = existsSync(path) ? readdirSync(path).filter((file) => /^(licen[cs]e|notice)/i.test(file)) : [];
		const text = files
			.toSorted()
			.map((file) => readFileSync(join(path, file), "utf8").replaceAll("\r\n", "\n").trim())
			.join("\n\n");
		return { title: `${name} ${version}`, terms: `${license ?? ""}\n\n${text}\n` };
	});
	const byTerms = Map.groupBy(packages, ({ terms }) => terms);
	return [...byTerms]
		.map(
			([terms, some]) =>
				`${some
					.map(({ title }) => title)
					.toSorted()
					.join("\n")}\n${terms}`,
		)
		.toSorted()
		.join(`\n${"-".repeat(80)}\n\n`);
}
