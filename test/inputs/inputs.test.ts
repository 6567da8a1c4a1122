import { describe, expect, it } from "vitest";
import { InputError } from "../../src/errors.ts";
import { inputsIn, readRunEnvironment } from "../../src/inputs/environment.ts";
import { parseInputs } from "../../src/inputs/given.ts";
import { checkInputs } from "../../src/inputs/inputs.ts";

type Texts = Readonly<Record<string, string>>;

const DATABASE = "mysql://buildbot:s3cret@db.example/buildbot";
const RDS = "mysql://buildbot@db.c1abc.us-east-1.rds.amazonaws.com/buildbot";
const DEFAULTS = { workspace: "/workspace", temporaryFolder: "/temp" };
const parse = (inputs: Texts) =>
	parseInputs(
		inputsIn(Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]))),
	);
const read = (inputs: Texts, variables: Texts = {}) =>
	checkInputs(parse(inputs), readRunEnvironment(variables, DEFAULTS));
const messages = (inputs: Texts): readonly string[] => {
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
			databaseTls: "auto",
			databaseCa: null,
			databaseIamRegion: null,
			regions: null,
			mode: "launch",
			latestAmiPercentage: 100,
			maxLaunches: 200,
			lock: true,
			timeout: 240,
			failOn: "error",
			workspace: "/workspace",
			temporaryFolder: "/temp",
			github: null,
		});
	});

	it("have their defaults if they are blank", () => {
		expect(read({ "database-url": DATABASE, mode: " ", "max-launches": "", regions: " , " })).toMatchObject({
			mode: "launch",
			maxLaunches: 200,
			regions: null,
		});
	});

	it("are one frozen object", () => {
		expect(Object.isFrozen(read({ "database-url": DATABASE }))).toBe(true);
	});

	it("split regions on commas, spaces and newlines, and drop duplicates", () => {
		const { regions } = read({ "database-url": DATABASE, regions: "us-east-1, us-west-2\n eu-west-1 us-east-1," });
		expect(regions).toEqual(["us-east-1", "us-west-2", "eu-west-1"]);
	});

	it("of a replay have defaults, and its times may have units", () => {
		const replaying = (inputs: Record<string, string>) =>
			read({ "database-url": DATABASE, mode: "replay", ...inputs }).replay;
		expect(replaying({})).toEqual({
			...{ days: 28, boot: { shortest: 180, longest: 480 }, idleStop: 600, watchInterval: 15 },
		});
		expect(
			replaying({ "replay-days": "7", "replay-boot": "90s - 4m", "replay-idle-stop": "0", "watch-interval": "30" }),
		).toEqual({ days: 7, boot: { shortest: 90, longest: 240 }, idleStop: 0, watchInterval: 30 });
		expect(replaying({ "replay-boot": "5m" }).boot).toEqual({ shortest: 300, longest: 300 });
	});

	it.each(["replay-days", "replay-boot", "replay-idle-stop"])("%s is an error outside a replay", (name) => {
		expect(messages({ "database-url": DATABASE, mode: "dry-run", [name]: "7" })).toEqual([
			`Invalid input "${name}": it requires input "mode" to be replay. Set that, or remove it.`,
		]);
	});

	it.each(["8m-3m", "3m-8m-9m", "3m-", "0-5m", "3m-3h", "soon"])("reject %s as the boot time of a replay", (boot) => {
		expect(messages({ "database-url": DATABASE, mode: "replay", "replay-boot": boot })).toEqual([
			`Invalid input "replay-boot": "${boot}". It must be the shortest and the longest time, from 1 to 7200 seconds, for example 3m-8m.`,
		]);
	});

	it("require no database in mode check", () => {
		expect(read({ mode: "check" }).database).toBeNull();
	});

	it("take the AWS region of IAM tokens from the host of the database", () => {
		expect(read({ "database-url": RDS, "database-auth": "rds-iam" }).databaseIamRegion).toBe("us-east-1");
		expect(read({ "database-url": RDS }).databaseIamRegion).toBeNull();
	});

	it.each([
		[{ mode: "lunch" }, 'Invalid input "mode": "lunch". It must be launch, dry-run, check, or replay.'],
		[{ "fail-on": "errors" }, /"fail-on": "errors"\. It must be error, shortfall, or never\.$/],
		[
			{ "max-launches": "-1" },
			/"max-launches": "-1"\. .* whole number from 0 to 100000 \(instances\), without a unit\.$/,
		],
		[
			{ "max-hourly-cost": "-1" },
			/"max-hourly-cost": "-1"\. It must be an amount from 0 to 1000000 \(USD\), without a unit\.$/,
		],
		[{ "max-hourly-cost": "5 USD" }, /"max-hourly-cost": "5 USD"/],
		[{ "max-hourly-cost": "1000000.1" }, /"max-hourly-cost": "1000000\.1"/],
		[
			{ mode: "replay", "replay-days": "0" },
			/"replay-days": "0"\. It must be a whole number from 1 to 366 \(days\), without a unit\.$/,
		],
		[{ "max-launches": "1.5" }, /"max-launches": "1\.5"/],
		[{ "max-launches": "100001" }, /"max-launches": "100001"/],
		[{ "max-launches": "10 machines" }, /"max-launches": "10 machines"/],
		[{ timeout: "4m" }, /"timeout": "4m"\. .* whole number from 0 to 3600 \(seconds\), without a unit\.$/],
		[{ "latest-ami-percentage": "101" }, /"latest-ami-percentage": "101".*from 0 to 100 \(percent\),/],
		[{ "latest-ami-percentage": "50%" }, /"latest-ami-percentage": "50%"/],
		[{ lock: "yes" }, /"lock": "yes"\. It must be true or false\.$/],
		[{ regions: "us-east-1 uswest2 here" }, /"regions": "uswest2", "here"\. It must be a list of AWS regions/],
		[{ "database-url": "" }, /^Missing input "database-url": /],
		[
			{ "database-url": "mysql://u:s3cret@10.1.2.3/d" },
			/^Invalid input "database-url": .*IP address\. Use its host name, or set input "database-tls" to/,
		],
		[
			{ "database-url": "mysql://u:s3cret@/d?unix_socket=/s", "database-tls": "verify-full" },
			/^Invalid input "database-url": a local socket has no certificate .*set input "database-tls" to/,
		],
		[{ "database-auth": "iam" }, /"database-auth": "iam"\. It must be password or rds-iam\.$/],
		[{ "database-tls": "on" }, /"database-tls": "on"\. It must be auto, disabled, required, or verify-full\.$/],
		[{ "database-url": "oracle://u:s3cret@h/d" }, /^Invalid input "database-url": it must be the URL of/],
	])("name input, value and what is allowed in the error for %j", (inputs, expected) => {
		const found = messages({ "database-url": DATABASE, ...inputs });
		expect(found).toEqual([typeof expected === "string" ? expected : expect.stringMatching(expected)]);
		expect(found.join()).not.toContain("s3cret");
	});

	it.each([
		[{ "database-url": "sqlite:///a" }, [/input "database-url" to have an Amazon RDS host/]],
		[{ "database-url": RDS, "database-tls": "required" }, [/input "database-tls" to be verify-full/]],
		[{ "database-url": RDS.replace("@", ":s3cret@") }, [/input "database-url" to have no password/]],
		[{ "database-url": DATABASE, "database-tls": "disabled" }, [/RDS host/, /no password/, /verify-full/]],
		[{ "database-url": "no url" }, [/^Invalid input "database-url"/]],
	])("report each requirement of rds-iam that %j does not meet", (inputs, expected) => {
		const found = messages({ "database-auth": "rds-iam", ...inputs });
		expect(found).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
		expect(found.join()).not.toContain("s3cret");
	});

	it("report all errors together", () => {
		expect(messages({ mode: "x", "fail-on": "y", "max-launches": "z" })).toHaveLength(4);
	});

	it("accept 0", () => {
		expect(read({ "database-url": DATABASE, "max-launches": "0" }).maxLaunches).toBe(0);
		expect(read({ "database-url": DATABASE, "max-hourly-cost": "0" }).maxHourlyCost).toBe(0);
		expect(read({ "database-url": DATABASE, "max-hourly-cost": "2.5" }).maxHourlyCost).toBe(2.5);
		expect(read({ "database-url": DATABASE }).maxHourlyCost).toBeNull();
	});
});

