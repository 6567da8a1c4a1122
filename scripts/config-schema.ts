/**
 * Writes the JSON Schemas of the configuration files, which editors use for completion, hovers, and errors.
 * Usage: node scripts/config-schema.ts
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { mainSchema, typeRegionSchema, typeSchema } from "../src/config/schema.ts";

/** What an editor shows for a key: its meaning, with units, and its default. */
type Explanation = readonly [description: string, fallback?: unknown];
/** Explanations by path; `*` is any key, or any item of a list. */
type Explanations = Readonly<Record<string, Explanation>>;

const EDITOR: Explanations = { $schema: ["The JSON Schema that editors check this file with. Not read otherwise."] };

const MAIN: Explanations = {
	...EDITOR,
	buildermap: [
		"Maps patterns to instance types. Patterns are Python regular expressions that match at the start of a builder's name. The first that matches decides.",
	],
	region_priorities: [
		"Maps regions to whole numbers. Regions with a priority above 0 are used. On-demand demand is split in proportion to the priorities.",
	],
	spot: ["Spot instances."],
	"spot.rules": ["What to bid for, by instance type. A type without rules has no spot instances."],
	"spot.rules.*.*.instance_type": ["EC2 instance type to bid for."],
	"spot.rules.*.*.bid_price": [
		"Maximum price in USD per hour. A zone is used only if its price is at most 80 % of this.",
	],
	"spot.rules.*.*.performance_constant": [
		"Speed relative to the other rules of the type. Prices are divided by it before they are compared.",
		1,
	],
	"spot.rules.*.*.ignored_azs": ["Availability zones in which the rule is not used.", []],
	"spot.rules.*.*.product_description": ["Operating system whose price applies, in EC2's terms.", "Linux/UNIX"],
	"spot.limits": [
		'Maximum number of live spot instances, by region or "global" for all regions, and by instance type. A region without a limit is not used for the type. 0 means none.',
	],
	"spot.spread": [
		"Spreads the spot instances of a type over several pools (EC2 instance type, zone, and account), so that EC2 can't reclaim them all at once. Default: all go to the cheapest.",
	],
	"spot.spread.*.pools": ["Maximum number of pools, 2 to 20."],
	"spot.spread.*.premium": [
		"By how much a pool's price, divided by performance_constant, may exceed the cheapest one's: 0.1 for 10 %. 0 spreads over pools of equal price.",
	],
	ondemand: ["On-demand instances."],
	"ondemand.limits": [
		'Maximum number of live on-demand instances, by region or "global" for all regions, and by instance type. Without a global limit, none are launched. 0 means none.',
	],
	on_demand_price: ["On-demand price in USD per hour, by EC2 instance type."],
	max_hourly_cost: [
		"USD per hour that live and new instances of a type together may cost, by instance type. Default: no limit.",
	],
	heuristics: ["How many instances the pending requests need."],
	"heuristics.fresh_instance_delay": [
		"Seconds after its launch during which an instance is expected to take a request.",
		1200,
	],
	"heuristics.fresh_instance_delay_jacuzzi": ["The same for instances of a jacuzzi, in seconds.", 1200],
	"heuristics.old_divisor": ["One in this many older instances is expected to become free soon.", 10],
	"heuristics.scope": [
		'Whether spot and on-demand instances reduce the demand of a pool separately ("lifecycle") or together ("pool").',
		"lifecycle",
	],
	type_tag: ["Key of the tag that holds the instance type.", "moz-type"],
	roles: [
		"ARN of the IAM role that launches in a region, or that launches an instance type in all its regions. Default: the credentials of the run.",
	],
	jacuzzi: ["Where the named workers of builders come from: exactly one of the keys."],
	"jacuzzi.url": ["URL of an allocator that assigns named workers to builders."],
	"jacuzzi.builders": ["Maps builders to lists of workers."],
	"jacuzzi.buildbot": ["true uses the workers that Buildbot's own tables assign to a builder (0.9.0 and later)."],
	pending: ["Age of the requests for which instances are launched."],
	"pending.min_age": ["Seconds. Nothing is launched for younger requests. Default: no limit."],
	"pending.max_age": ["Seconds. Nothing is launched for older requests. Default: no limit."],
	certs: ["The original's bootstrap certificates."],
	"certs.url": ["https URL with {fqdn} in place of the instance's name."],
	"certs.cache_dir": ["Folder of the certificates, relative to the workspace."],
	graphite_host: ["Host name or address of the Graphite server that receives metrics."],
	graphite_port: ["Port of the Graphite server."],
	graphite_prefix: ["First part of each metric's path."],
};

const TYPE: Explanations = {
	...EDITOR,
	hostname: ["Name pattern with one %d or %0Nd for the number, such as bld-linux64-ec2-%03d."],
	names: ["Instead of hostname: names, and ranges such as bld-linux64-{001..400}, used in this order."],
};

