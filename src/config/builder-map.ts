/** The patterns of `buildermap`. */
import type { BuilderPattern } from "../core/model/policy.ts";
import type { Diagnostic } from "../errors.ts";
import type { Document } from "./document/document.ts";
import { quote } from "./document/text.ts";
import { compilePattern } from "./python-re/compile.ts";
import { PatternError } from "./python-re/scanner.ts";

export interface BuilderMap {
	/** Those that compile, in file order. */
	readonly patterns: readonly BuilderPattern[];
	readonly diagnostics: readonly Diagnostic[];
}

export function compileBuilderMap(document: Document): BuilderMap {
	const patterns: BuilderPattern[] = [];
	const diagnostics: Diagnostic[] = [];
	for (const { key, location, value } of document.entries(["buildermap"])) {
		try {
			const regex = compilePattern(key);
			if (value.kind === "scalar") patterns.push({ source: key, line: location.line, regex, mozType: value.text });
		} catch (error) {
			if (!(error instanceof PatternError)) throw error;
			diagnostics.push(
				document.at(["buildermap", key], `the pattern ${quote(key)} does not compile: ${error.message}`),
			);
		}
	}
	return { patterns, diagnostics };
}
