/**
 * Takes the README's picture of the job summary: the demo's page in Debian's Chromium.
 * Usage: node scripts/demo.ts && node scripts/screenshots.ts
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { summaryPage } from "./summary-page.ts";

const root = resolve(import.meta.dirname, "..");
const source = join(root, "demo-output/tick-3.md");
const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
if (chromium === undefined) throw new Error("No Chromium is at /usr/bin/chromium: apt-get install chromium.");
if (!existsSync(source)) throw new Error(`${source} is missing: run \`npm run demo\` first.`);

const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-screenshot-"));
try {
	const page = join(folder, "page.html");
	writeFileSync(page, summaryPage("Job summary", [{ title: "", summary: readFileSync(source, "utf8") }]));
	execFileSync(
		chromium,
		[
			"--headless",
			"--no-sandbox",
			"--disable-gpu",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
			"--no-first-run",
			"--hide-scrollbars",
			`--user-data-dir=${join(folder, "profile")}`,
			`--window-size=1048,${process.argv[2] ?? "620"}`,
			`--screenshot=${join(root, "docs/job-summary.png")}`,
			pathToFileURL(page).href,
		],
		{ stdio: ["ignore", "ignore", "ignore"] },
	);
} finally {
	rmSync(folder, { recursive: true, force: true });
}
