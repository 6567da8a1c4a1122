import { Ec2Error } from "../errors.ts";
import { architectureOf } from "../instance-types.ts";
import { assertMetadataKeys, assertTagCount, readTags } from "../tags.ts";
import type { InstanceState, World, WorldInstance } from "../world.ts";
import { tagSet, timestamp, type XmlChildren } from "../xml.ts";
import { type Action, listing } from "./action.ts";
import { type FilterValues, filterItems } from "./filters.ts";
import { paginate } from "./paging.ts";

const stateCodes: Readonly<Record<InstanceState, number>> = {
	pending: 0,
	running: 16,
	"shutting-down": 32,
	terminated: 48,
	stopping: 64,
	stopped: 80,
};

function stateElement(name: InstanceState): XmlChildren {
	return { code: stateCodes[name], name };
}

function instanceElement(world: World, instance: WorldInstance): XmlChildren {
	const { metadata, instanceProfile } = instance;
	const groups = instance.securityGroupIds.map((groupId) => ({ groupId, groupName: groupId }));
	const profile = `arn:aws:iam::${world.accountId}:instance-profile/${instanceProfile}`;
	const ended = instance.state === "terminated";
	return {
		instanceId: instance.instanceId,
		imageId: instance.imageId,
		instanceState: stateElement(instance.state),
		privateDnsName: ended
			? ""
			: `ip-${instance.privateAddress.replaceAll(".", "-")}.${instance.region}.compute.internal`,
		dnsName: "",
		reason: instance.stateTransitionReason,
		stateReason: instance.stateReason === null ? null : { ...instance.stateReason },
		keyName: instance.keyName,
		amiLaunchIndex: instance.launchIndex,
		productCodes: [],
		instanceType: instance.instanceType,
		launchTime: timestamp(instance.launchedAt),
		placement: { availabilityZone: instance.availabilityZone, groupName: "", tenancy: "default" },
		monitoring: { state: "disabled" },
		subnetId: ended ? null : instance.subnetId,
		vpcId: ended ? null : "vpc-00000000000000001",
		privateIpAddress: ended ? null : instance.privateAddress,
		sourceDestCheck: true,
		groupSet: groups,
		architecture: architectureOf(instance.instanceType),
		rootDeviceType: instance.rootDeviceType,
		rootDeviceName: "/dev/sda1",
		blockDeviceMapping: [],
		virtualizationType: instance.virtualizationType,
		clientToken: instance.clientToken ?? "",
		instanceLifecycle: instance.lifecycle === "spot" ? "spot" : null,
		spotInstanceRequestId: instance.spotInstanceRequestId,
		// EC2 omits an empty tag set.
		tagSet: Object.keys(instance.tags).length === 0 ? null : tagSet(instance.tags),
		hypervisor: "xen",
		iamInstanceProfile:
			instanceProfile === null
				? null
				: { arn: instanceProfile.startsWith("arn:") ? instanceProfile : profile, id: "AIPAEXAMPLE" },
		ebsOptimized: instance.ebsOptimized,
		metadataOptions: {
			state: "applied",
			httpTokens: metadata.httpTokens,
			httpPutResponseHopLimit: metadata.hopLimit,
			httpEndpoint: metadata.httpEndpoint,
			instanceMetadataTags: metadata.tags ? "enabled" : "disabled",
		},
	};
}

/** One reservation with the given instances, which all belong to it. */
export function reservationElement(world: World, instances: readonly WorldInstance[]): XmlChildren {
	return {
		reservationId: instances[0]?.reservationId,
		ownerId: world.accountId,
		groupSet: [],
		instancesSet: instances.map((instance) => instanceElement(world, instance)),
	};
}

const filters: FilterValues<WorldInstance> = {
	"instance-state-name": ({ state }) => state,
	"instance-state-code": ({ state }) => stateCodes[state],
	"instance-id": ({ instanceId }) => instanceId,
	"instance-type": ({ instanceType }) => instanceType,
	"instance-lifecycle": ({ lifecycle }) => (lifecycle === "spot" ? "spot" : null),
	"image-id": ({ imageId }) => imageId,
	"availability-zone": ({ availabilityZone }) => availabilityZone,
	"subnet-id": ({ subnetId }) => subnetId,
	"key-name": ({ keyName }) => keyName,
	"client-token": ({ clientToken }) => clientToken,
	"reservation-id": ({ reservationId }) => reservationId,
	"spot-instance-request-id": ({ spotInstanceRequestId }) => spotInstanceRequestId,
	"launch-time": ({ launchedAt }) => timestamp(launchedAt),
	"state-reason-code": ({ stateReason }) => stateReason?.code ?? null,
};