describe("secrets", () => {
	it.each([DATABASE, DATABASE.replace("mysql:", "oracle:")])("are known before %s is checked", (url) => {
		const { secrets } = parse({ "database-url": url, "github-token": "ghs_t0ken", mode: "lunch" });
		expect(secrets).toEqual(expect.arrayContaining([url, "s3cret", "ghs_t0ken"]));
	});
});

describe("the runner's variables", () => {
	const VARIABLES = {
		GITHUB_SERVER_URL: "https://github.example",
		GITHUB_REPOSITORY: "example/builds",
		GITHUB_RUN_ID: "7",
		GITHUB_WORKFLOW_REF: "example/builds/.github/workflows/watch.yml@refs/heads/main",
	};
	const run = (variables: Texts, inputs: Texts = {}) => read({ mode: "check", ...inputs }, variables);

	it("give a re-run of a run the same id, and another run another", () => {
		const id = (variables: Texts) => run({ ...VARIABLES, ...variables }).run.id;
		expect(id({ GITHUB_RUN_ATTEMPT: "1" })).toBe(id({ GITHUB_RUN_ATTEMPT: "2" }));
		expect(id({})).not.toBe(id({ GITHUB_RUN_ID: "8" }));
	});

	it("give the page of the run", () => {
		expect(run(VARIABLES).run.url).toBe("https://github.example/example/builds/actions/runs/7");
	});

	it("may be absent, as outside GitHub, where each process is a run of its own", () => {
		expect(run({}).run).toMatchObject({ id: expect.any(String), url: null });
		expect(run({}).run.id).not.toBe(run({}).run.id);
	});

	it("describe the workflow run if there is a token to ask GitHub with", () => {
		const token = { "github-token": "ghs_t0ken" };
		expect(run(VARIABLES, token).github).toEqual({
			token: "ghs_t0ken",
			apiUrl: "https://api.github.com",
			repository: "example/builds",
			workflowRef: VARIABLES.GITHUB_WORKFLOW_REF,
			runId: "7",
			eventName: null,
			eventPath: null,
		});
		expect(run(VARIABLES).github).toBeNull();
		const { GITHUB_WORKFLOW_REF: _, ...withoutWorkflow } = VARIABLES;
		expect(run(withoutWorkflow, token).github).toBeNull();
	});

	it("name GitHub Enterprise's API and the event's payload, which is not opened", () => {
		const variables = {
			...VARIABLES,
			GITHUB_API_URL: "https://github.example/api/v3",
			GITHUB_EVENT_NAME: "schedule",
			GITHUB_EVENT_PATH: "/nosuch/event.json",
		};
		expect(run(variables, { "github-token": "ghs_t0ken" }).github).toMatchObject({
			apiUrl: "https://github.example/api/v3",
			eventName: "schedule",
			eventPath: "/nosuch/event.json",
		});
	});

	it("give each job, job of a matrix, and step of a run its own key, and a re-run the same", () => {
		const step = (variables: Record<string, string>, key = "0") =>
			run({ ...VARIABLES, GITHUB_JOB: "tick", GITHUB_ACTION: "__self", ...variables }, { "step-key": key }).run.step;
		const others = [step({ GITHUB_JOB: "tock" }), step({ GITHUB_ACTION: "__self_2" }), step({}, "1")];
		expect(new Set([step({}), ...others]).size).toBe(4);
		expect(step({ GITHUB_RUN_ATTEMPT: "2" })).toBe(step({ GITHUB_RUN_ATTEMPT: "1" }));
	});
});
