/** configs/iam is sound, says the same thrice, and belongs to the example configuration and its documentation. */
import { join, resolve } from "node:path";
import { CelEngine, TemplateFile } from "@aws/cloudformation-validate";
import { parse as parseHcl } from "@cdktf/hcl2json";
import { validateIdentityPolicy, validateTrustPolicy } from "@cloud-copilot/iam-policy";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { loadConfig } from "../../src/config/load.ts";
import { ACCOUNT, allows, type Question } from "../harness/iam.ts";
import { read } from "../harness/repository.ts";

const FOLDER = resolve(import.meta.dirname, "../../configs/iam");
const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const statementSchema = z.looseObject({
	Sid: z.string(),
	Action: oneOrMore,
	Resource: oneOrMore,
	Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).default({}),
});
const trustSchema = z.object({
	Version: z.string(),
	Statement: z.tuple([
		z.looseObject({ Action: z.string(), Condition: z.record(z.string(), z.record(z.string(), oneOrMore)) }),
	]),
});

const trust = JSON.parse(read("configs/iam/trust-policy.json"));
const permissions = JSON.parse(read("configs/iam/permission-policy.json"));
const statements = z.object({ Statement: z.array(statementSchema) }).parse(permissions).Statement;
const statement = (sid: string) => {
	const found = statements.find(({ Sid }) => Sid === sid);
	if (found === undefined) throw new Error(`no statement ${sid}`);
	return found;
};

test("the policies are sound, and short enough for a role", () => {
	expect(validateTrustPolicy(trust)).toEqual([]);
	expect(validateIdentityPolicy(permissions)).toEqual([]);
	// IAM's quotas, without white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	expect(JSON.stringify(permissions).length).toBeLessThan(6144);
	expect(JSON.stringify(trust).length).toBeLessThan(2048);
});

test("the role trusts one environment of one repository, the one that the workflows run in", () => {
	const [{ Action, Condition }] = trustSchema.parse(trust).Statement;
	expect(Action).toBe("sts:AssumeRoleWithWebIdentity");
	expect(Object.keys(Condition)).toEqual(["StringEquals"]);
	const provider = "token.actions.githubusercontent.com";
	expect(Condition["StringEquals"]?.[`${provider}:aud`]).toEqual(["sts.amazonaws.com"]);
	const subjects = Condition["StringEquals"]?.[`${provider}:sub`] ?? [];
	expect(subjects).toHaveLength(2);
	const environments = [
		z
			.object({
				jobs: z.object({ "watch-pending": z.looseObject({ environment: z.looseObject({ name: z.string() }) }) }),
			})
			.parse(parse(read(".github/workflows/watch-pending.yml"))).jobs["watch-pending"].environment.name,
		z
			.object({
				on: z.object({
					workflow_call: z.object({ inputs: z.looseObject({ environment: z.looseObject({ default: z.string() }) }) }),
				}),
			})
			.parse(parse(read(".github/workflows/reusable.yml"))).on.workflow_call.inputs.environment.default,
	];
	for (const subject of subjects)
		for (const environment of environments)
			expect(subject).toMatch(new RegExp(`^repo:[\\w@]+/[\\w@]+:environment:${environment}$`));
});

