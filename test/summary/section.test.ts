import { describe, expect, it } from "vitest";
import { consoleUrl } from "../../src/summary/launches.ts";
import { cutToSize, fold, type Section } from "../../src/summary/section.ts";
import { MOST_BYTES, summarise } from "../../src/summary/summary.ts";
import { report, reportedLaunch, reportedPool } from "../core/reports.ts";

const section = (worth: Section["worth"], rows: number): Section => ({
	worth,
	name: `rows of ${worth}`,
	head: `# ${worth}`,
	rows: Array.from({ length: rows }, (_, index) => `${worth} ${index} ${"ä".repeat(500)}`),
	tail: "",
});

describe("what does not fit", () => {
	it("is cut from the section of least worth first, from its end, and is told", () => {
		const sections = [section("why", 10), section("builders", 10), section("launches", 10)];
		const whole = cutToSize(sections, 100_000);
		expect(whole.cuts).toEqual([]);
		expect(whole.parts).toHaveLength(3);
		const { parts, cuts } = cutToSize(sections, 4_096 + 25_000);
		expect(cuts).toEqual([expect.stringMatching(/^\d of 10 rows of builders$/)]);
		expect(parts[0]).toBe(whole.parts[0]);
		expect(parts[1]).toMatch(/^# builders\nbuilders 0 [\s\S]*\n\nAnd \d lines? more in the JSON report\.$/);
		expect(parts[2]).toBe(whole.parts[2]);
		expect(cutToSize(sections, 4_096 + 15_000).cuts).toEqual([
			"rows of builders",
			expect.stringMatching(/^\d of 10 rows of launches$/),
		]);
	});

	it("leaves a fold closed", () => {
		const { worth, name, head, rows } = section("launches", 10);
		const { parts } = cutToSize([fold("Title", { worth, name, head, rows })], 4_096 + 5_000);
		expect(parts[0]).toMatch(
			/^<details>\n<summary>Title<\/summary>\n\n# launches\n[\s\S]*more in the JSON report\.\n\n<\/details>$/,
		);
	});

	it("leaves a page within GitHub's mebibyte, what stands in the way first, and is named at the top", () => {
		const name = (index: number) => `|builder| ${index} <${"é".repeat(80)}>`;
		const page = summarise(
			report({
				pending: {
					total: 60_000,
					matched: 4_000,
					unmatched: 56_000,
					hidden: 0,
					oldestSubmittedAt: null,
					builders: Array.from({ length: 56_000 }, (_, index) => ({
						builder: name(index),
						count: 1,
						mozType: null,
						slaveset: null,
						reason: "unmatched",
					})),
					reasons: [{ code: "unmatched", message: "m", count: 56_000 }],
				},
				pools: Array.from({ length: 2_000 }, (_, index) =>
					reportedPool({ mozType: `type-${index}`, pending: 2, needed: 2, launched: 1, shortfall: 1 }),
				),
				launches: Array.from({ length: 20_000 }, (_, index) => reportedLaunch({ name: name(index) })),
			}),
		);
		expect(Buffer.byteLength(page)).toBeLessThanOrEqual(MOST_BYTES);
		expect(page).toMatch(
			/^## ⚠️ .*\n\nToo long for a job summary, so this is left out: .*[\d,]+ of 20,000 launches\. The JSON/,
		);
		expect(page).toContain("- **type-1999** — ");
	});
});

describe("an instance's page in the EC2 console", () => {
	it.each([
		["us-west-2", "https://us-west-2.console.aws.amazon.com/ec2/home?region=us-west-2#InstanceDetails:instanceId=i-0a"],
		[
			"cn-north-1",
			"https://cn-north-1.console.amazonaws.cn/ec2/home?region=cn-north-1#InstanceDetails:instanceId=i-0a",
		],
		[
			"us-gov-west-1",
			"https://us-gov-west-1.console.amazonaws-us-gov.com/ec2/home?region=us-gov-west-1#InstanceDetails:instanceId=i-0a",
		],
		["us-iso-east-1", null],
		["eusc-de-east-1", null],
		["evil.example/#us-west-2", null],
	])("of %s is %s", (region, url) => {
		expect(consoleUrl("i-0a", region)).toBe(url);
	});

	it("is not made from what is no instance id", () => {
		expect(consoleUrl("i-0a)[x](http://e.example", "us-west-2")).toBeNull();
	});
});
