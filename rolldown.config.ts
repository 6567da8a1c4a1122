import type { RolldownOptions } from "rolldown";

/** Leaves an import of `source` to run time, as an import of `file`. */
const loaded = (source: string, file: string) => ({
	name: `load ${file}`,
	resolveId: (id: string) => (id === source ? { id: file, external: "absolute" as const } : null),
});

const bundle = (input: string, file: string, plugins: RolldownOptions["plugins"]) =>
	({
		input,
		plugins,
		platform: "node",
		// The AWS SDK's ES modules can be tree-shaken; its CommonJS is a single file with every call.
		resolve: { mainFields: ["module", "main"] },
		treeshake: {
			// No dependency has a side effect on import that the action needs, so the bundler can drop unused modules:
			// the HTTP client of @actions/core's OIDC call alone is a fifth of the file.
			moduleSideEffects: [{ test: /node_modules/, sideEffects: false }],
		},
		output: { file: `build/${file}`, format: "esm", minify: true, codeSplitting: false },
	}) satisfies RolldownOptions;

/**
 * The run, its two entries, and what starts them: a file that even an old Node can read, and that checks its version
 * before an entry is loaded.
 */
export default [
	bundle("src/run.ts", "run.js", []),
	bundle("src/main.ts", "main.js", [loaded("./run.ts", "./run.js")]),
	bundle("src/cli.ts", "command-line.js", [loaded("./run.ts", "./run.js")]),
	bundle("src/start-action.ts", "index.js", [loaded("./main.ts", "./main.js")]),
	bundle("src/start-cli.ts", "cli.js", [loaded("./cli.ts", "./command-line.js")]),
];
