/** The shape of the configuration files. Every message completes a sentence that starts with the key. */
import { z } from "zod";
import { isHostnamePattern } from "../core/plan/names.ts";
import { isRegion } from "../core/plan/regions.ts";
import { countNames, MAX_NAMES } from "./names.ts";
import { isRoleArn } from "./roles.ts";
import { isUrl, isWithoutCredentials } from "./url.ts";
import { findDeviceProblems } from "./volumes.ts";

/** Maximum of every count and limit. */
const MAX = 1_000_000_000;

const text = z.string("must be text in quotes").min(1, "must not be empty");
const flag = z.boolean("must be true or false");
const whole = (min: number, max = MAX) => {
	const message = `must be a whole number of at least ${min}`;
	return z.number(message).int(message).min(min, message).max(max, `must not exceed ${max}`);
};
const positive = z.number("must be a number above 0").positive("must be a number above 0");

/** Not a key that every plain object has, such as `constructor`. */
const unreserved = text.refine((value) => !(value in {}), "must not be a word that JavaScript reserves");

/** A file system allows 255 bytes, and the longest of a type's files ends in `.user-data`. */
const MAX_TYPE_NAME = 255 - ".user-data".length;
/** The name of an instance type, which is the name of its file. */
export const typeName = unreserved
	.regex(/^\w[\w.-]*$/, "must be the name of an instance type: letters, digits, dots, dashes, and underscores")
	.max(MAX_TYPE_NAME, `must not exceed ${MAX_TYPE_NAME} characters, because its files have this name`);

const publicUrl = text.refine(
	isWithoutCredentials,
	"must not contain a user name, a password, or a token, because this file is no place for secrets; restrict access by network, and revoke what was in it",
);

const region = text.refine(isRegion, "must be an AWS region, such as us-west-2");

const perType = z.record(typeName, whole(0), "must be a map from instance types to limits");
const limits = z.record(
	text.refine((key) => key === "global" || isRegion(key), 'must be "global" or an AWS region, such as us-west-2'),
	perType,
	'must be a map from regions or "global" to limits',
);

const spotRule = z.strictObject(
	{
		instance_type: text,
		bid_price: positive,
		performance_constant: positive.optional(),
		ignored_azs: z.array(text, "must be a list of availability zones").optional(),
		product_description: text.optional(),
	},
	"must be a map",
);

const premium = "must be a number from 0 to 1, such as 0.1 for 10 %";
const spread = z.strictObject(
	{ pools: whole(2, 20), premium: z.number(premium).min(0, premium).max(1, premium) },
	"must be a map",
);

/** EC2 allows 50, including the six that every launch sets. */
const MAX_TAGS = 50 - 6;
// Instances read their tags from the metadata, which allows fewer keys than EC2 itself.
// Source: "View tags for your EC2 instances using instance metadata" in the EC2 User Guide.
const tagKey = text
	.max(128, "must not exceed 128 characters")
	.regex(/^[A-Za-z0-9+\-=.,_:@]+$/, "must be a tag key: ASCII letters, digits, and + - = . , _ : @")
	.refine((key) => ![".", "..", "_index"].includes(key), "must be a key that instance metadata allows")
	.refine((key) => !/^aws:/i.test(key), 'must not start with "aws:", which AWS reserves');
/** Tags that this action sets or reads for other purposes. */
const OWN_TAGS = ["Name", "FQDN", "moz-created", "moz-loaned-to", "moz-names", "moz-run-url", "moz-state"];
const tagValue = z.string("must be text in quotes").max(256, "must not exceed 256 characters");

const roleArn = text.refine(
	isRoleArn,
	"must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/watch-pending",
);

/** The schema that editors check the file with. Accepted, and not read. */
const editorSchema = text.optional();

/**
 * The main file. The original lacks `heuristics`, `type_tag`, `roles`, `certs`, which was a flag,
 * `on_demand_price`, `max_hourly_cost`, and `spot.spread`.
 */