const REGION: Explanations = {
	domain: ["Appended to the name to form the tag FQDN."],
	ami: ["Image ID or resolve:ssm:…, used if the account has no image tagged for the type."],
	subnet_ids: ["Subnets. Within a zone, the one with the most free addresses is used first."],
	security_group_ids: ["Security groups."],
	instance_type: ["EC2 instance type of on-demand instances."],
	ssh_key: ["Name of the key pair."],
	use_public_ip: ["Whether instances get a public address.", false],
	instance_profile_name: ["Name of the instance profile."],
	device_map: ["Block devices by name, such as /dev/xvda. The image decides what a device leaves out."],
	"device_map.*.ephemeral_name": ["Instance store volume, such as ephemeral0."],
	"device_map.*.size": ["Size in GiB. Ignored with skip_resize."],
	"device_map.*.volume_type": ["Type of the EBS volume, such as gp3."],
	"device_map.*.iops": ["Provisioned operations per second."],
	"device_map.*.throughput": ["Throughput in MiB/s."],
	"device_map.*.encrypted": ["Whether the volume is encrypted."],
	"device_map.*.delete_on_termination": ["Whether the volume is deleted with the instance.", true],
	"device_map.*.skip_resize": ["Whether the volume keeps the size of its snapshot.", false],
	tags: ["Up to 44 more tags for instances, volumes, and spot requests."],
	puppet_server: ["Value of {puppet_server} in the user data.", ""],
	launch_template: ["EC2 launch template with settings for which this file has no key."],
	"launch_template.id": ["ID of the template."],
	"launch_template.name": ["Name of the template, instead of its ID."],
	"launch_template.version": ["A version number, $Default, or $Latest.", "$Default"],
};

/** Names of regions, as isRegion() has them. */
const REGION_NAME = "^[a-z]{2,}(?:-[a-z]+)+-\\d+$";

/** Texts of the schema files, by name below `configs/schema/`. */
export function schemaFiles(): Readonly<Record<string, string>> {
	const { $schema, ...region } = explainedSchema(typeRegionSchema, REGION);
	const files = {
		"watch-pending.schema.json": {
			title: "aws-watch-pending: the main file of a configuration",
			...explainedSchema(mainSchema, MAIN),
		},
		"type.schema.json": {
			title: "aws-watch-pending: the file of an instance type",
			...explainedSchema(typeSchema, TYPE),
			patternProperties: { [REGION_NAME]: { description: "How the type is launched in the region.", ...region } },
		},
	};
	return Object.fromEntries(
		Object.entries(files).map(([name, schema]) => [name, `${JSON.stringify(schema, null, "\t")}\n`]),
	);
}

type Schema = Record<string, unknown>;

/**
 * The schema in draft 7, which editors know best. It lacks rules that a schema can't state; mode `check` has them all.
 * @throws Error if a key has no explanation, or an explanation no key
 */
function explainedSchema(schema: z.ZodType, explanations: Explanations): Schema {
	const used = new Set<string>();
	const explain = (path: string, node: Schema): Schema => {
		const explanation = explanations[path];
		if (explanation === undefined) return node;
		used.add(path);
		const [description, ...fallback] = explanation;
		return { description, ...node, ...(fallback.length === 0 ? {} : { default: fallback[0] }) };
	};
	const visit = (value: unknown, path: string): unknown => {
		const node = nodeSchema.safeParse(value).data;
		if (node === undefined) return value;
		const below = (key: string) => (path === "" ? key : `${path}.${key}`);
		const properties = Object.entries(node.properties ?? {}).map(([key, child]) => {
			if (explanations[below(key)] === undefined) throw new Error(`the key ${below(key)} has no explanation`);
			return [key, explain(below(key), nodeSchema.parse(visit(child, below(key))))];
		});
		return {
			...node,
			...(node.properties === undefined ? {} : { properties: Object.fromEntries(properties) }),
			...(node.items === undefined ? {} : { items: visit(node.items, below("*")) }),
			...(node.anyOf === undefined ? {} : { anyOf: node.anyOf.map((option) => visit(option, path)) }),
			...(nodeSchema.safeParse(node.additionalProperties).success
				? { additionalProperties: visit(node.additionalProperties, below("*")) }
				: {}),
		};
	};
	const result = nodeSchema.parse(visit(z.toJSONSchema(schema, { target: "draft-7", io: "input" }), ""));
	const unused = Object.keys(explanations).filter((path) => !used.has(path));
	if (unused.length > 0) throw new Error(`the explanations of ${unused.join(", ")} have no key`);
	return result;
}

const nodeSchema = z.looseObject({
	properties: z.record(z.string(), z.unknown()).optional(),
	items: z.unknown().optional(),
	anyOf: z.array(z.unknown()).optional(),
	additionalProperties: z.unknown().optional(),
});

if (import.meta.main) {
	const folder = resolve(import.meta.dirname, "../configs/schema");
	mkdirSync(folder, { recursive: true });
	for (const [name, text] of Object.entries(schemaFiles())) writeFileSync(join(folder, name), text);
}
