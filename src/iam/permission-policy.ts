/**
 * The IAM permission policy that a configuration needs, and no more. Source for the resources and condition keys of each
 * action: "Actions, resources, and condition keys for Amazon EC2" in the Service Authorization Reference.
 */
import type { MozType, Policy, Region, Role, TypeRegion } from "../core/model/policy.ts";
import { listsNames } from "../core/model/user-data.ts";
import { amiOf } from "./ami.ts";
import { assumedRoles, type Place, placesOf } from "./places.ts";
import { allow, distinct, oneOrMore, type PermissionPolicy, run, type Statement } from "./statement.ts";
import { volumeBounds } from "./volumes.ts";

/** Whom a policy is for. */
export interface Grantee {
	/** Twelve digits. */
	readonly account: string;
	/** `aws`, `aws-cn`, or another. */
	readonly partition: string;
	/** ARN of a role that the configuration names; null: the role that the run starts with. */
	readonly role: Role;
}

/** The reads of a tick. EC2 restricts none of them to a resource. A new read goes here. */
const READS = [
	"ec2:DescribeImages",
	"ec2:DescribeInstances",
	"ec2:DescribeSpotInstanceRequests",
	"ec2:DescribeSpotPriceHistory",
	"ec2:DescribeSubnets",
];

/** Tags that a launch sets in addition to the type, the names, and what a type file configures. */
const LAUNCH_TAGS = ["moz-created", "moz-run-url", "moz-state"];
/** Tags that name an instance. */
const NAME_TAGS = ["FQDN", "Name"];

/** Statements in the order of the policy. A new action goes into one of them, or into one of its own. */
const STATEMENTS: readonly ((scope: Scope) => readonly Statement[])[] = [
	({ places }) => (places.length === 0 ? [] : [allow("Read", [...READS, ...templateReads(places)].toSorted(), ["*"])]),
	launchInstances,
	launchVolumes,
	launchSpotRequests,
	launchInPlaces,
	launchNetworkInterfaces,
	launchTemplates,
	launchListedImages,
	launchOwnImages,
	launchImagesOfParameters,
	tagAtLaunch,
	nameInstances,
	passRoles,
	assumeRoles,
];

interface Scope {
	readonly policy: Policy;
	readonly places: readonly Place[];
	/** Types that the grantee launches. */
	readonly mozTypes: readonly MozType[];
	/** Roles that the grantee assumes. */
	readonly roles: readonly string[];
	readonly grantee: Grantee;
	/** An ARN of EC2 in the grantee's account. */
	readonly arn: (region: Region, type: string, id: string) => string;
	/** An ARN of IAM in the grantee's account. */
	readonly iamArn: (type: string, name: string) => string;
}

/** @param regions regions in use, in the grantee's partition */
export function permissionPolicy(policy: Policy, regions: readonly Region[], grantee: Grantee): PermissionPolicy {
	const scope = scopeOf(policy, regions, grantee);
	return { Version: "2012-10-17", Statement: STATEMENTS.flatMap((statementsOf) => statementsOf(scope)) };
}

function scopeOf(policy: Policy, regions: readonly Region[], grantee: Grantee): Scope {
	const { account, partition, role } = grantee;
	const places = placesOf(policy, regions, role);
	return {
		policy,
		places,
		mozTypes: distinct(places.map(({ mozType }) => mozType)),
		roles: role === null ? assumedRoles(policy, regions) : [],
		grantee,
		arn: (region, type, id) => `arn:${partition}:ec2:${region}:${account}:${type}/${id}`,
		iamArn: (type, name) => `arn:${partition}:iam::${account}:${type}/${name}`,
	};
}