export const mainSchema = z.strictObject({
	$schema: editorSchema,
	buildermap: z
		.record(text, typeName, "must be a map from patterns to instance types")
		.refine((map) => Object.keys(map).length > 0, "must contain at least one pattern"),
	region_priorities: z.record(region, whole(0), "must be a map from regions to priorities").optional(),
	spot: z
		.strictObject(
			{
				rules: z
					.record(typeName, z.array(spotRule, "must be a list of rules"), "must be a map from instance types to rules")
					.optional(),
				limits: limits.optional(),
				spread: z.record(typeName, spread, 'must be a map from instance types to "pools" and "premium"').optional(),
			},
			"must be a map",
		)
		.optional(),
	on_demand_price: z
		.record(unreserved, positive, "must be a map from EC2 instance types to prices, in USD per hour")
		.optional(),
	max_hourly_cost: z
		.record(
			typeName,
			z
				.number("must be a number of at least 0")
				.min(0, "must be a number of at least 0")
				.max(MAX, `must not exceed ${MAX}`),
			"must be a map from instance types to USD per hour",
		)
		.optional(),
	ondemand: z.strictObject({ limits: limits.optional() }, "must be a map").optional(),
	heuristics: z
		.strictObject(
			{
				fresh_instance_delay: whole(0).optional(),
				fresh_instance_delay_jacuzzi: whole(0).optional(),
				old_divisor: whole(1).optional(),
				scope: z.enum(["lifecycle", "pool"], 'must be "lifecycle" or "pool"').optional(),
			},
			"must be a map",
		)
		.optional(),
	type_tag: tagKey
		.refine((key) => !OWN_TAGS.includes(key), `must not be ${OWN_TAGS.join(", ")}, which have other meanings`)
		.optional(),
	// An instance type could have the name of a region; such a key is the region.
	roles: z.record(typeName, roleArn, "must be a map from regions or instance types to role ARNs").optional(),
	jacuzzi: z
		.strictObject(
			{
				url: publicUrl
					.refine(
						(url) => /^https?:\/\/[^/]/.test(url) && isUrl(url),
						"must be an http or https URL, such as http://allocator/v1",
					)
					.refine((url) => !/[?#]/.test(url), 'must not contain "?" or "#", because paths are appended to it')
					.optional(),
				builders: z
					.record(
						unreserved,
						z.array(text, "must be a list of workers"),
						"must be a map from builders to lists of workers",
					)
					.optional(),
				buildbot: z.literal(true, "must be true if present").optional(),
			},
			"must be a map",
		)
		.refine(
			(jacuzzi) => Object.keys(jacuzzi).length === 1,
			'must have exactly one of "url", "builders", and "buildbot"',
		)
		.optional(),
	pending: z
		.strictObject({ min_age: whole(0).optional(), max_age: whole(0).optional() }, "must be a map")
		.refine(
			({ min_age = 0, max_age = MAX }) => min_age <= max_age,
			'excludes every request; "min_age" must not exceed "max_age"',
		)
		.optional(),
	certs: z
		.strictObject(
			{
				url: publicUrl.refine(
					(url) => /^https:\/\/[^/]/.test(url) && isUrl(url) && url.includes("{fqdn}"),
					'must be an https URL that contains "{fqdn}"',
				),
				cache_dir: text,
			},
			"must be a map",
		)
		.optional(),
	graphite_host: text.regex(/^[^\s/@]+$/, "must be a host name or address, without scheme, user, or path").optional(),
	graphite_port: whole(1, 65_535).optional(),
	graphite_prefix: text
		.regex(/^[\w-]+(?:\.[\w-]+)*$/, "must be words of letters, digits, dashes, and underscores, joined by dots")
		.optional(),
});

const device = z.object(
	{
		ephemeral_name: text.nullish(),
		size: whole(1).nullish(),
		volume_type: text.nullish(),
		iops: whole(1).nullish(),
		throughput: whole(1).nullish(),
		encrypted: flag.nullish(),
		delete_on_termination: flag.nullish(),
		skip_resize: flag.nullish(),
	},
	"must be a map",
);

/** One region of a type file. Keys of other tools are ignored. */
export const typeRegionSchema = z.object(
	{
		domain: text.nullish(),
		ami: text.regex(/^(?:ami-|resolve:ssm:)/, "must be an image ID (ami-…) or resolve:ssm:…"),
		subnet_ids: z.array(text, "must be a list of subnet IDs").min(1, "must not be empty"),
		security_group_ids: z.array(text, "must be a list of security group IDs").min(1, "must not be empty"),
		instance_type: text,
		ssh_key: text.nullish(),
		use_public_ip: flag.nullish(),
		instance_profile_name: text.nullish(),
		device_map: z
			.record(text, device, "must be a map from device names to devices")
			.superRefine((devices, context) => {
				for (const [deviceName, given] of Object.entries(devices)) {
					for (const { key, message } of findDeviceProblems(deviceName, given)) {
						context.addIssue({ code: "custom", path: [deviceName, key], message, input: given[key] });
					}
				}
			})
			.nullish(),
		tags: z
			.record(tagKey, tagValue, "must be a map from tag keys to text")
			.refine((tags) => Object.keys(tags).length <= MAX_TAGS, `must not contain more than ${MAX_TAGS} tags`)
			.nullish(),
		// The original fills in an empty text on purpose.
		puppet_server: z.string("must be text in quotes").nullish(),
		launch_template: z
			.strictObject(
				{
					id: text.regex(/^lt-/, "must be the ID of a launch template (lt-…)").optional(),
					name: text.optional(),
					version: z.union([text, whole(1)], 'must be a number, "$Default" or "$Latest"').optional(),
				},
				"must be a map",
			)
			.refine(({ id, name }) => (id === undefined) !== (name === undefined), 'must have exactly one of "id" and "name"')
			.nullish(),
	},
	"must be a map",
);

/** The keys of a type file that apply to all its regions. */
export const typeSchema = z.object({
	$schema: editorSchema,
	hostname: text
		.refine(isHostnamePattern, 'must contain one "%d" or "%03d" for the number, and no other "%"')
		.nullish(),
	names: z
		.array(
			text.refine((entry) => countNames(entry) > 0, 'must be a name, or a range of names such as "bld-{001..400}"'),
			"must be a list of names",
		)
		.min(1, "must not be empty")
		.refine(
			(entries) => entries.reduce((count, entry) => count + countNames(entry), 0) <= MAX_NAMES,
			`must not contain more than ${MAX_NAMES} names`,
		)
		.nullish(),
});
