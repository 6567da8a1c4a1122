/** EC2's descriptions as facts. EC2's schema has every field optional; one that counts is never taken for nothing. */
import type { Instance as Ec2Instance } from "@aws-sdk/client-ec2";
import { isNamesTag, namesInTags } from "../../core/model/batch-names.ts";
import type { Instance, TerminatedInstance } from "../../core/model/facts.ts";
import type { AccountRegion } from "../../core/supply/accounts.ts";
import { MAX_MESSAGE, UnreadAnswer } from "./errors.ts";

/** An instance as EC2 describes it. @throws UnreadAnswer if a field that counts is missing */
export function instanceOf({ region, role }: AccountRegion, typeTag: string, instance: Ec2Instance): Instance {
	const tags = new Map((instance.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
	return {
		instanceId: given(instance.InstanceId, "an instance's id"),
		region,
		role,
		availabilityZone: instance.Placement?.AvailabilityZone ?? "",
		state: given(instance.State?.Name, "an instance's state"),
		mozType: tags.get(typeTag) ?? null,
		...nameOf(tags, instance.AmiLaunchIndex),
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

/** @throws UnreadAnswer if the name depends on a launch index that is missing */
function nameOf(
	tags: ReadonlyMap<string, string>,
	launchIndex: number | undefined,
): Pick<Instance, "name" | "lacksNameTag"> {
	const name = tags.get("Name") || null;
	if (name !== null || ![...tags.keys()].some(isNamesTag)) return { name };
	return { name: namesInTags(tags)?.[given(launchIndex, "an instance's launch index")] ?? null, lacksNameTag: true };
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

/** @param now seconds since 1970, UTC */
export function isPast(time: string | undefined, now: number): boolean {
	return time !== undefined && Date.parse(time) / 1000 <= now;
}

/** @throws UnreadAnswer if the value is missing */
export function given<T>(value: T | undefined, what: string): T {
	if (value === undefined) throw UnreadAnswer.document(`the answer lacks ${what}`);
	return value;
}

/** Whole seconds since 1970, UTC. @throws UnreadAnswer if there is no valid time */
export function seconds(time: Date | undefined, what: string): number {
	const milliseconds = given(time, what).getTime();
	if (Number.isNaN(milliseconds)) throw UnreadAnswer.document(`the answer has no time for ${what}`);
	return Math.floor(milliseconds / 1000);
}

/** @throws UnreadAnswer if it is not a number above 0 */
export function positive(text: string | undefined, what: string): number {
	const number = Number(given(text, what));
	if (Number.isFinite(number) && number > 0) return number;
	throw UnreadAnswer.document(`the answer has ${JSON.stringify(text)} for ${what}`);
}
