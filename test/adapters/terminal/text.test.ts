import { describe, expect, it } from "vitest";
import { plainText } from "../../../src/adapters/terminal/text.ts";
import { escapeMarkdown } from "../../../src/summary/escape.ts";
import { table } from "../../../src/summary/markdown-table.ts";

describe("Markdown for a terminal", () => {
	it("loses tags, but keeps their content", () => {
		const markdown = "Text\n\n<details>\n<summary>Three places</summary>\n\n| a |\n\n</details>\n\n\nEnd\n";
		expect(plainText(markdown)).toBe("Text\n\nThree places\n\n| a |\n\nEnd");
	});

	it("loses charts and link targets", () => {
		const markdown = "| [i-1](https://x.example/#a=1) |\n\n```mermaid\nxychart-beta\n  bar [1]\n```\n\nEnd";
		expect(plainText(markdown)).toBe("| i-1 |\n\nEnd");
	});

	it("shows foreign text as written, including tags and entities", () => {
		const text = "<b>\\d+ (build|test) &amp; *[x](y)* a@b #1 $x$ c:d</b>";
		expect(plainText(escapeMarkdown(text))).toBe(text);
		expect(plainText(table(["Builder"], [[escapeMarkdown(text)]]).rows.join("\n"))).toContain(`| ${text}`);
	});

	it("keeps the sign of the headline, without the selector that would be spelled out", () => {
		expect(plainText("## \u26A0\uFE0F 3 pending")).toBe("## \u26A0 3 pending");
		expect(plainText("## \u23F8\uFE0F Skipped")).toBe("## \u23F8 Skipped");
		expect(plainText("a\uFE0Fb")).toBe("a\\u{fe0f}b");
	});

	it("lets nothing act on the terminal", () => {
		expect(plainText("a\u001b[31mb\rc &#27;[2J")).toBe("a\\u{1b}[31mb\\u{d}c \\u{1b}[2J");
	});
});
