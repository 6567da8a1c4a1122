/** Instances as EC2 describes them. */
import type { Instance as Ec2Instance } from "@aws-sdk/client-ec2";
import type { Instance, TerminatedInstance } from "../../core/model/facts.ts";
import type { AccountRegion } from "../../core/supply/accounts.ts";
import { MAX_MESSAGE } from "./errors.ts";
import { given, seconds } from "./fields.ts";

/** @param typeTag key of the tag that names the instance type */
export function instanceFrom(instance: Ec2Instance, { region, role }: AccountRegion, typeTag: string): Instance {
	const tags = new Map((instance.Tags ?? []).map(({ Key, Value }) => [Key, Value ?? ""]));
	return {
		instanceId: given(instance.InstanceId, "an instance's id"),
		region,
		role,
		availabilityZone: instance.Placement?.AvailabilityZone ?? "",
		state: given(instance.State?.Name, "an instance's state"),
		mozType: tags.get(typeTag) ?? null,
		name: tags.get("Name") || null,
		ours: tags.has("moz-created"),
		lifecycle: instance.InstanceLifecycle === "spot" ? "spot" : "on-demand",
		launchedAt: seconds(instance.LaunchTime, "an instance's launch time"),
		instanceType: instance.InstanceType ?? "",
		imageId: instance.ImageId ?? "",
		virtualizationType: instance.VirtualizationType ?? "",
		rootDeviceType: instance.RootDeviceType ?? "",
		loaned: tags.has("moz-loaned-to"),
		mozState: tags.get("moz-state") ?? null,
	};
}

/** An instance of ours that has ended, or is ending; none if it has not, or if it is not ours. */
export function terminatedInstance(
	{ ours, mozType, state, ...instance }: Instance,
	{ StateReason, StateTransitionReason }: Ec2Instance,
): readonly TerminatedInstance[] {
	if (!ours || mozType === null || !["shutting-down", "terminated"].includes(state)) return [];
	const { instanceId, region, availabilityZone, lifecycle, instanceType, imageId, launchedAt } = instance;
	// "User initiated (2026-11-05 12:34:56 GMT)"; EC2 gives no time if it ended the instance itself.
	const [, date, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) GMT\)/.exec(StateTransitionReason ?? "") ?? [];
	return [
		{
			instanceId,
			region,
			availabilityZone,
			mozType,
			lifecycle,
			instanceType,
			imageId,
			launchedAt,
			endedAt: date === undefined ? null : Math.floor(Date.parse(`${date}T${time}Z`) / 1000),
			reason: { code: StateReason?.Code ?? "", message: (StateReason?.Message ?? "").slice(0, MAX_MESSAGE) },
		},
	];
}
