import type { RolldownOptions } from "rolldown";

/** A file of its own that this one loads when it is wanted. */
const loaded = (source: string, file: string) => ({
	name: `load ${file}`,
	resolveId: (id: string) => (id === source ? { id: file, external: "absolute" as const } : null),
});

const bundle = (input: string, file: string, plugins: RolldownOptions["plugins"]) =>
	({
		input,
		plugins,
		platform: "node",
		// The AWS SDK's ES modules, of which what is not called can be left out; its CommonJS is one file of all calls.
		resolve: { mainFields: ["module", "main"] },
		treeshake: {
			// The dependencies do nothing on import that this action needs. Saying so lets the bundler drop what is not
			// called: the HTTP client behind @actions/core's OIDC call alone is a fifth of the file.
			moduleSideEffects: [{ test: /node_modules/, sideEffects: false }],
		},
		output: { file: `build/${file}`, format: "esm", minify: true, codeSplitting: false },
	}) satisfies RolldownOptions;

/** The run, and the two entries to it: the action and the command line. */
export default [
	bundle("src/run.ts", "run.js", []),
	bundle("src/main.ts", "index.js", [loaded("./run.ts", "./run.js")]),
	bundle("src/cli.ts", "cli.js", [loaded("./run.ts", "./run.js")]),
];