function launchInstances(scope: Scope): readonly Statement[] {
	const { policy, places, mozTypes, arn, iamArn } = scope;
	const instanceTypes = [
		...mozTypes.flatMap((mozType) => policy.spotRules[mozType] ?? []),
		...places.map(({ config }) => config),
	].map(({ instanceType }) => instanceType);
	const profiles = distinct(places.flatMap(({ config }) => config.instanceProfileName ?? []));
	const templates = templateArns(scope);
	const tags = ownTags(scope);
	const ids = {
		...(profiles.length === 0
			? {}
			: { "ec2:InstanceProfile": oneOrMore(profiles.map((name) => iamArn("instance-profile", name))) }),
		...(templates.length === 0 ? {} : { "ec2:LaunchTemplate": oneOrMore(templates) }),
	};
	const absent = {
		...(profiles.length === 0 ? { "ec2:InstanceProfile": "true" } : {}),
		...(templates.length === 0 ? { "ec2:LaunchTemplate": "true" } : {}),
	};
	return run("LaunchOwnInstances", placed(scope, arn("*", "instance", "*")), {
		...tags,
		StringEquals: {
			...tags.StringEquals,
			"ec2:InstanceType": oneOrMore(distinct(instanceTypes)),
			"ec2:MetadataHttpTokens": "required",
			"ec2:Tenancy": "default",
		},
		...(Object.keys(ids).length === 0 ? {} : { ArnEqualsIfExists: ids }),
		...(Object.keys(absent).length === 0 ? {} : { Null: absent }),
	});
}

function launchVolumes(scope: Scope): readonly Statement[] {
	const { sizes, types } = volumeBounds(scope.places);
	const tags = ownTags(scope);
	return run("LaunchWithOwnVolumes", placed(scope, scope.arn("*", "volume", "*")), {
		...tags,
		StringEquals: {
			...tags.StringEquals,
			...(types === null ? {} : { "ec2:VolumeType": oneOrMore(distinct(types)) }),
		},
		...(sizes === null ? {} : { NumericLessThanEquals: { "ec2:VolumeSize": String(Math.max(...sizes)) } }),
	});
}

function launchSpotRequests(scope: Scope): readonly Statement[] {
	const hasSpot = scope.mozTypes.some((mozType) => (scope.policy.spotRules[mozType] ?? []).length > 0);
	const resource = scope.arn("*", "spot-instances-request", "*");
	return run("LaunchWithOwnSpotRequests", hasSpot ? [resource] : [], ownTags(scope));
}

function launchInPlaces({ places, arn }: Scope): readonly Statement[] {
	const each = (list: (config: TypeRegion) => readonly string[], type: string) =>
		distinct(places.flatMap(({ region, config }) => list(config).map((id) => arn(region, type, id))));
	return run("LaunchInListedPlaces", [
		...each(({ subnetIds }) => subnetIds, "subnet"),
		...each(({ securityGroupIds }) => securityGroupIds, "security-group"),
		...each(({ sshKey }) => (sshKey === null ? [] : [sshKey]), "key-pair"),
	]);
}

function launchNetworkInterfaces(scope: Scope): readonly Statement[] {
	const { places, arn } = scope;
	const subnets = places.flatMap(({ region, config }) => config.subnetIds.map((id) => arn(region, "subnet", id)));
	return run("LaunchWithNewNetworkInterfaces", placed(scope, arn("*", "network-interface", "*")), {
		ArnEquals: { "ec2:Subnet": oneOrMore(distinct(subnets)) },
	});
}

/** Launch templates are read only if a type uses one. */
function templateReads(places: readonly Place[]): readonly string[] {
	return places.some(({ config }) => config.launchTemplate !== null) ? ["ec2:DescribeLaunchTemplateVersions"] : [];
}

function launchTemplates(scope: Scope): readonly Statement[] {
	return run("LaunchFromListedTemplates", templateArns(scope));
}

/** A template that is configured by name could be any of its region, because an ARN has only the ID. */
function templateArns({ places, arn }: Scope): readonly string[] {
	return distinct(
		places.flatMap(({ region, config: { launchTemplate } }) =>
			launchTemplate === null
				? []
				: [arn(region, "launch-template", launchTemplate.idOrName.startsWith("lt-") ? launchTemplate.idOrName : "*")],
		),
	);
}

function launchListedImages({ places, grantee: { partition } }: Scope): readonly Statement[] {
	const images = places.flatMap(({ region, config }) => {
		const ami = amiOf(config.ami);
		return ami.kind === "image" ? [`arn:${partition}:ec2:${region}::image/${ami.id}`] : [];
	});
	return run("LaunchFromListedImages", distinct(images));
}

