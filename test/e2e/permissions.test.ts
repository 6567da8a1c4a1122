/** The permission policies that the command line prints allow what the action does, and no more. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { JournalCall } from "../ec2-endpoint/journal.ts";
import { documentedCalls } from "../harness/documented-calls.ts";
import { ACCOUNT, allows, type Facts, type Question, questionsOf } from "../harness/iam.ts";
import { runCliInProcess } from "../harness/in-process.ts";
import { ROOT, read } from "../harness/repository.ts";
import { Site } from "../harness/site.ts";

const policySchema = z.object({
	Version: z.string(),
	Statement: z.array(z.looseObject({ Sid: z.string(), Action: z.union([z.string(), z.array(z.string())]) })),
});
const policy = policySchema.parse(JSON.parse(read("configs/iam/permission-policy.json")));

const OWN_IMAGE = "ami-00000000000000001";
const facts: Facts = {
	image: (id) =>
		id === OWN_IMAGE
			? { id, owner: ACCOUNT, tags: { "moz-type": "bld-linux64", Name: "spot-bld-linux64-2026-11-25" } }
			: { id, owner: "099720109477", tags: {} },
	tags: (id) => site.world.instances().find(({ instanceId }) => instanceId === id)?.tags ?? {},
};

type Call = Pick<JournalCall, "action" | "region" | "parameters">;
let site: Site;
let calls: readonly JournalCall[];
/** What is called in a tick that launches, and in one with roles. */
let actions: ReadonlySet<string>;

beforeAll(async () => {
	site = await Site.start();
	const submittedAt = Math.floor(Date.now() / 1000) - 600;
	site.database.submit("Linux x86-64 mozilla-central build", 3, submittedAt);
	site.database.submit("Ubuntu VM 12.04 x64 mozilla-central opt test mochitest-1", 2, submittedAt);
	expect((await site.tick()).outputs).toMatchObject({ launched: "5" });
	site.endpoint.faults.add({
		action: "RunInstances",
		lifecycle: "spot",
		error: { code: "InsufficientInstanceCapacity", status: 500, message: "no capacity" },
	});
	site.database.submit("Linux x86-64 try build", 1, submittedAt);
	expect((await site.tick()).outputs).toMatchObject({ launched: "1" });
	calls = site.endpoint.journal.calls();

	const configs = mkdtempSync(join(tmpdir(), "aws-watch-pending-permissions-"));
	cpSync(join(ROOT, "configs"), configs, { recursive: true });
	const main = JSON.parse(read("configs/watch_pending.json"));
	const roles = { "us-east-1": "arn:aws:iam::111111111111:role/watch-pending" };
	writeFileSync(join(configs, "watch_pending.json"), JSON.stringify({ ...main, roles }));
	await using withRoles = await Site.start(configs);
	rmSync(configs, { recursive: true });
	withRoles.database.submit("Linux x86-64 mozilla-central build", 1, submittedAt);
	expect((await withRoles.tick({ mode: "dry-run" })).exitCode).toBe(0);
	actions = new Set([...site.endpoint.journal.actions, ...withRoles.endpoint.journal.actions]);
});
afterAll(() => site[Symbol.asyncDispose]());

/** The first launch, changed in its parameters as text. */
function launch(from: string | RegExp, to: string): Call {
	const call = calls.find(({ action }) => action === "RunInstances");
	if (call === undefined) throw new Error("nothing was launched");
	const before = JSON.stringify(call.parameters);
	const after = before.replace(from, to);
	if (after === before) throw new Error(`${from} is not in ${before}`);
	return { ...call, parameters: JSON.parse(after) };
}

/** What `aws-watch-pending policy` prints for the configuration in a workspace. */
async function printed(workspace: string, ...args: readonly string[]): Promise<string> {
	const line = ["policy", "-c", "configs/watch_pending.json", ...args];
	const { exitCode, output, errorOutput } = await runCliInProcess({ folder: workspace, arguments: line });
	if (exitCode !== 0) throw new Error(errorOutput);
	return output;
}

async function denied(questions: readonly Question[], by: object = policy): Promise<readonly Question[]> {
	// Each only once: a tick asks much the same for each place.
	const each = [...new Map(questions.map((question) => [JSON.stringify(question), question])).values()];
	const answers = await Promise.all(each.map((question) => allows(by, question)));
	return each.filter((_, index) => !answers[index]);
}

