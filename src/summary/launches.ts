/** The launched instances, one by one. */
import type { Report, ReportedLaunch } from "../core/report/report.ts";
import { escapeMarkdown } from "./escape.ts";
import { count, price } from "./format.ts";
import { table } from "./markdown-table.ts";
import { fold, type Section } from "./section.ts";

/** Consoles by region; null if the partition's console is unknown. */
const CONSOLES: readonly (readonly [regions: RegExp, domain: string | null])[] = [
	[/^cn-/, "console.amazonaws.cn"],
	[/^us-gov-/, "console.amazonaws-us-gov.com"],
	// Isolated and sovereign partitions have consoles of their own.
	[/^(us|eu)-iso|^eusc-/, null],
	[/^[a-z]{2}(-[a-z]+)+-\d+$/, "console.aws.amazon.com"],
];

export function launchesSection({ launches, mode }: Report): Section | null {
	if (launches.length === 0) return null;
	const header = ["Instance", "Name", "Type", "Zone", "EC2 instance type", "Lifecycle", "Price", "Maximum"];
	const rows = launches.map((launch) => [
		instance(launch),
		launch.name === null ? "" : escapeMarkdown(launch.name),
		escapeMarkdown(launch.mozType),
		escapeMarkdown(launch.availabilityZone),
		escapeMarkdown(launch.instanceType),
		launch.lifecycle,
		price(launch.spotPrice ?? launch.onDemandPrice),
		price(launch.maxPrice),
	]);
	const verb = mode === "dry-run" ? "would be launched" : "launched";
	const title = `${count(launches.length, "instance")} ${verb}; prices in USD per hour`;
	return fold(title, { importance: "launches", name: "launches", ...table(header, rows) });
}

function instance({ instanceId, region }: ReportedLaunch): string {
	if (instanceId === null) return "";
	const url = consoleUrl(instanceId, region);
	return url === null ? escapeMarkdown(instanceId) : `[${instanceId}](${url})`;
}

/** The instance's page in the EC2 console of its partition and region; null if unknown. */
export function consoleUrl(instanceId: string, region: string): string | null {
	const domain = CONSOLES.find(([regions]) => regions.test(region))?.[1] ?? null;
	if (domain === null || !/^[a-z0-9-]+$/.test(region) || !/^i-[0-9a-f]+$/.test(instanceId)) return null;
	return `https://${region}.${domain}/ec2/home?region=${region}#InstanceDetails:instanceId=${instanceId}`;
}
