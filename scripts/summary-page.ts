/** Renders job summaries as a page that looks like GitHub. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";

const require = createRequire(import.meta.url);

/** GitHub-flavored Markdown as HTML, including the folds, which are raw HTML. */
function toHtml(markdown: string): string {
	return micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
}

/** A page with the summaries below each other. It loads Mermaid from this checkout. */
export function summaryPage(
	title: string,
	parts: readonly { readonly title: string; readonly summary: string }[],
): string {
	const css = readFileSync(require.resolve("github-markdown-css/github-markdown.css"), "utf8");
	const bodies = parts.map(
		(part) => `<h3 class="title">${part.title}</h3><article class="markdown-body">${toHtml(part.summary)}</article>`,
	);
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
${css}
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 1000px; padding: 16px; font-family: sans-serif; background: light-dark(#f6f8fa, #010409); color: light-dark(#1f2328, #f0f6fc); }
.markdown-body { border: 1px solid light-dark(#d1d9e0, #3d444d); border-radius: 6px; padding: 24px; margin-bottom: 32px; }
.title:empty { display: none; }
.mermaid { margin-bottom: 16px; text-align: center; }
</style>
</head>
<body>
${bodies.join("\n")}
<script src="${pathToFileURL(require.resolve("mermaid/dist/mermaid.min.js"))}"></script>
<script type="module">
for (const code of document.querySelectorAll("code.language-mermaid")) {
	const place = document.createElement("div");
	place.className = "mermaid";
	place.textContent = code.textContent;
	code.parentElement.replaceWith(place);
}
const dark = matchMedia("(prefers-color-scheme: dark)").matches;
mermaid.initialize({ startOnLoad: false, securityLevel: "strict", theme: dark ? "dark" : "default" });
await mermaid.run();
document.documentElement.dataset.height = String(document.documentElement.scrollHeight);
</script>
</body>
</html>
`;
}
