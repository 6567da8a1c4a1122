/**
 * The permissions that AWS checks for a call, and whether a policy grants them.
 * Source for the resources and condition keys of an action: the Service Authorization Reference of Amazon EC2,
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
import { runSimulation } from "@cloud-copilot/iam-simulate";
import { z } from "zod";
import type { JournalCall } from "../ec2-endpoint/journal.ts";

export const ACCOUNT = "123456789012";

/** One question to IAM: an action on a resource. */
export interface Question {
	readonly action: string;
	/** ARN, or `*` if the action has no resource types. */
	readonly resource: string;
	readonly context: Readonly<Record<string, string | readonly string[]>>;
}

/** What IAM knows about existing resources. */
export interface Facts {
	/** The image of this ID, or of a parameter (`resolve:ssm:…`). */
	image(id: string): { readonly id: string; readonly owner: string; readonly tags: Readonly<Record<string, string>> };
	/** Tags of an instance. */
	tags(instanceId: string): Readonly<Record<string, string>>;
}

const DEFAULT_KEY_POLICY = {
	Version: "2012-10-17",
	Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "kms:*", Resource: "*" }],
};

const tagList = z.array(z.object({ Key: z.string(), Value: z.string() })).default([]);
const runInstances = z.looseObject({
	ImageId: z.string(),
	InstanceType: z.string(),
	KeyName: z.string().optional(),
	IamInstanceProfile: z.object({ Name: z.string() }).optional(),
	InstanceMarketOptions: z.looseObject({ MarketType: z.string() }).optional(),
	BlockDeviceMapping: z
		.array(
			z.object({
				Ebs: z.looseObject({ VolumeSize: z.string().optional(), VolumeType: z.string().optional() }).optional(),
			}),
		)
		.default([]),
	LaunchTemplate: z.looseObject({ LaunchTemplateId: z.string() }).optional(),
	Placement: z.looseObject({ Tenancy: z.string().optional() }).optional(),
	MetadataOptions: z.looseObject({ HttpTokens: z.string() }).optional(),
	NetworkInterface: z.tuple([z.looseObject({ SubnetId: z.string(), SecurityGroupId: z.array(z.string()) })]),
	TagSpecification: z.array(z.object({ ResourceType: z.string(), Tag: tagList })).default([]),
});
const createTags = z.object({ ResourceId: z.array(z.string()), Tag: tagList });