function launchOwnImages(scope: Scope): readonly Statement[] {
	const { policy, mozTypes, grantee } = scope;
	return run("LaunchFromOwnTaggedImages", placed(scope, `arn:${grantee.partition}:ec2:*::image/*`), {
		StringEquals: { "ec2:Owner": grantee.account, [`aws:ResourceTag/${policy.typeTag}`]: oneOrMore(mozTypes) },
		StringLike: { "aws:ResourceTag/Name": "spot-*" },
	});
}

/** EC2 reads the parameter with the rights of the caller. Whose image it holds is known, but not which. */
function launchImagesOfParameters({ places, grantee }: Scope): readonly Statement[] {
	const parameters = places.flatMap(({ region, config }) => {
		const ami = amiOf(config.ami);
		return ami.kind === "parameter" ? [ami.parameterIn(region, grantee)] : [];
	});
	if (parameters.length === 0) return [];
	const images = parameters.map(({ region }) => `arn:${grantee.partition}:ec2:${region}::image/*`);
	return [
		allow("ReadImageParameters", ["ssm:GetParameters"], distinct(parameters.map(({ arn }) => arn))),
		...run("LaunchFromImagesOfParameters", distinct(images), {
			StringEquals: { "ec2:Owner": oneOrMore(distinct(parameters.map(({ owner }) => owner))) },
		}),
	];
}

function tagAtLaunch(scope: Scope): readonly Statement[] {
	if (scope.places.length === 0) return [];
	const resources = ["instance", "volume", "spot-instances-request"].map((type) => scope.arn("*", type, "*"));
	return [
		allow("TagAtLaunch", ["ec2:CreateTags"], resources, {
			StringEquals: { "ec2:CreateAction": "RunInstances" },
			...onlyTags(scope),
		}),
	];
}

function nameInstances(scope: Scope): readonly Statement[] {
	if (scope.places.length === 0) return [];
	return [
		allow("NameOwnInstances", ["ec2:CreateTags"], [scope.arn("*", "instance", "*")], {
			StringLike: { "aws:ResourceTag/moz-created": "?*" },
			"ForAllValues:StringEquals": { "aws:TagKeys": NAME_TAGS },
			Null: { "aws:TagKeys": "false" },
		}),
	];
}

/** A profile is taken to contain the role of its name, as those do that the console makes. */
function passRoles({ places, iamArn, grantee }: Scope): readonly Statement[] {
	const profiles = distinct(places.flatMap(({ config }) => config.instanceProfileName ?? []));
	if (profiles.length === 0) return [];
	const resources = profiles.map((name) => iamArn("role", name));
	// China's regions have a name of their own for the service, and accept the other one.
	const services = ["ec2.amazonaws.com", ...(grantee.partition === "aws-cn" ? ["ec2.amazonaws.com.cn"] : [])];
	return [
		allow("PassListedRoles", ["iam:PassRole"], resources, {
			StringEquals: { "iam:PassedToService": oneOrMore(services) },
		}),
	];
}

function assumeRoles({ roles }: Scope): readonly Statement[] {
	return roles.length === 0 ? [] : [allow("AssumeListedRoles", ["sts:AssumeRole"], roles)];
}

/** The tags that everything launched has, and no others. */
function ownTags(scope: Scope) {
	return {
		StringEquals: {
			[`aws:RequestTag/${scope.policy.typeTag}`]: oneOrMore(scope.mozTypes),
			"aws:RequestTag/moz-state": "ready",
		},
		StringLike: { "aws:RequestTag/moz-created": "?*" },
		...onlyTags(scope),
	};
}

/** Tags with these keys only. A launch whose user data lists names has them in tags, too. */
function onlyTags({ policy, places, mozTypes }: Scope) {
	const configured = places.flatMap(({ config }) => Object.keys(config.tags));
	const keys = distinct([policy.typeTag, ...LAUNCH_TAGS, ...NAME_TAGS, ...configured]);
	const listNames = mozTypes.some((mozType) => listsNames(policy.types[mozType]?.userData ?? []));
	if (!listNames) return { "ForAllValues:StringEquals": { "aws:TagKeys": keys } };
	// No key of the configuration has a wildcard.
	return { "ForAllValues:StringLike": { "aws:TagKeys": distinct([...keys, "moz-names*"]) } };
}

/** The resource, if anything is launched at all. */
function placed({ places }: Scope, resource: string): readonly string[] {
	return places.length === 0 ? [] : [resource];
}
