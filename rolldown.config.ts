import type { RolldownOptions } from "rolldown";

export default {
	input: "src/main.ts",
	platform: "node",
	treeshake: {
		// The dependencies do nothing on import that this action needs. Saying so lets the bundler drop what is not
		// called: the HTTP client behind @actions/core's OIDC call alone is a fifth of the file.
		moduleSideEffects: [{ test: /node_modules/, sideEffects: false }],
	},
	output: { file: "build/index.js", format: "esm", minify: true, codeSplitting: false },
} satisfies RolldownOptions;
