import { type Diagnostic, diagnostic } from "../errors.ts";
import { INPUTS, type InputName, type InputValues } from "./table.ts";

/** A value as a person gave it. */
export interface Given {
	/** Empty if not given. */
	readonly texts: readonly string[];
	/** How messages name it: `input "mode"`, `option --region`, or `key "db" of secrets.json`. */
	readonly origin: string;
}

/** Where a run's inputs come from: the action's environment or the command line. */
export type InputSource = (name: InputName) => Given;

export interface ParsedInputs {
	readonly source: InputSource;
	/** An input that was not given, or is invalid, has its default. */
	readonly values: InputValues;
	/** Must never be shown; includes those of invalid inputs. */
	readonly secrets: readonly string[];
	readonly diagnostics: readonly Diagnostic[];
}

/** A blank value counts as not given, because a workflow can't leave out an input conditionally. */
export function given(texts: readonly (string | undefined)[], origin: string): Given {
	return { texts: texts.map((text = "") => text.trim()).filter((text) => text !== ""), origin };
}

/** Parses each input by its kind. Checks nothing that concerns several inputs. */
export function parseInputs(source: InputSource): ParsedInputs {
	const secrets: string[] = [];
	const diagnostics: Diagnostic[] = [];
	const value = <Name extends InputName>(name: Name): InputValues[Name] => {
		const { kind, default: fallback } = INPUTS[name];
		const {
			texts: [first, ...rest],
			origin,
		} = source(name);
		if (first === undefined) return fallback;
		const parsed = kind.parse([first, ...rest]);
		secrets.push(...parsed.secrets);
		if (parsed.kind === "valid") return parsed.value;
		diagnostics.push(diagnostic(`Invalid ${origin}: ${parsed.problem}`));
		return fallback;
	};
	const values: InputValues = {
		config: value("config"),
		"database-url": value("database-url"),
		"database-tls": value("database-tls"),
		"database-ca": value("database-ca"),
		"database-auth": value("database-auth"),
		regions: value("regions"),
		mode: value("mode"),
		"check-builders": value("check-builders"),
		"check-against": value("check-against"),
		"latest-ami-percentage": value("latest-ami-percentage"),
		"max-launches": value("max-launches"),
		"max-hourly-cost": value("max-hourly-cost"),
		lock: value("lock"),
		"github-token": value("github-token"),
		timeout: value("timeout"),
		"watch-for": value("watch-for"),
		"watch-interval": value("watch-interval"),
		"role-to-assume": value("role-to-assume"),
		"replay-days": value("replay-days"),
		"replay-boot": value("replay-boot"),
		"replay-idle-stop": value("replay-idle-stop"),
		"step-key": value("step-key"),
		"fail-on": value("fail-on"),
	};
	return { source, values, secrets, diagnostics };
}