describe("what the permissions list is what the example configuration uses:", () => {
	const { policy } = loadConfig("configs/watch_pending.json", { workspace: resolve(FOLDER, "../.."), regions: null });
	const all = Object.values(policy.types).flatMap((type) =>
		Object.entries(type.regions).map(([region, config]) => ({ region, ...config })),
	);
	const arn = (type: string, region: string, id: string) => `arn:aws:ec2:${region}:${ACCOUNT}:${type}/${id}`;
	const given = (values: readonly (string | null)[]) =>
		[...new Set(values.filter((value) => value !== null))].toSorted();
	const listed = (sid: string, type: string) =>
		statement(sid)
			.Resource.filter((one) => one.includes(`:${type}/`))
			.toSorted();

	it("places", () => {
		const sid = "LaunchInListedPlaces";
		expect(listed(sid, "subnet")).toEqual(
			given(all.flatMap(({ region, subnetIds }) => subnetIds.map((id) => arn("subnet", region, id)))),
		);
		expect(listed(sid, "security-group")).toEqual(
			given(
				all.flatMap(({ region, securityGroupIds }) => securityGroupIds.map((id) => arn("security-group", region, id))),
			),
		);
		expect(listed(sid, "key-pair")).toEqual(given(all.map(({ sshKey }) => sshKey && arn("key-pair", "*", sshKey))));
	});

	it("images, EC2 instance types, profiles and types", () => {
		expect(statement("LaunchFromListedImages").Resource).toEqual(
			given(all.map(({ region, ami }) => `arn:aws:ec2:${region}::image/${ami}`)),
		);
		const { StringEquals, ArnEqualsIfExists } = statement("LaunchOwnInstances").Condition;
		const rules = Object.values(policy.spotRules).flat();
		expect(StringEquals?.["ec2:InstanceType"]).toEqual(
			given([...rules.map(({ instanceType }) => instanceType), ...all.map(({ instanceType }) => instanceType)]),
		);
		expect(StringEquals?.["aws:RequestTag/moz-type"]).toEqual(given(Object.keys(policy.types)));
		const profiles = given(all.map(({ instanceProfileName }) => instanceProfileName));
		expect(ArnEqualsIfExists?.["ec2:InstanceProfile"]).toEqual(
			profiles.map((name) => `arn:aws:iam::${ACCOUNT}:instance-profile/${name}`),
		);
		expect(statement("PassListedRoles").Resource).toEqual(
			profiles.map((name) => `arn:aws:iam::${ACCOUNT}:role/${name}`),
		);
	});
});

describe("by CloudFormation", () => {
	it("the template is sound", () => {
		const engine = new CelEngine();
		try {
			const report = (path: string) =>
				engine
					.validateStandard(new TemplateFile(path), { severityLevel: "WARN" })
					.diagnostics.map(({ message }) => message);
			expect(report(join(FOLDER, "cloudformation.yml"))).toEqual([]);
		} finally {
			engine.free();
		}
	});

	it.each(["true", "false"])("the policies are the same, with CreateProvider %s", (createProvider) => {
		const { Resources } = parse(read("configs/iam/cloudformation.yml"), { customTags: functions(createProvider) });
		const role = Resources.Role.Properties;
		expect(role.AssumeRolePolicyDocument).toEqual(trust);
		expect(role.Policies).toEqual([{ PolicyName: "watch-pending", PolicyDocument: permissions }]);
		expect(Resources.Provider).toMatchObject({
			Condition: "CreateProvider",
			Properties: { Url: "https://token.actions.githubusercontent.com", ClientIdList: ["sts.amazonaws.com"] },
		});
	});
});

/** CloudFormation's functions, as far as the template has them, in this account. */
function functions(createProvider: string) {
	const text = (tag: string, resolve: (value: string) => unknown) => ({ tag, resolve });
	const list = (tag: string, resolve: (values: unknown[]) => unknown) => ({
		tag,
		collection: "seq" as const,
		resolve: (node: { toJSON(): unknown[] }) => resolve(node.toJSON()),
	});
	return [
		text("!Sub", (value) => value.replaceAll(`\${AWS::AccountId}`, ACCOUNT)),
		text("!Ref", (name) =>
			name === "Provider" ? `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com` : name,
		),
		text("!GetAtt", (name) => name),
		list("!Equals", ([a, b]) => a === b),
		list("!If", ([, then, otherwise]) => (createProvider === "true" ? then : otherwise)),
	];
}

