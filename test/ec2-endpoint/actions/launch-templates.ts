/**
 * Launch templates. `RunInstances` merges: parameters of the request override the same parameters of the template
 * (`LaunchTemplate` in the reference of `RunInstances`).
 */
import { Ec2Error, invalidValue } from "../errors.ts";
import { isList, Parameters } from "../parameters.ts";
import type { LaunchTemplateSpec, WorldRegion } from "../world.ts";
import { repeated, timestamp, type XmlChildren, type XmlValue } from "../xml.ts";
import { type Action, listing } from "./action.ts";
import { type FilterValues, filterItems } from "./filters.ts";
import { paginate } from "./paging.ts";

/** Lists that are merged item by item, with the field that tells which items are the same. */
const KEYED_LISTS = { BlockDeviceMapping: "DeviceName", NetworkInterface: "DeviceIndex" } as const;

function template(region: WorldRegion, parameters: Parameters): LaunchTemplateSpec | null {
	const id = parameters.text("LaunchTemplateId");
	const name = parameters.text("LaunchTemplateName");
	if (id === undefined && name === undefined) {
		throw new Ec2Error("MissingParameter", "Either a launch template ID or a launch template name is required");
	}
	if (id !== undefined && name !== undefined) {
		throw new Ec2Error(
			"InvalidParameterCombination",
			"Specify a launch template ID or a launch template name, not both",
		);
	}
	if (region.launchTemplates === null) return null;
	if (id !== undefined) {
		const found = region.launchTemplates.get(id);
		if (found !== undefined) return found;
		const message = `The specified launch template, with template ID ${id}, does not exist.`;
		throw new Ec2Error("InvalidLaunchTemplateId.NotFound", message);
	}
	const found = [...region.launchTemplates.values()].find((each) => (each.name ?? each.launchTemplateId) === name);
	if (found !== undefined) return found;
	const message = `The specified launch template, with template name ${name}, does not exist.`;
	throw new Ec2Error("InvalidLaunchTemplateName.NotFoundException", message);
}

function versionNumber(spec: LaunchTemplateSpec, given: string | undefined): number {
	if (given === undefined || given === "$Default") return spec.defaultVersion ?? 1;
	const number = given === "$Latest" ? spec.versions.length : Number(given);
	if (spec.versions[number - 1] !== undefined) return number;
	const message = `Could not find the specified version ${given} for the launch template with ID ${spec.launchTemplateId}.`;
	throw new Ec2Error("InvalidLaunchTemplateId.VersionNotFound", message);
}

/** Items by key, each as its fields. Two with the same key stay two, so that EC2's check of the whole refuses them. */
function itemsByKey(parameters: Parameters, list: string, key: string): Map<string, Readonly<Record<string, string>>> {
	const items = new Map<string, Readonly<Record<string, string>>>();
	for (const [index, item] of parameters.list(list).entries()) {
		const value = item.text(key) ?? "";
		items.set(items.has(value) ? `${value} ${index}` : value, item.flat);
	}
	return items;
}

/** Fields of the second override those of the first; a list among them is replaced as a whole. */
function override(
	base: Readonly<Record<string, string>>,
	over: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
	const names = new Set(Object.keys(over).map((name) => name.split(".")[0]));
	const kept = Object.entries(base).filter(([name]) => !names.has(name.split(".")[0]));
	return { ...Object.fromEntries(kept), ...over };
}

type TagList = readonly (readonly [key: string, value: string])[];

/** Tags by resource type, in their order. @throws Ec2Error if a type occurs twice */
function tagsByType(parameters: Parameters): Map<string, TagList> {
	const types = new Map<string, TagList>();
	for (const specification of parameters.list("TagSpecification")) {
		const type = specification.text("ResourceType") ?? "";
		if (types.has(type)) throw invalidValue(`Duplicate resource type '${type}' in the tag specifications.`);
		const tags = specification.list("Tag").map((tag) => [tag.text("Key") ?? "", tag.text("Value") ?? ""] as const);
		types.set(type, tags);
	}
	return types;
}

function combineTags(template: Parameters, request: Parameters): Readonly<Record<string, string>> {
	const combined = tagsByType(template);
	for (const [type, tags] of tagsByType(request)) {
		const overridden = new Set(tags.map(([key]) => key));
		const kept = (combined.get(type) ?? []).filter(([key]) => !overridden.has(key));
		combined.set(type, [...kept, ...tags]);
	}
	return Object.fromEntries(
		[...combined].flatMap(([type, tags], index) => [
			[`TagSpecification.${index + 1}.ResourceType`, type] as const,
			...tags.flatMap(([key, value], tag) => [
				[`TagSpecification.${index + 1}.Tag.${tag + 1}.Key`, key] as const,
				[`TagSpecification.${index + 1}.Tag.${tag + 1}.Value`, value] as const,
			]),
		]),
	);
}