describe("the shipped policy is what the command prints:", () => {
	it.each([
		["permission-policy.json", "json"],
		["permission-policy.tf", "terraform"],
		["permission-policy.template.json", "cloudformation"],
	])("%s", async (file, format) => {
		expect(await printed(ROOT, "--account", ACCOUNT, "--format", format)).toBe(read(`configs/iam/${file}`));
	});
});

it("allows every call of a tick, spot and on demand, with names given at launch and after", async () => {
	const launches = calls.filter(({ action }) => action === "RunInstances");
	const lifecycles = launches.map(({ flat }) => flat["InstanceMarketOptions.MarketType"] ?? "on-demand");
	expect(new Set(lifecycles)).toEqual(new Set(["spot", "on-demand"]));
	const named = calls.filter(({ parameters }) => JSON.stringify(parameters).includes('"Key":"Name"'));
	expect(new Set(named.map(({ action }) => action))).toEqual(new Set(["RunInstances", "CreateTags"]));
	expect(await denied(calls.flatMap((call) => questionsOf(call, facts)))).toEqual([]);
});

it("the documented calls are exactly those that are made", () => {
	// The example has no launch template.
	const documented = [...documentedCalls().keys()].filter((call) => call !== "DescribeLaunchTemplateVersions");
	expect([...actions].toSorted()).toEqual(documented.toSorted());
});

it("the documented permissions are those of the policy plus those for roles", () => {
	const allowed = policy.Statement.flatMap(({ Action }) => Action);
	expect([...new Set([...documentedCalls().values()].flat())].toSorted()).toEqual(
		[...new Set([...allowed, "sts:AssumeRole", "ec2:DescribeLaunchTemplateVersions"])].toSorted(),
	);
});

it("allows an image of the own account by its tags", async () => {
	expect(await denied(questionsOf(launch(/ami-\w+/, OWN_IMAGE), facts))).toEqual([]);
});

it("every statement is needed", async () => {
	const questions = [...calls, launch(/ami-\w+/, OWN_IMAGE)].flatMap((call) => questionsOf(call, facts));
	for (const { Sid, Action } of policy.Statement) {
		const rest = { ...policy, Statement: policy.Statement.filter((statement) => statement.Sid !== Sid) };
		// The others are not for this statement.
		const concerned = questions.filter(({ action }) => Action.includes(action));
		expect((await denied(concerned, rest)).length, Sid).toBeGreaterThan(0);
	}
});