test("by Terraform, provider and role are made with the same policies", async () => {
	const source = read("configs/iam/main.tf");
	const { resource } = z
		.looseObject({ resource: z.record(z.string(), z.record(z.string(), z.tuple([z.looseObject({})]))) })
		.parse(await parseHcl("main.tf", source));
	expect(resource["aws_iam_openid_connect_provider"]?.["github"]?.[0]).toMatchObject({
		url: "https://token.actions.githubusercontent.com",
		client_id_list: ["sts.amazonaws.com"],
	});
	const [role] = resource["aws_iam_role"]?.["watch_pending"] ?? [];
	expect(role).toMatchObject({ assume_role_policy: `\${file("\${path.module}/trust-policy.json")}` });
	const [policy] = resource["aws_iam_role_policy"]?.["watch_pending"] ?? [];
	expect(policy).toMatchObject({
		policy: `\${file("\${path.module}/permission-policy.json")}`,
		role: `\${aws_iam_role.watch_pending.id}`,
	});
	await expect(parseHcl("main.tf", source.replace("role   =", "role"))).rejects.toThrow();
});

describe("the documentation", () => {
	const document = read("docs/permissions.md");

	it("has the reason of each statement", () => {
		const [, table = ""] = /<!-- statements -->\n([\s\S]*?)<!-- \/statements -->/.exec(document) ?? [];
		const reasons = [...table.matchAll(/^\| `(\w+)` \| [^|]+ \| [^|]+ \|$/gm)];
		expect(reasons.map(([, sid]) => sid)).toEqual(statements.map(({ Sid }) => Sid));
	});

	it("adds statements that allow what they are for, which the policy alone denies", async () => {
		const [, besides = ""] = document.split("### Additional permissions for some configurations");
		const blocks = [...besides.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, text = ""]) =>
			[JSON.parse(text)].flat(),
		);
		const [trusts, rest] = [true, false].map((whole) => blocks.filter(([first]) => "Statement" in first === whole));
		for (const [policy] of trusts ?? []) expect(validateTrustPolicy(policy)).toEqual([]);
		const added = z.array(z.array(statementSchema)).parse(rest).flat();
		const key = `arn:aws:kms:us-west-2:${ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef`;
		const uses: Record<string, Question> = {
			LaunchFromListedTemplates: {
				action: "ec2:RunInstances",
				resource: `arn:aws:ec2:us-west-2:${ACCOUNT}:launch-template/lt-0123456789abcdef0`,
				context: {},
			},
			ReadImageParameters: {
				action: "ssm:GetParameters",
				resource: `arn:aws:ssm:us-west-2:${ACCOUNT}:parameter/images/bld-linux64`,
				context: {},
			},
			LaunchFromImagesOfParameters: {
				action: "ec2:RunInstances",
				resource: "arn:aws:ec2:us-west-2::image/ami-0ffffffffffffffff",
				context: { "ec2:Owner": ACCOUNT },
			},
			UseTheKeyOfVolumes: {
				action: "kms:GenerateDataKeyWithoutPlaintext",
				resource: key,
				context: { "kms:ViaService": "ec2.us-west-2.amazonaws.com" },
			},
			LendTheKeyToVolumes: {
				action: "kms:CreateGrant",
				resource: key,
				context: { "kms:ViaService": "ec2.us-west-2.amazonaws.com", "kms:GrantIsForAWSResource": "true" },
			},
			ConnectToTheSchedulerDatabase: {
				action: "rds-db:connect",
				resource: `arn:aws:rds-db:us-west-2:${ACCOUNT}:dbuser:db-ABCDEFGHIJKL01234/buildbot`,
				context: {},
			},
			AssumeListedRoles: {
				action: "sts:AssumeRole",
				resource: "arn:aws:iam::111111111111:role/watch-pending",
				context: {},
			},
		};
		expect(added.map(({ Sid }) => Sid)).toEqual(Object.keys(uses));
		for (const one of added) {
			const use = uses[one.Sid];
			if (use === undefined) throw new Error(one.Sid);
			expect(await allows(permissions, use), one.Sid).toBe(false);
			expect(await allows({ ...permissions, Statement: [...permissions.Statement, one] }, use), one.Sid).toBe(true);
		}
	});
});
