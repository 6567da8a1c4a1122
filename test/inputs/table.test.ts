/** What people read about the inputs agrees with the table of inputs. */
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { type AnyInput, defaultText, INPUTS } from "../../src/inputs/table.ts";
import { read } from "../harness/repository.ts";

const declaration = z.strictObject({
	description: z.string(),
	default: z.string().optional(),
	type: z.literal("string").optional(),
});
const declarations = z.record(z.string(), declaration);
type Declarations = z.infer<typeof declarations>;

const inputs: readonly (readonly [string, AnyInput])[] = Object.entries(INPUTS);
const action = z.object({ inputs: declarations }).parse(parse(read("action.yml"))).inputs;
const { inputs: callInputs, secrets } = z
	.object({ on: z.object({ workflow_call: z.object({ inputs: declarations, secrets: declarations }) }) })
	.parse(parse(read(".github/workflows/reusable.yml"))).on.workflow_call;

const textOf = ({ description, details }: AnyInput) =>
	details === undefined ? description : `${description} ${details}`;

/** The description of the table, with all details or the last sentences of them. */
function isDescription(text: string, input: AnyInput): boolean {
	const { description, details = "" } = input;
	return (
		text === description || (text.startsWith(`${description} `) && details.endsWith(text.slice(description.length + 1)))
	);
}

/** What to change in a file for its inputs to be those of the table. */
function corrections(file: string, declared: Declarations, isRight: (text: string, input: AnyInput) => boolean) {
	const unknown = Object.keys(declared).filter((name) => !(name in INPUTS));
	return [
		...unknown.map((name) => `${file}: remove ${name}, or add it to src/inputs/table.ts`),
		...inputs.flatMap(([name, input]) => {
			const { [name]: found } = declared;
			if (found === undefined) return [`${file}: add ${name}`];
			const expected = defaultText(input) ?? undefined;
			return [
				...(isRight(found.description, input) ? [] : [`${file}: describe ${name} as: ${textOf(input)}`]),
				...(found.default === expected ? [] : [`${file}: change the default of ${name} to ${expected ?? "none"}`]),
			];
		}),
	];
}

const actionCorrections = (declared: Declarations) =>
	corrections("action.yml", declared, (text, input) => text === textOf(input));

it("action.yml declares the inputs of the table, with their descriptions and defaults", () => {
	expect(actionCorrections(action)).toEqual([]);
});

it("the reusable workflow declares them too, secret ones as secrets", () => {
	const own = ["aws-region", "environment", "runs-on", "step-key"];
	const ofAction = Object.fromEntries(Object.entries(callInputs).filter(([name]) => !own.includes(name)));
	const { token: _, ...secretInputs } = secrets;
	const missing = corrections("reusable.yml", { ...ofAction, ...secretInputs }, isDescription);
	// The action's default is the token of the job. The index of the job is always 0, so callers set a key of their own.
	expect(missing).toEqual(["reusable.yml: add github-token", "reusable.yml: add step-key"]);
	expect(callInputs["step-key"]).toMatchObject({ default: "0" });
	expect(Object.keys(secrets)).toEqual(["database-url", "token"]);
});

it("names what to change if a file disagrees", () => {
	const { lock, mode, timeout, ...rest } = action;
	const changed = {
		...rest,
		mode: { ...mode, default: "check" },
		timeout: { ...timeout, description: "Seconds." },
		"fail-no": { description: "When the run fails." },
	};
	expect(actionCorrections(declarations.parse(changed))).toEqual([
		"action.yml: remove fail-no, or add it to src/inputs/table.ts",
		"action.yml: change the default of mode to launch",
		"action.yml: add lock",
		`action.yml: describe timeout as: ${textOf(INPUTS.timeout)}`,
	]);
	expect(lock).toBeDefined();
});

it("no file declares an input as required, because each is optional in some mode", () => {
	const sources = [read("action.yml"), read(".github/workflows/reusable.yml")];
	for (const source of sources) expect(source).not.toMatch(/^\s*required:/m);
});

it.each(inputs)("%s has a valid default that its parser accepts", (_name, { kind, default: value }) => {
	if (value === null || Array.isArray(value)) return;
	expect(kind.parse([String(value)])).toMatchObject({ kind: "valid", value });
});
