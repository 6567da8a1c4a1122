/** Launch templates, which EC2 merges into a launch. */
import { DescribeLaunchTemplateVersionsCommand, type ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { TemplateContent, TemplateFacts } from "../../core/model/facts.ts";
import type { LaunchTemplate } from "../../core/model/policy.ts";
import type { AccountRegion } from "../../core/supply/accounts.ts";
import { errorMessage } from "../../errors.ts";
import { adviceFor } from "./advice.ts";
import type { Ec2Clients, Patience } from "./client.ts";
import { codeOf, UnreadAnswer } from "./errors.ts";
import { RoleError } from "./roles.ts";

/**
 * Reads one version of a template. One that can't be read concerns only the types that use it.
 * @throws RoleError if the account can't be used at all
 */
export async function readTemplate(
	clients: Ec2Clients,
	account: AccountRegion,
	template: LaunchTemplate,
	patience: Patience,
): Promise<TemplateFacts> {
	const { idOrName, version } = template;
	const named = idOrName.startsWith("lt-") ? { LaunchTemplateId: idOrName } : { LaunchTemplateName: idOrName };
	try {
		const { LaunchTemplateVersions = [] } = await clients.call(account, {
			action: "DescribeLaunchTemplateVersions",
			instances: 0,
			patience,
			send: (client, options) =>
				client.send(new DescribeLaunchTemplateVersionsCommand({ ...named, Versions: [version] }), options),
		});
		const [only, ...others] = LaunchTemplateVersions;
		if (only?.LaunchTemplateData === undefined || others.length > 0) {
			throw UnreadAnswer.document(`${LaunchTemplateVersions.length} versions instead of one with its content`);
		}
		return { ...template, kind: "read", content: contentOf(only.LaunchTemplateData) };
	} catch (error) {
		if (error instanceof RoleError) throw error;
		const code = codeOf(error);
		return { ...template, kind: "unreadable", message: `${code}: ${errorMessage(error)}.${adviceFor(code)}` };
	}
}

function contentOf(data: ResponseLaunchTemplateData): TemplateContent {
	const { MarketType, SpotOptions = {} } = data.InstanceMarketOptions ?? {};
	const { Tenancy, HostId, HostResourceGroupArn } = data.Placement ?? {};
	return {
		marketType: MarketType ?? null,
		spotOptions: Object.entries(SpotOptions).flatMap(([key, value]) => (value === undefined ? [] : [key])),
		hasSecurityGroups: (data.SecurityGroupIds ?? []).length + (data.SecurityGroups ?? []).length > 0,
		interfaces: (data.NetworkInterfaces ?? []).map(({ DeviceIndex }) => DeviceIndex ?? null),
		tags: (data.TagSpecifications ?? []).map(({ ResourceType, Tags = [] }) => ({
			resource: ResourceType ?? "",
			keys: Tags.flatMap(({ Key }) => Key ?? []),
		})),
		changesCost: [
			...(Tenancy === undefined || Tenancy === "default" ? [] : [`tenancy ${Tenancy}`]),
			...(HostId === undefined && HostResourceGroupArn === undefined ? [] : ["a dedicated host"]),
			...(data.CapacityReservationSpecification === undefined ? [] : ["a capacity reservation"]),
			...(data.HibernationOptions?.Configured === true ? ["hibernation"] : []),
		],
	};
}
