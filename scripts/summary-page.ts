/** Job summaries as a page that looks as on GitHub. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { marked } from "marked";

/** A page that holds the summaries one under another and needs nothing else. */
export function summaryPage(
	title: string,
	parts: readonly { readonly title: string; readonly summary: string }[],
): string {
	const css = readFileSync(createRequire(import.meta.url).resolve("github-markdown-css/github-markdown.css"), "utf8");
	const bodies = parts.map(
		(part) =>
			`<h3 class="title">${part.title}</h3><article class="markdown-body">${marked.parse(part.summary, { async: false, gfm: true })}</article>`,
	);
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
${css}
body { margin: 0 auto; max-width: 1000px; padding: 24px; font-family: sans-serif; }
.markdown-body { border: 1px solid #d1d9e0; border-radius: 6px; padding: 24px; margin-bottom: 32px; }
.title { font-weight: 600; }
</style>
</head>
<body>
${bodies.join("\n")}
</body>
</html>
`;
}