describe("denied is", () => {
	it.each([
		["a launch without the type", /\{"Key":"moz-type","Value":"[^"]*"\},?/, "", "instance"],
		["a launch of another type", /("Key":"moz-type","Value":)"[^"]*"/, '$1"other"', "instance"],
		["a launch without its time", /\{"Key":"moz-created","Value":"[^"]*"\},?/, "", "instance"],
		[
			"a launch whose volumes have no tags",
			/\{"ResourceType":"volume"/,
			'{"ResourceType":"network-interface"',
			"volume",
		],
		[
			"a launch whose spot request has no tags",
			'{"ResourceType":"spot-instances-request"',
			'{"ResourceType":"network-interface"',
			"spot-instances-request",
		],
		["a launch with another tag", '{"Key":"moz-type"', '{"Key":"owner","Value":"x"},{"Key":"moz-type"', "instance"],
		["a launch on dedicated hardware", /^\{/, '{"Placement":{"Tenancy":"dedicated"},', "instance"],
		["a launch from a template", /^\{/, '{"LaunchTemplate":{"LaunchTemplateId":"lt-0123456789abcdef0"},', "instance"],
		["a larger volume", /"VolumeSize":"\d+"/, '"VolumeSize":"121"', "volume"],
		["a volume of another type", '"VolumeType":"gp3"', '"VolumeType":"io2"', "volume"],
		["a network interface in another subnet", /subnet-\w+/, "subnet-0fffffffffffffff", "network-interface"],
		["a launch with IMDSv1", '"HttpTokens":"required"', '"HttpTokens":"optional"', "instance"],
		["another EC2 instance type", /"InstanceType":"[^"]*"/, '"InstanceType":"p5.48xlarge"', "instance"],
		["another subnet", /subnet-\w+/, "subnet-0fffffffffffffff", "subnet"],
		["another security group", /sg-\w+/, "sg-0fffffffffffffff", "security-group"],
		["another key pair", '"KeyName":"builders"', '"KeyName":"other"', "key-pair"],
		["another image", /ami-\w+/, "ami-0ffffffffffffffff", "image"],
		["another instance profile", /("IamInstanceProfile":\{"Name":)"[^"]*"/, '$1"admin"', "instance"],
	])("%s", async (_what, from, to, type) => {
		const refused = await denied(questionsOf(launch(from, to), facts));
		expect(refused.map(({ resource }) => resource.split(/[:/]/)[5])).toContain(type);
	});

	it("passing another role, or passing it to another service", async () => {
		const pass = (role: string, service: string) => ({
			action: "iam:PassRole",
			resource: `arn:aws:iam::${ACCOUNT}:role/${role}`,
			context: { "iam:PassedToService": service },
		});
		expect(await denied([pass("bld-linux64", "ec2.amazonaws.com")])).toEqual([]);
		expect(
			await denied([pass("admin", "ec2.amazonaws.com"), pass("bld-linux64", "lambda.amazonaws.com")]),
		).toHaveLength(2);
	});

	it("tagging foreign instances, ours with other tags, and existing volumes", async () => {
		const { instanceId: ours } = site.world.addInstance({
			region: "us-west-2",
			mozType: "bld-linux64",
			age: 300,
			tags: { "moz-created": "1" },
		});
		const { instanceId: others } = site.world.addInstance({ region: "us-west-2", mozType: "bld-linux64", age: 300 });
		const tag = (id: string, Key: string): Call => ({
			action: "CreateTags",
			region: "us-west-2",
			parameters: { ResourceId: [id], Tag: [{ Key, Value: "x" }] },
		});
		expect(await denied(questionsOf(tag(ours, "Name"), facts))).toEqual([]);
		for (const call of [tag(others, "Name"), tag(ours, "moz-type"), tag(ours, "moz-loaned-to")])
			expect(await denied(questionsOf(call, facts))).toHaveLength(1);
		const volume = {
			action: "ec2:CreateTags",
			resource: `arn:aws:ec2:us-west-2:${ACCOUNT}:volume/vol-1`,
			context: { "aws:TagKeys": ["Name"] },
		};
		expect(await denied([volume])).toEqual([volume]);
	});

	it("terminating, stopping, or changing any instance", async () => {
		const questions = ["TerminateInstances", "StopInstances", "ModifyInstanceAttribute", "DeleteTags"].map(
			(action) => ({
				action: `ec2:${action}`,
				resource: `arn:aws:ec2:us-west-2:${ACCOUNT}:instance/i-1`,
				context: {},
			}),
		);
		expect(await denied(questions)).toEqual(questions);
	});
});

describe("a configuration with roles, a launch template, a parameter, and a type tag of its own", () => {
	const ROLE_ACCOUNT = "111111111111";
	const ROLE = `arn:aws:iam::${ROLE_ACCOUNT}:role/builders/watch-pending`;
	const TEMPLATE = "lt-0123456789abcdef0";
	let own: z.infer<typeof policySchema>;
	let ofRole: z.infer<typeof policySchema>;
	let made: readonly JournalCall[];

	beforeAll(async () => {
		const configs = mkdtempSync(join(tmpdir(), "aws-watch-pending-permissions-"));
		const region = (name: string, overrides: object) => ({
			domain: "example.com",
			ami: "ami-0123456789abcdef0",
			subnet_ids: [`subnet-${name}`],
			security_group_ids: [`sg-${name}`],
			instance_type: "m6i.large",
			device_map: { "/dev/xvda": { size: 80, volume_type: "gp3" }, "/dev/xvdb": { ephemeral_name: "ephemeral0" } },
			...overrides,
		});
		const write = (file: string, content: object) => writeFileSync(join(configs, file), JSON.stringify(content));
		write("watch_pending.json", {
			region_priorities: { "us-east-1": 2, "us-west-2": 1 },
			buildermap: { bld: "bld", tst: "tst" },
			type_tag: "machine-type",
			roles: { "us-east-1": ROLE },
			ondemand: { limits: { global: { bld: 50, tst: 50 } } },
		});
		write("bld.json", {
			hostname: "bld-%02d",
			"us-east-1": region("east", { tags: { owner: "builds" } }),
			"us-west-2": region("west", { launch_template: { id: TEMPLATE, version: 3 } }),
		});
		write("tst.json", { "us-west-2": region("west", { ami: "resolve:ssm:/images/tst:3" }) });
		await using other = await Site.start(configs);
		rmSync(configs, { recursive: true });
		const versions = [1, 2, 3].map(() => ({ data: {} }));
		Object.assign(other.world.region("us-west-2"), {
			launchTemplates: new Map([[TEMPLATE, { launchTemplateId: TEMPLATE, versions }]]),
		});
		for (const builder of ["bld", "tst"]) other.database.submit(builder, 4, Math.floor(Date.now() / 1000) - 600);
		await other.tick();
		made = other.endpoint.journal.calls();
		own = policySchema.parse(JSON.parse(await printed(other.workspace, "--account", ACCOUNT)));
		const text = await printed(other.workspace, "--role", ROLE);
		// The questions are asked in one account.
		ofRole = policySchema.parse(JSON.parse(text.replaceAll(ROLE_ACCOUNT, ACCOUNT)));
	});

	const here: Facts = {
		image: (id) => ({ id: id.replace(/^resolve.*/, "ami-0ffffffffffffffff"), owner: ACCOUNT, tags: {} }),
		tags: () => ({ "moz-created": "1" }),
	};
	const questionsIn = (account: string) =>
		made
			.filter((call) => call.account === account && call.action !== "AssumeRole")
			.flatMap((call) => questionsOf(call, here));
	const assume = (role: string) => ({ action: "sts:AssumeRole", resource: role, context: {} });
	const sids = ({ Statement }: z.infer<typeof policySchema>) => Statement.map(({ Sid }) => Sid);

	it("has a policy per account, each of which allows the calls there", async () => {
		const launches = (account: string) =>
			questionsIn(account).filter(({ resource }) => resource.includes(":subnet/")).length;
		expect(launches(ACCOUNT)).toBeGreaterThan(0);
		expect(launches(ROLE_ACCOUNT)).toBeGreaterThan(0);
		expect(questionsIn(ACCOUNT).map(({ action }) => action)).toContain("ssm:GetParameters");
		expect(await denied([...questionsIn(ACCOUNT), assume(ROLE)], own)).toEqual([]);
		expect(await denied(questionsIn(ROLE_ACCOUNT), ofRole)).toEqual([]);
	});

	it("lets neither do what only the other does", async () => {
		expect(sids(own)).toContain("AssumeListedRoles");
		expect(sids(ofRole)).not.toContain("AssumeListedRoles");
		expect(sids(ofRole)).not.toContain("LaunchFromListedTemplates");
		expect(await denied(questionsIn(ROLE_ACCOUNT), own)).not.toEqual([]);
		expect(await denied(questionsIn(ACCOUNT), ofRole)).not.toEqual([]);
		const other = assume(`arn:aws:iam::${ROLE_ACCOUNT}:role/admin`);
		expect(await denied([other], own)).toEqual([other]);
	});

	it.each([
		["another launch template", TEMPLATE, "lt-0fffffffffffffff", "launch-template"],
		["an instance profile, because none is configured", /^\{/, '{"IamInstanceProfile":{"Name":"admin"},', "instance"],
		["another volume", '"VolumeSize":"80"', '"VolumeSize":"81"', "volume"],
	])("denies %s", async (_what, from, to, type) => {
		const call = made.find(
			({ action, parameters }) => action === "RunInstances" && JSON.stringify(parameters).includes(TEMPLATE),
		);
		const changed = JSON.stringify(call?.parameters ?? {}).replace(from, to);
		expect(changed).not.toBe(JSON.stringify(call?.parameters ?? {}));
		const questions = questionsOf(
			{ action: "RunInstances", region: "us-west-2", parameters: JSON.parse(changed) },
			here,
		);
		const refused = await denied(questions, own);
		expect(refused.map(({ resource }) => resource.split(/[:/]/)[5])).toContain(type);
	});

	it("denies a parameter that is not configured, and an image of another owner", async () => {
		const parameter = {
			action: "ssm:GetParameters",
			resource: `arn:aws:ssm:us-west-2:${ACCOUNT}:parameter/database/password`,
			context: {},
		};
		const image = {
			action: "ec2:RunInstances",
			resource: "arn:aws:ec2:us-west-2::image/ami-0fffffffffffffffe",
			context: { "ec2:Owner": "099720109477" },
		};
		expect(await denied([parameter, image], own)).toEqual([parameter, image]);
	});
});
