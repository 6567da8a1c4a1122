import type { RolldownOptions } from "rolldown";

export default {
	input: "src/main.ts",
	platform: "node",
	// The AWS SDK's ES modules, of which what is not called can be left out; its CommonJS is one file of all calls.
	resolve: { mainFields: ["module", "main"] },
	treeshake: {
		// The dependencies do nothing on import that this action needs. Saying so lets the bundler drop what is not
		// called: the HTTP client behind @actions/core's OIDC call alone is a fifth of the file.
		moduleSideEffects: [{ test: /node_modules/, sideEffects: false }],
	},
	output: { file: "build/index.js", format: "esm", minify: true, codeSplitting: false },
} satisfies RolldownOptions;
