/** What the patterns decide for builders that are known. */
import type { Match } from "../../core/demand/mapping.ts";
import { readableName } from "../../core/model/builder-name.ts";
import type { BuilderPattern } from "../../core/model/policy.ts";
import { shorten } from "../../core/report/visible.ts";
import type { Diagnostic } from "../../errors.ts";
import type { Document } from "../document/document.ts";
import { quote } from "../document/text.ts";
import type { Findings } from "./analysis.ts";

export interface KnownBuilders {
	/** The file that names them, as the person wrote it. */
	readonly file: string;
	readonly names: readonly string[];
	/** What the patterns decide for each. */
	readonly matches: readonly Match[];
	/** Patterns that match none of them, even alone. */
	readonly useless: readonly BuilderPattern[];
}

export function checkBuilders(document: Document, { file, names, matches, useless }: KnownBuilders): Findings {
	const at = ({ source }: BuilderPattern, message: string): Diagnostic =>
		document.at(["buildermap", source], `the pattern ${quote(source)} ${message}`);
	const timeouts = matches.flatMap((match, index) =>
		match.kind === "timeout" ? [{ pattern: match.pattern, name: names[index] ?? "" }] : [],
	);
	const errors = [...Map.groupBy(timeouts, ({ pattern }) => pattern)].map(([pattern, stopped]) => {
		const others = stopped.length === 1 ? "" : ` and ${stopped.length - 1} more`;
		const example = shorten(readableName(stopped[0]?.name ?? ""));
		return at(pattern, `timed out on the builder ${JSON.stringify(example)}${others} of ${file}; simplify it`);
	});
	const all = `${names.length} ${names.length === 1 ? "builder" : "builders"}`;
	const warnings = useless.map((pattern) =>
		at(pattern, `matches none of the ${all} in ${file}; correct it, or remove it if no other builder needs it`),
	);
	return { errors, warnings };
}
