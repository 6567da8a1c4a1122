import { describe, expect, it } from "vitest";
import type { TemplateContent, TemplateFacts } from "../../../src/core/model/facts.ts";
import { makePlan } from "../../../src/core/plan/plan.ts";
import { demand } from "../arbitraries.ts";
import { planInput, policy, region, typeConfig } from "../facts.ts";

const TEMPLATE = { idOrName: "lt-1", version: "$Default" };
const HARMLESS: TemplateContent = {
	marketType: null,
	spotOptions: [],
	hasSecurityGroups: false,
	interfaces: [],
	tags: [],
	changesCost: [],
};

/** Number of placements and messages of the skipped ones, by lifecycle. */
function planWith(template: TemplateFacts | null) {
	return Object.fromEntries(
		phasesWith(template).map(({ lifecycle, shares, skipped }) => [
			lifecycle,
			{
				placements: shares.flatMap(({ placements }) => placements).length,
				skipped: skipped.filter(({ code }) => code === "template").map(({ message }) => message),
			},
		]),
	);
}

function phasesWith(template: TemplateFacts | null, tags: Readonly<Record<string, string>> = {}) {
	const type = typeConfig("bld", ["us-east-1"]);
	const regions = Object.fromEntries(
		Object.entries(type.regions).map(([name, config]) => [name, { ...config, tags, launchTemplate: TEMPLATE }]),
	);
	const { pools } = makePlan(
		planInput({
			policy: policy({ types: { bld: { ...type, regions } } }),
			demand: [demand("bld", 3)],
			facts: [region("us-east-1", { templates: template === null ? [] : [template] })],
		}),
	);
	return pools[0]?.phases ?? [];
}
const withContent = (content: Partial<TemplateContent>) =>
	planWith({ ...TEMPLATE, kind: "read", content: { ...HARMLESS, ...content } });
const USABLE = { placements: 2, skipped: [] };
const rejected = (message: string) => ({ placements: 0, skipped: [expect.stringContaining(message)] });

describe("a launch template", () => {
	it("is used if it changes neither lifecycle, network, tags, nor cost", () => {
		expect(withContent({ interfaces: [0], tags: [{ resource: "instance", keys: ["team"] }] })).toEqual({
			spot: USABLE,
			"on-demand": USABLE,
		});
	});

	it("with spot market options is rejected on demand only, since no on-demand limit would count its launches", () => {
		expect(withContent({ marketType: "spot", spotOptions: ["MaxPrice"] })).toEqual({
			spot: USABLE,
			"on-demand": rejected("launch template lt-1 in us-east-1 has the market type spot"),
		});
	});

	it("that tags spot requests is rejected on demand only", () => {
		const tags = [{ resource: "spot-instances-request", keys: ["team"] }];
		expect(withContent({ tags })).toEqual({ spot: USABLE, "on-demand": rejected("tags spot requests") });
	});

	it("with other spot options is rejected for spot", () => {
		const spotOptions = ["MaxPrice", "ValidUntil", "BlockDurationMinutes"];
		const { spot } = withContent({ marketType: "spot", spotOptions });
		expect(spot).toEqual(rejected("has the spot options ValidUntil, BlockDurationMinutes; remove them"));
	});

	it.each<[string, Partial<TemplateContent>, string]>([
		["capacity blocks", { marketType: "capacity-block" }, "has the market type capacity-block"],
		["security groups of the instance", { hasSecurityGroups: true }, "has security groups for the instance"],
		["two interfaces", { interfaces: [0, 1] }, "has network interfaces other than"],
		["two interfaces of index 0", { interfaces: [0, 0] }, "has network interfaces other than"],
		["an interface elsewhere", { interfaces: [1] }, "has network interfaces other than"],
		["an interface without an index", { interfaces: [null] }, "has network interfaces other than"],
		["our tags", { tags: [{ resource: "instance", keys: ["Name", "moz-type"] }] }, "sets the tags Name, moz-type"],
		[
			"tags with a space and a slash",
			{ tags: [{ resource: "volume", keys: ["cost center", "a/b"] }] },
			"has tag keys that instance metadata forbids (cost center, a/b); rename them",
		],
		["the tag _index", { tags: [{ resource: "instance", keys: ["_index"] }] }, "metadata forbids (_index)"],
		[
			"dedicated tenancy and hibernation",
			{ changesCost: ["tenancy dedicated", "hibernation"] },
			"has tenancy dedicated, hibernation, which changes what a launch costs; remove it",
		],
	])("with %s is rejected", (_what, content, message) => {
		expect(withContent(content)).toEqual({ spot: rejected(message), "on-demand": rejected(message) });
	});

	it("is rejected if its tags are more than EC2 accepts beside those of the type and the launch", () => {
		const keys = (count: number) => Array.from({ length: count }, (_, index) => `key-${index}`);
		// Two that the template has as well, and one of its own.
		const type = { "key-0": "a", "key-1": "b", other: "c" };
		const added = (count: number, resource = "instance") => {
			const content = { ...HARMLESS, tags: [{ resource, keys: keys(count) }] };
			const [spot] = phasesWith({ ...TEMPLATE, kind: "read", content }, type);
			const placements = spot?.shares.flatMap((share) => share.placements) ?? [];
			return [placements.map(({ templateTags }) => templateTags), spot?.skipped.map(({ message }) => message)];
		};
		expect(added(43)).toEqual([[41, 41], []]);
		expect(added(44)).toEqual([[], [expect.stringContaining("adds 42 tags to each instance, which has 9 others")]]);
		expect(added(44, "volume")).toEqual([[], [expect.stringContaining("adds 42 tags to each volume")]]);
		expect(added(43, "volume")).toEqual([[undefined, undefined], []]);
	});

	it("that could not be read is rejected, and its region is used by other types", () => {
		const message = "InvalidLaunchTemplateId.NotFound: no such template.";
		expect(planWith({ ...TEMPLATE, kind: "unreadable", message })).toEqual({
			spot: rejected(message),
			"on-demand": rejected(message),
		});
		expect(planWith(null)).toEqual({ spot: rejected("was not read"), "on-demand": rejected("was not read") });
	});
});
