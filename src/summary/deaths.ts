/** Instances that died soon after their launch. */

import type { Report } from "../core/report/report.ts";
import { escapeMarkdown, escapeMessage } from "./escape.ts";
import { count, number } from "./format.ts";
import { table } from "./markdown-table.ts";
import { fold, type Section } from "./section.ts";

export function deathsSection({ deaths }: Report): Section | null {
	const total = deaths.reduce((sum, death) => sum + death.count, 0);
	if (total === 0) return null;
	const header = ["Type", "Died", "Zone", "EC2 instance type", "Image", "Lifecycle", "EC2's reason"];
	const rows = deaths.map((death) => [
		escapeMarkdown(death.mozType),
		number(death.count),
		escapeMarkdown(death.availabilityZone),
		escapeMarkdown(death.instanceType),
		escapeMarkdown(death.imageId),
		death.lifecycle,
		escapeMessage([death.code, death.message].filter((part) => part !== "").join(": ") || "none"),
	]);
	const title = `${count(total, "instance")} died within 10 minutes of launch in the last hour`;
	return fold(title, { importance: "deaths", name: "instances that died", ...table(header, rows) });
}
