import { describe, expect, it } from "vitest";
import { InputError } from "../../src/errors.ts";
import { readInputs } from "../../src/inputs/inputs.ts";

const DATABASE = "mysql://buildbot:s3cret@db.example/buildbot";
const read = (inputs: Readonly<Record<string, string>>) =>
	readInputs(
		Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
		{ workspace: "/workspace", temp: "/temp" },
	);
const messages = (inputs: Readonly<Record<string, string>>): readonly string[] => {
	try {
		read(inputs);
		return [];
	} catch (error) {
		if (!(error instanceof InputError)) throw error;
		return error.diagnostics.map(({ message }) => message);
	}
};

describe("inputs", () => {
	it("have the defaults of the contract", () => {
		expect(read({ "database-url": DATABASE })).toMatchObject({
			config: "configs/watch_pending.json",
			regions: null,
			mode: "launch",
			latestAmiPercentage: 100,
			maxLaunches: 200,
			failOn: "error",
			workspace: "/workspace",
			temporaryFolder: "/temp",
		});
	});

	it("are one frozen object", () => {
		expect(Object.isFrozen(read({ "database-url": DATABASE }))).toBe(true);
	});

	it("split regions on commas, blanks and newlines, and drop what is named twice", () => {
		const { regions } = read({ "database-url": DATABASE, regions: "us-east-1, us-west-2\n eu-west-1 us-east-1," });
		expect(regions).toEqual(["us-east-1", "us-west-2", "eu-west-1"]);
	});

	it("need no database to check", () => {
		expect(read({ mode: "check" }).database).toBeNull();
	});

	it.each([
		[{ mode: "lunch" }, /"mode".*"lunch".*launch, dry-run, check/],
		[{ "fail-on": "errors" }, /"fail-on".*"errors".*error, shortfall, never/],
		[{ "max-launches": "-1" }, /"max-launches".*"-1".*whole number from 0/],
		[{ "max-launches": "1.5" }, /"max-launches".*"1\.5"/],
		[{ "max-launches": "10 machines" }, /"max-launches".*"10 machines"/],
		[{ "latest-ami-percentage": "101" }, /"latest-ami-percentage".*"101".*from 0 to 100/],
		[{ "latest-ami-percentage": "50%" }, /"latest-ami-percentage".*"50%"/],
		[{ regions: "us-east-1 uswest2" }, /"regions".*"uswest2"/],
		[{ "database-url": "" }, /"database-url" is missing/],
		[
			{ "database-url": "mysql://u:s3cret@10.1.2.3/d" },
			/"database-url" names a server that cannot be verified.*give its name.*"database-tls"/,
		],
		[
			{ "database-auth": "rds-iam" },
			/"database-auth" is "rds-iam", for which the host of its URL must be one of Amazon RDS.*no password/,
		],
		[{ "database-auth": "iam" }, /"database-auth".*"iam".*password, rds-iam/],
		[{ "database-tls": "on" }, /"database-tls".*"on".*auto, disabled, required, verify-full/],
		[{ "database-url": "oracle://u:s3cret@h/d" }, /"database-url"/],
	])("%j is a fault that names input, value and what is allowed", (inputs, expected) => {
		const faults = messages({ "database-url": DATABASE, ...inputs });
		expect(faults).toHaveLength(1);
		expect(faults[0]).toMatch(expected);
		expect(faults[0]).not.toContain("s3cret");
	});

	it("tell all their faults at once", () => {
		expect(messages({ mode: "x", "fail-on": "y", "max-launches": "z" })).toHaveLength(4);
	});

	it("take 0 for 0", () => {
		expect(read({ "database-url": DATABASE, "max-launches": "0" }).maxLaunches).toBe(0);
	});

	it("give a re-run of a run the same id, and another run another", () => {
		const id = (variables: Record<string, string>) =>
			readInputs({ INPUT_MODE: "check", GITHUB_REPOSITORY: "a/b", ...variables }, { workspace: "", temp: "" }).run.id;
		expect(id({ GITHUB_RUN_ID: "7", GITHUB_RUN_ATTEMPT: "1" })).toBe(
			id({ GITHUB_RUN_ID: "7", GITHUB_RUN_ATTEMPT: "2" }),
		);
		expect(id({ GITHUB_RUN_ID: "7" })).not.toBe(id({ GITHUB_RUN_ID: "8" }));
	});

	it("give each job, job of a matrix, and step of a run its own key, and a re-run the same", () => {
		const step = (variables: Record<string, string>) =>
			readInputs(
				{
					INPUT_MODE: "check",
					GITHUB_RUN_ID: "7",
					GITHUB_JOB: "tick",
					GITHUB_ACTION: "__self",
					"INPUT_STEP-KEY": "0",
					...variables,
				},
				{ workspace: "", temp: "" },
			).run.step;
		const others = [
			{ GITHUB_JOB: "tock" },
			{ GITHUB_ACTION: "__self_2" },
			{ "INPUT_STEP-KEY": "1" },
			// Not the same by moving a character from one part to the next.
			{ GITHUB_JOB: "tick0", "INPUT_STEP-KEY": "" },
		];
		expect(new Set([step({}), ...others.map(step)]).size).toBe(5);
		expect(step({ GITHUB_RUN_ATTEMPT: "2" })).toBe(step({ GITHUB_RUN_ATTEMPT: "1" }));
	});
});