/** @throws Ec2Error */
function mergeTemplate(request: Parameters, data: Readonly<Record<string, string>>): Parameters {
	const base = Parameters.of(data);
	const special = ["TagSpecification", ...Object.keys(KEYED_LISTS)];
	const plain = ({ flat }: Parameters) =>
		Object.fromEntries(Object.entries(flat).filter(([name]) => !special.includes(name.split(".")[0] ?? "")));
	const lists = Object.entries(KEYED_LISTS).flatMap(([list, key]) => {
		const items = itemsByKey(base, list, key);
		for (const [value, fields] of itemsByKey(request, list, key)) {
			// Whether EC2 merges the fields of two mappings of one device is unsure; here the request's mapping replaces it.
			const merged = list === "NetworkInterface" ? override(items.get(value) ?? {}, fields) : fields;
			items.set(value, merged);
		}
		return [...items.values()].flatMap((fields, index) =>
			Object.entries(fields).map(([name, value]) => [`${list}.${index + 1}.${name}`, value] as const),
		);
	});
	return Parameters.of({
		...override(plain(base), plain(request)),
		...Object.fromEntries(lists),
		...combineTags(base, request),
	});
}

/**
 * The parameters of a launch together with those of its launch template.
 * @throws Ec2Error
 */
export function withTemplate(region: WorldRegion, parameters: Parameters): Parameters {
	if (!parameters.has("LaunchTemplate")) return parameters;
	const named = parameters.part("LaunchTemplate");
	const spec = template(region, named);
	if (spec === null) return parameters;
	const version = spec.versions[versionNumber(spec, named.text("Version")) - 1];
	return version === undefined ? parameters : mergeTemplate(parameters, version.data);
}

interface Version {
	readonly spec: LaunchTemplateSpec;
	readonly number: number;
	readonly data: Parameters;
}

const filters: FilterValues<Version & { readonly tags?: Readonly<Record<string, string>> }> = {
	"image-id": ({ data }) => data.text("ImageId") ?? null,
	"instance-type": ({ data }) => data.text("InstanceType") ?? null,
	"is-default-version": ({ spec, number }) => String(number === (spec.defaultVersion ?? 1)),
};

export const describeLaunchTemplateVersions: Action = {
	parameters: new Set(["LaunchTemplateId", "LaunchTemplateName", "LaunchTemplateVersion.#", ...listing]),
	perform(call) {
		const { world, region, parameters } = call;
		const named = parameters.has("LaunchTemplateId") || parameters.has("LaunchTemplateName");
		const asked = parameters.strings("LaunchTemplateVersion");
		const only = named ? template(region, parameters) : null;
		const specs = only === null ? [...(region.launchTemplates?.values() ?? [])] : [only];
		const versions = specs.flatMap((spec): readonly Version[] => {
			const all = spec.versions.map((_, index) => index + 1);
			const numbers = asked.length === 0 ? all : asked.map((version) => versionNumber(spec, version));
			return [...new Set(numbers)].map((number) => ({
				spec,
				number,
				data: Parameters.of(spec.versions[number - 1]?.data ?? {}),
			}));
		});
		const found = filterItems(parameters, versions, filters);
		const rules = { action: "DescribeLaunchTemplateVersions", minimum: 1, maximum: 200 };
		const { items, nextToken } = paginate(call, found, rules);
		return {
			launchTemplateVersionSet: items.map(({ spec, number, data }) => ({
				launchTemplateId: spec.launchTemplateId,
				launchTemplateName: spec.name ?? spec.launchTemplateId,
				versionNumber: number,
				createTime: timestamp(world.now()),
				createdBy: `arn:aws:iam::${world.accountId}:root`,
				defaultVersion: number === (spec.defaultVersion ?? 1),
				launchTemplateData: dataElement(data),
			})),
			nextToken,
		};
	},
};

/** Elements whose names on the wire are not those of the parameters. */
const LISTS: Readonly<Record<string, string>> = {
	BlockDeviceMapping: "blockDeviceMappingSet",
	NetworkInterface: "networkInterfaceSet",
	SecurityGroup: "securityGroupSet",
	SecurityGroupId: "securityGroupIdSet",
};

function lowerFirst(name: string): string {
	return name.charAt(0).toLowerCase() + name.slice(1);
}

function element(value: Parameters["tree"]): XmlValue {
	if (typeof value === "string") return value;
	if (isList(value)) return value.map(element);
	return Object.fromEntries(
		Object.entries(value).map(([name, child]) => {
			// The groups of an interface are the one list of a template whose items have another name.
			if (name === "SecurityGroupId" && isList(child)) {
				return ["groupSet", repeated("groupId", child.map(element))];
			}
			return [lowerFirst(name), element(child)];
		}),
	);
}

function dataElement(data: Parameters): XmlChildren {
	const { tree } = data;
	if (typeof tree === "string" || isList(tree)) return {};
	const elements = Object.entries(tree).flatMap(([name, value]): (readonly [string, XmlValue])[] => {
		if (name === "TagSpecification") return [];
		return [[LISTS[name] ?? lowerFirst(name), element(value)]];
	});
	const tags = [...tagsByType(data)].map(([resourceType, some]) => ({
		resourceType,
		tagSet: some.map(([key, value]) => ({ key, value })),
	}));
	return { ...Object.fromEntries(elements), tagSpecificationSet: tags.length === 0 ? null : tags };
}
