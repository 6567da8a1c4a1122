/** Reading launch templates over a socket. */
import { expect, it } from "vitest";
import { threeZoneRegions } from "../../ec2-endpoint/world.ts";
import { useCloud } from "./cloud.ts";

const cloud = useCloud();
const TEMPLATE = { idOrName: "lt-0123456789abcdef0", version: "$Default" };

async function read(data: Readonly<Record<string, string>>, template = TEMPLATE) {
	const launchTemplates = [
		{ launchTemplateId: TEMPLATE.idOrName, name: "build", versions: [{ data: {} }, { data }], defaultVersion: 2 },
	];
	await cloud.start({ regions: threeZoneRegions(["us-west-2"], { region: () => ({ launchTemplates }) }) });
	const { templates, instances } = await cloud.read({ templates: [template] });
	expect(instances).toEqual([]);
	return templates;
}

it.each([TEMPLATE.version, "2", "$Latest"])("reads version %s by ID", async (version) => {
	const data = {
		"InstanceMarketOptions.MarketType": "spot",
		"InstanceMarketOptions.SpotOptions.MaxPrice": "0.1",
		"SecurityGroupId.1": "sg-1",
		"TagSpecification.1.ResourceType": "instance",
		"TagSpecification.1.Tag.1.Key": "team",
		"TagSpecification.1.Tag.1.Value": "build",
	};
	expect(await read(data, { ...TEMPLATE, version })).toMatchObject([
		{
			kind: "read",
			content: {
				marketType: "spot",
				spotOptions: ["MaxPrice"],
				hasSecurityGroups: true,
				interfaces: [],
				tags: [{ resource: "instance", keys: ["team"] }],
				changesCost: [],
			},
		},
	]);
});

it("reads a template by its name", async () => {
	expect(await read({ KeyName: "key" }, { idOrName: "build", version: "$Default" })).toMatchObject([{ kind: "read" }]);
});

it("reports a template that does not exist, and reads the rest of the region", async () => {
	expect(await read({}, { ...TEMPLATE, idOrName: "lt-00000000000000000" })).toMatchObject([
		{ kind: "unreadable", message: expect.stringContaining("InvalidLaunchTemplate") },
	]);
});

it("never takes an answer without versions for a harmless template", async () => {
	await cloud.start();
	cloud.endpoint.faults.add({
		action: "DescribeLaunchTemplateVersions",
		damage: { kind: "without", element: "launchTemplateVersionSet" },
	});
	const { templates } = await cloud.read({ templates: [TEMPLATE] });
	expect(templates).toMatchObject([{ kind: "unreadable" }]);
});
