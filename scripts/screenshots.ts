/**
 * Takes the screenshots of the job summary in README and docs, from the output of the demo. Needs Debian's packages
 * `chromium` and `fonts-noto-color-emoji`.
 * Usage: node scripts/demo.ts && node scripts/screenshots.ts
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { PNG } from "pngjs";
import { summaryPage } from "./summary-page.ts";

const root = resolve(import.meta.dirname, "..");
const PICTURES = [
	["tick-1.md", "docs/summary-served.png"],
	["tick-3.md", "docs/summary-short.png"],
	["tick-4.md", "docs/summary-failed.png"],
] as const;
/** Pixels. */
const WIDTH = 1032;

const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));
if (chromium === undefined)
	throw new Error("Chromium was not found in /usr/bin. Install it with apt-get install chromium.");

const folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-screenshots-"));
try {
	for (const [source, picture] of PICTURES) {
		const path = join(root, "demo-output", source);
		if (!existsSync(path)) throw new Error(`${path} is missing. Run \`npm run demo\` first.`);
		const page = join(folder, `${source}.html`);
		writeFileSync(page, summaryPage("Job summary", [{ title: "", summary: readFileSync(path, "utf8") }]));
		const url = pathToFileURL(page).href;
		const height = /data-height="(\d+)"/.exec(browse(chromium, ["--dump-dom", `--window-size=${WIDTH},600`, url]))?.[1];
		if (height === undefined) throw new Error(`Chromium did not finish drawing ${source}.`);
		const shot = join(folder, "shot.png");
		browse(chromium, [`--window-size=${WIDTH},${height}`, `--screenshot=${shot}`, url]);
		writeFileSync(join(root, picture), smaller(readFileSync(shot)));
	}
} finally {
	rmSync(folder, { recursive: true, force: true });
}

/** Reduces the colors to a few hundred, which halves the file without a visible difference. */
function smaller(picture: Buffer): Buffer {
	const png = PNG.sync.read(picture);
	png.data.forEach((value, index) => {
		png.data[index] = Math.min(255, Math.round(value / 8) * 8);
	});
	return PNG.sync.write(png, { colorType: 2, filterType: 0, deflateLevel: 9, deflateStrategy: 0 });
}

function browse(browser: string, options: readonly string[]): string {
	const quiet = [
		"--headless",
		"--no-sandbox",
		"--disable-gpu",
		"--disable-quic",
		"--disable-background-networking",
		"--disable-component-update",
		"--disable-sync",
		"--no-first-run",
		"--hide-scrollbars",
		// Gray letter edges compress better than colored ones.
		"--disable-lcd-text",
		"--allow-file-access-from-files",
		// Long enough to draw the chart.
		"--virtual-time-budget=10000",
		`--user-data-dir=${join(folder, "profile")}`,
	];
	return execFileSync(browser, [...quiet, ...options], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}
