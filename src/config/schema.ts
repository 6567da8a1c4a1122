/** The shape of the configuration files. Every message completes a sentence that begins with the key. */
import { z } from "zod";
import { isHostnamePattern } from "../core/plan/names.ts";
import { isRegion } from "../core/plan/regions.ts";
import { expandNames } from "./names.ts";
import { isRoleArn } from "./roles.ts";

/** Largest number that any count or limit may be. */
const MOST = 1_000_000_000;

const text = z.string("must be text; put it in quotes").min(1, "must not be empty");
const flag = z.boolean("must be true or false");
const whole = (least: number) => {
	const message = `must be a whole number, ${least} or more`;
	return z.number(message).int(message).min(least, message).max(MOST, `must be ${MOST} at most`);
};
const positive = z.number("must be a number above 0").positive("must be a number above 0");

// `in {}`: a plain object has these names already, whatever the file says.
const name = text.refine(
	(value) => /^\w[\w.-]*$/.test(value) && !(value in {}),
	"cannot be the name of an instance type: letters, digits, dots, dashes and underscores can",
);

const region = text.refine(isRegion, "is not the name of an AWS region, such as us-west-2");

const perType = z.record(name, whole(0), "must be a map from instance types to limits");
const limits = z.record(
	text.refine(
		(key) => key === "global" || isRegion(key),
		'is neither "global" nor the name of an AWS region, such as us-west-2',
	),
	perType,
	'must be a map from regions, or "global", to limits',
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

/** EC2 takes 50; the type, the name and what else a launch is tagged with are among them. */
const MOST_TAGS = 50 - 6;
// Stricter than EC2 alone: instances read their tags from the metadata, where blanks and slashes cannot be in a key.
const tagKey = text
	.max(128, "must be 128 characters at most")
	.regex(/^[\p{L}\p{N}+\-=.,_:@]+$/u, "cannot be the key of a tag: letters, digits and + - = . , _ : @ can")
	.refine((key) => !/^aws:/i.test(key), 'must not begin with "aws:", which AWS keeps for itself');
const tagValue = z.string("must be text; put it in quotes").max(256, "must be 256 characters at most");

const roleArn = text.refine(
	isRoleArn,
	"must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/watch-pending",
);

/** The main file. The original has all keys but `heuristics`, `type_tag`, `roles` and `certs`, which was a flag. */
export const mainSchema = z.strictObject({
	buildermap: z
		.record(text, name, "must be a map from patterns to instance types")
		.refine((map) => Object.keys(map).length > 0, "is empty: no builder would ever get a machine"),
	region_priorities: z.record(region, whole(0), "must be a map from regions to priorities").optional(),
	spot: z
		.strictObject(
			{
				rules: z
					.record(name, z.array(spotRule, "must be a list of rules"), "must be a map from instance types to rules")
					.optional(),
				limits: limits.optional(),
			},
			"must be a map",
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
	type_tag: tagKey.optional(),
	// A region's name is one that a type could have, too; it is taken for the region.
	roles: z.record(name, roleArn, "must be a map from regions, or instance types, to ARNs of roles").optional(),
	jacuzzi: z
		.strictObject(
			{
				url: text.regex(/^https?:\/\/[^/]/, "must be an http or https URL, such as http://allocator/v1").optional(),
				builders: z
					.record(
						text.refine((builder) => !(builder in {}), "cannot be the name of a builder here"),
						z.array(text, "must be a list of workers"),
						"must be a map from builders to lists of workers",
					)
					.optional(),
				buildbot: z.literal(true, "must be true, or not be there").optional(),
			},
			"must be a map",
		)
		.refine(
			(jacuzzi) => Object.values(jacuzzi).filter((value) => value !== undefined).length === 1,
			"must have one of url, builders and buildbot",
		)
		.optional(),
	pending: z
		.strictObject({ min_age: whole(0).optional(), max_age: whole(0).optional() }, "must be a map")
		.refine(
			({ min_age = 0, max_age = MOST }) => min_age <= max_age,
			"hides every request: its min_age is above its max_age",
		)
		.optional(),
	certs: z
		.strictObject(
			{
				url: text.refine(
					(url) => /^https:\/\/[^/]/.test(url) && url.includes("{fqdn}"),
					'must be an https URL with "{fqdn}" where the name goes',
				),
				cache_dir: text,
			},
			"must be a map",
		)
		.optional(),
	graphite_host: text.regex(/^[^\s/]+$/, "must be the name or address of a host, without scheme or path").optional(),
	graphite_port: whole(1).max(65_535, "must be 65535 at most").optional(),
	graphite_prefix: text
		.regex(/^[\w-]+(?:\.[\w-]+)*$/, "must be letters, digits, dashes and underscores, in parts with dots between them")
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

/** One region of a type file. Keys of other tools are passed over. */
export const typeRegionSchema = z.object(
	{
		domain: text.nullish(),
		ami: text.regex(/^(?:ami-|resolve:ssm:)/, "must be an image id (ami-…) or resolve:ssm:…"),
		subnet_ids: z.array(text, "must be a list of subnet ids").min(1, "must not be empty"),
		security_group_ids: z.array(text, "must be a list of security group ids").min(1, "must not be empty"),
		instance_type: text,
		ssh_key: text.nullish(),
		use_public_ip: flag.nullish(),
		instance_profile_name: text.nullish(),
		device_map: z.record(text, device, "must be a map from device names to devices").nullish(),
		tags: z
			.record(tagKey, tagValue, "must be a map from tags to texts")
			.refine((tags) => Object.keys(tags).length <= MOST_TAGS, `must be ${MOST_TAGS} tags at most`)
			.nullish(),
		puppet_server: text.nullish(),
		launch_template: z
			.strictObject(
				{
					id: text.regex(/^lt-/, "must be the id of a launch template (lt-…)").optional(),
					name: text.optional(),
					version: z.union([text, whole(1)], 'must be a number, "$Default" or "$Latest"').optional(),
				},
				"must be a map",
			)
			.refine(({ id, name }) => (id === undefined) !== (name === undefined), "must have either an id or a name")
			.nullish(),
	},
	"must be a map",
);

/** What a type file says of all its regions. */
export const typeSchema = z.object({
	hostname: text
		.refine(isHostnamePattern, 'must hold one "%d" or "%03d", where the number goes, and no other "%"')
		.nullish(),
	names: z
		.array(
			text.refine(
				(entry) => expandNames(entry).kind === "names",
				'must be a name, or a range of names such as "bld-{001..400}"',
			),
			"must be a list of names",
		)
		.min(1, "must not be empty")
		.nullish(),
});
