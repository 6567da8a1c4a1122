/**
 * The contracts with users: names that workflows, crons, and readers of the report rely on. contract.json lists them as
 * they were released. Add to it what is new; a name that is removed or renamed needs a new major version.
 */
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { replayReportSchema } from "../../scripts/replay-report.ts";
import { reportSchema } from "../../scripts/saved-report.ts";
import { mainSchema, typeRegionSchema } from "../../src/config/schema.ts";
import { REASON_CODES } from "../../src/core/launch/reasons.ts";
import { CHECK_OPTIONS } from "../../src/inputs/check-command.ts";
import { COMMANDS } from "../../src/inputs/commands.ts";
import { OPTIONS } from "../../src/inputs/options.ts";
import { POLICY_OPTIONS } from "../../src/inputs/policy-command.ts";
import { REPLAY_OPTIONS } from "../../src/inputs/replay-command.ts";
import { WATCH_OPTIONS } from "../../src/inputs/watch-command.ts";
import { read } from "../harness/repository.ts";

const contract = z.record(z.string(), z.unknown()).parse(JSON.parse(read("test/repository/contract.json")));
const defaults = z.record(z.string(), z.looseObject({ default: z.string().nullable().default(null) }));
const action = z.looseObject({ inputs: defaults, outputs: defaults }).parse(parse(read("action.yml")));
const reusable = z
	.looseObject({ on: z.object({ workflow_call: z.looseObject({ inputs: defaults, secrets: defaults }) }) })
	.parse(parse(read(".github/workflows/reusable.yml"))).on.workflow_call;
const defaultsOf = (inputs: z.infer<typeof defaults>) =>
	Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default]));
const namesOf = (options: readonly { readonly name: string; readonly short?: string | undefined }[]) =>
	options.map(({ name, short }) => (short === undefined ? `--${name}` : `-${short} --${name}`));

const nodeSchema = z.looseObject({
	properties: z.record(z.string(), z.unknown()).default({}),
	items: z.unknown().optional(),
	additionalProperties: z.unknown().optional(),
	anyOf: z.array(z.unknown()).default([]),
});

/** The keys of a JSON schema as paths: `pools[].reasons[].code`; `apiCalls{}` has keys of its own. */
function keysOf(schema: unknown, path = ""): readonly string[] {
	if (typeof schema !== "object") return [];
	const { properties, items, additionalProperties, anyOf } = nodeSchema.parse(schema);
	const named = Object.entries(properties).flatMap(([key, value]) => {
		const below = path === "" ? key : `${path}.${key}`;
		return [below, ...keysOf(value, below)];
	});
	const nested = [...keysOf(items, `${path}[]`), ...keysOf(additionalProperties, `${path}{}`)];
	return [...named, ...nested, ...anyOf.flatMap((one) => keysOf(one, path))];
}

function sortedKeysOf(schema: z.ZodType): readonly string[] {
	return [...new Set(keysOf(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" })))].toSorted();
}

it("the action's inputs have their released names and defaults", () => {
	expect(defaultsOf(action.inputs)).toEqual(contract["inputs"]);
});

it("the action's outputs have their released names", () => {
	expect(Object.keys(action.outputs)).toEqual(contract["outputs"]);
});

it("the reusable workflow's inputs, defaults, and secrets have their released names", () => {
	expect({ inputs: defaultsOf(reusable.inputs), secrets: Object.keys(reusable.secrets) }).toEqual(contract["reusable"]);
});

it("the command line's commands and options have their released names", () => {
	expect(COMMANDS.map(({ name }) => name)).toEqual(contract["commands"]);
	expect({
		"": namesOf(Object.values(OPTIONS).flat()),
		watch: namesOf(WATCH_OPTIONS),
		check: namesOf(CHECK_OPTIONS),
		replay: namesOf(REPLAY_OPTIONS),
		policy: namesOf(POLICY_OPTIONS),
	}).toEqual(contract["options"]);
});

it("the report has its released keys", () => {
	expect(sortedKeysOf(reportSchema)).toEqual(contract["report"]);
});

it("the report of a replay has its released keys", () => {
	expect(sortedKeysOf(replayReportSchema)).toEqual(contract["replayReport"]);
});

it("the reasons have their released codes", () => {
	expect(REASON_CODES).toEqual(contract["reasons"]);
});

it("the configuration and a region of an instance type have their released keys", () => {
	expect(sortedKeysOf(mainSchema)).toEqual(contract["configuration"]);
	expect(sortedKeysOf(typeRegionSchema)).toEqual(contract["region"]);
});