function byId(instances: ReadonlyMap<string, WorldInstance>, ids: readonly string[]): readonly WorldInstance[] {
	const unknown = ids.filter((id) => !instances.has(id));
	if (unknown.length > 0) {
		const subject = unknown.length === 1 ? `ID '${unknown[0]}' does` : `IDs '${unknown.join(", ")}' do`;
		throw new Ec2Error("InvalidInstanceID.NotFound", `The instance ${subject} not exist`);
	}
	return [...new Set(ids)].flatMap((id) => instances.get(id) ?? []);
}

export const describeInstances: Action = {
	parameters: new Set(["InstanceId.#", ...listing]),
	perform(call) {
		const { world, region, parameters } = call;
		const listed = new Map(
			[...region.instances].flatMap(([id, instance]) => {
				const shown = world.listed(region, instance);
				return shown === null ? [] : [[id, shown] as const];
			}),
		);
		const all = parameters.has("InstanceId") ? byId(listed, parameters.strings("InstanceId")) : [...listed.values()];
		const found = filterItems(parameters, all, filters);
		const rules = { action: "DescribeInstances", minimum: 5, maximum: 1000, ids: "InstanceId" };
		const { items, nextToken } = paginate(call, found, rules);
		const reservations = Map.groupBy(items, ({ reservationId }) => reservationId);
		return {
			reservationSet: [...reservations.values()].map((instances) => reservationElement(world, instances)),
			nextToken,
		};
	},
};

export const terminateInstances: Action = {
	parameters: new Set(["DryRun", "InstanceId.#"]),
	perform({ world, region, parameters }) {
		parameters.required("InstanceId.1");
		return {
			instancesSet: byId(region.instances, parameters.strings("InstanceId")).map(({ instanceId, state }) => {
				const next = state === "terminated" ? state : "shutting-down";
				world.setState(region.name, instanceId, next);
				return { instanceId, currentState: stateElement(next), previousState: stateElement(state) };
			}),
		};
	},
};

function unknownResource(id: string): Ec2Error {
	if (id.startsWith("i-")) {
		return new Ec2Error("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
	}
	if (id.startsWith("sir-")) {
		return new Ec2Error("InvalidSpotInstanceRequestID.NotFound", `The spot instance request ID '${id}' does not exist`);
	}
	if (id.startsWith("ami-")) {
		return new Ec2Error("InvalidAMIID.NotFound", `The image id '[${id}]' does not exist`);
	}
	return new Ec2Error("InvalidID", `The ID '${id}' is not valid`);
}

export const createTags: Action = {
	parameters: new Set(["DryRun", "ResourceId.#", "Tag.#.Key", "Tag.#.Value"]),
	perform({ world, region, parameters }) {
		parameters.required("ResourceId.1");
		parameters.required("Tag.1.Key");
		const ids = parameters.strings("ResourceId");
		const tags = readTags(parameters);
		// Each call counts once for every new instance that it names, even if an earlier one of them is unknown.
		const known = new Set(
			ids.filter((id) => {
				const instance = region.instances.get(id);
				return instance !== undefined && world.taggable(region, instance);
			}),
		);
		// All or none: every resource is checked before the first one changes.
		for (const id of ids) {
			const instance = region.instances.get(id);
			const resource = instance ?? region.spotRequests.get(id) ?? region.images?.get(id);
			if (resource === undefined) throw unknownResource(id);
			if (instance !== undefined && !known.has(id)) throw unknownResource(id);
			assertTagCount(Object.keys({ ...resource.tags, ...tags }).length);
			if (instance?.metadata.tags === true) assertMetadataKeys(tags);
		}
		for (const id of ids) world.tag(region.name, id, tags);
		return { return: true };
	},
};