/** Everything that must be allowed for one call to EC2. */
export function questionsOf(
	{ action, region, parameters }: Pick<JournalCall, "action" | "region" | "parameters">,
	facts: Facts,
): readonly Question[] {
	const arn = (type: string, id: string) => `arn:aws:ec2:${region}:${ACCOUNT}:${type}/${id}`;
	if (action === "CreateTags") {
		const { ResourceId, Tag } = createTags.parse(parameters);
		return ResourceId.map((id) => ({
			action: "ec2:CreateTags",
			resource: arn("instance", id),
			context: { ...requested(Tag), ...prefixed("aws:ResourceTag/", facts.tags(id)) },
		}));
	}
	if (action !== "RunInstances") return [{ action: `ec2:${action}`, resource: "*", context: {} }];

	const request = runInstances.parse(parameters);
	const { IamInstanceProfile: profile, KeyName: key, LaunchTemplate: template, NetworkInterface: network } = request;
	const [{ SubnetId, SecurityGroupId }] = network;
	const image = facts.image(request.ImageId);
	const tagged = new Map(request.TagSpecification.map(({ ResourceType, Tag }) => [ResourceType, Tag]));
	const launched: Record<string, Question["context"]> = {
		instance: {
			"ec2:InstanceType": request.InstanceType,
			"ec2:Tenancy": request.Placement?.Tenancy ?? "default",
			...(template === undefined ? {} : { "ec2:LaunchTemplate": arn("launch-template", template.LaunchTemplateId) }),
			"ec2:MetadataHttpTokens": request.MetadataOptions?.HttpTokens ?? "optional",
			...(profile === undefined
				? {}
				: { "ec2:InstanceProfile": `arn:aws:iam::${ACCOUNT}:instance-profile/${profile.Name}` }),
		},
		...(request.InstanceMarketOptions?.MarketType === "spot" ? { "spot-instances-request": {} } : {}),
	};
	const run = (resource: string, context: Question["context"] = {}): Question => ({
		action: "ec2:RunInstances",
		resource,
		context,
	});
	return [
		...Object.entries(launched).map(([type, context]) =>
			run(arn(type, "*"), { ...context, ...requested(tagged.get(type) ?? []) }),
		),
		...request.BlockDeviceMapping.flatMap(({ Ebs: volume }) =>
			volume === undefined
				? []
				: [
						run(arn("volume", "*"), {
							...(volume.VolumeSize === undefined ? {} : { "ec2:VolumeSize": volume.VolumeSize }),
							...(volume.VolumeType === undefined ? {} : { "ec2:VolumeType": volume.VolumeType }),
							...requested(tagged.get("volume") ?? []),
						}),
					],
		),
		run(arn("network-interface", "*"), { "ec2:Subnet": arn("subnet", SubnetId) }),
		run(arn("subnet", SubnetId)),
		...SecurityGroupId.map((id) => run(arn("security-group", id))),
		...(key === undefined ? [] : [run(arn("key-pair", key))]),
		...(template === undefined ? [] : [run(arn("launch-template", template.LaunchTemplateId))]),
		...parameterOf(request.ImageId, region),
		run(`arn:aws:ec2:${region}::image/${image.id}`, {
			"ec2:Owner": image.owner,
			...prefixed("aws:ResourceTag/", image.tags),
		}),
		...[...tagged].map(([type, tags]) => ({
			action: "ec2:CreateTags",
			resource: arn(type, "*"),
			context: { ...requested(tags), "ec2:CreateAction": "RunInstances" },
		})),
		// The profile has the name of its role, as in the console.
		...(profile === undefined
			? []
			: [
					{
						action: "iam:PassRole",
						resource: `arn:aws:iam::${ACCOUNT}:role/${profile.Name}`,
						context: { "iam:PassedToService": "ec2.amazonaws.com" },
					},
				]),
	];
}

/** What EC2 asks for a parameter that holds an image's ID. */
function parameterOf(image: string, region: string): readonly Question[] {
	const [, name] = /^resolve:ssm:\/?([^:]+)/.exec(image) ?? [];
	if (name === undefined) return [];
	const account = name.startsWith("aws/service/") ? "" : ACCOUNT;
	const resource = `arn:aws:ssm:${region}:${account}:parameter/${name}`;
	return [{ action: "ssm:GetParameters", resource, context: {} }];
}

/**
 * Whether a policy allows it.
 * @throws Error if IAM would reject the policy or the question
 */
export async function allows(policy: object, { action, resource, context }: Question): Promise<boolean> {
	const answer = await runSimulation(
		{
			request: {
				principal: `arn:aws:sts::${ACCOUNT}:assumed-role/watch-pending/GitHubActions`,
				action,
				// A resource that is about to be created has no id yet.
				resource: { resource: resource.replace(/(?<=.)\*$/, "new"), accountId: ACCOUNT },
				contextVariables: Object.fromEntries(
					Object.entries(context).map(([key, value]) => [key, typeof value === "string" ? value : [...value]]),
				),
			},
			identityPolicies: [{ name: "policy", policy }],
			serviceControlPolicies: [],
			resourceControlPolicies: [],
			// Only keys always have a policy. The default one delegates to IAM.
			...(action.startsWith("kms:") ? { resourcePolicy: DEFAULT_KEY_POLICY } : {}),
		},
		{},
	);
	if (answer.resultType !== "single") throw new Error(`${action} on ${resource}: ${JSON.stringify(answer)}`);
	const { ignoredContextKeys = [] } = answer.result;
	if (ignoredContextKeys.length > 0)
		throw new Error(`${action} on ${resource} has no ${ignoredContextKeys.join(", ")}`);
	return answer.overallResult === "Allowed";
}

function requested(tags: z.infer<typeof tagList>): Question["context"] {
	const values = Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
	return tags.length === 0 ? {} : { ...prefixed("aws:RequestTag/", values), "aws:TagKeys": Object.keys(values) };
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>): Record<string, string> {
	return Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value]));
}
