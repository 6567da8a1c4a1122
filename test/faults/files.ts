/** Rows of files: those that the runner provides for writing, and those that the action reads. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Site } from "../harness/site.ts";
import { REPEATED } from "./protocols.ts";
import type { Row, Setup } from "./row.ts";
import { configure } from "./services.ts";

/** Puts something else in the place of the file. Returns what ends that, if anything has to. */
type FileFault = (path: string) => (() => void) | undefined;

const missing: FileFault = (path) => {
	rmSync(path, { force: true });
	return undefined;
};
const folder: FileFault = (path) => {
	rmSync(path, { force: true });
	mkdirSync(path);
	return undefined;
};
const pipe: FileFault = (path) => {
	rmSync(path, { force: true });
	execFileSync("mkfifo", [path]);
	return undefined;
};
const link =
	(target: string): FileFault =>
	(path) => {
		rmSync(path, { force: true });
		symlinkSync(target, path);
		return undefined;
	};
const text =
	(content: string): FileFault =>
	(path) => {
		writeFileSync(path, content);
		return undefined;
	};
const locked: FileFault = (path) => {
	const master = new DatabaseSync(path);
	master.exec("BEGIN EXCLUSIVE");
	return () => master.close();
};

const WRITTEN: Readonly<Record<string, FileFault>> = {
	"in a missing folder": missing,
	"is a folder": folder,
	"is a pipe that nobody reads": pipe,
	"is on a full disk": link("/dev/full"),
};
const READ: Readonly<Record<string, FileFault>> = {
	"is missing": missing,
	"is a folder": folder,
	"is a pipe that nobody writes": pipe,
	"is an endless device": link("/dev/zero"),
	"is garbage": text(`\u0000${REPEATED}\u0001`.repeat(20)),
};

/** Faults for which an action that is not careful waits, and with it its whole process. */
const BLOCKING = /pipe|device|locked/;

interface File {
	readonly subject: string;
	readonly faults: Readonly<Record<string, FileFault>>;
	readonly delay?: number;
	readonly locate: (site: Site, temporary: string) => { readonly path: string; readonly setup?: Setup };
}

const FILES: readonly File[] = [
	{
		subject: "Runner's file `GITHUB_OUTPUT`",
		faults: WRITTEN,
		locate: (_site, temporary) => {
			const path = join(temporary, "to/output");
			return { path, setup: { environment: { GITHUB_OUTPUT: path } } };
		},
	},
	{
		subject: "Runner's file `GITHUB_STEP_SUMMARY`",
		faults: WRITTEN,
		locate: (_site, temporary) => {
			const path = join(temporary, "to/summary");
			return { path, setup: { environment: { GITHUB_STEP_SUMMARY: path } } };
		},
	},
	{
		subject: "Report in the runner's folder `RUNNER_TEMP`",
		faults: WRITTEN,
		locate: (_site, temporary) => ({ path: join(temporary, "aws-watch-pending-report.json") }),
	},
	{
		subject: "Runner's folder `RUNNER_TEMP`",
		faults: { "is a file": text(""), "is a pipe that nobody reads": pipe },
		locate: (_site, temporary) => {
			const path = join(temporary, "to");
			return { path, setup: { environment: { RUNNER_TEMP: path } } };
		},
	},
	{
		subject: "Configuration file",
		faults: READ,
		locate: ({ workspace }) => ({ path: join(workspace, "configs/watch_pending.json") }),
	},
	{
		subject: "Database (SQLite)",
		faults: { ...READ, "is locked": locked },
		delay: 5,
		locate: ({ workspace }) => ({ path: join(workspace, "state.sqlite") }),
	},
	{
		subject: "File of `database-ca`",
		faults: READ,
		locate: ({ workspace }) => ({
			path: join(workspace, "ca.pem"),
			setup: {
				inputs: { "database-url": "postgresql://buildbot@localhost:9/buildbot", "database-ca": "ca.pem" },
			},
		}),
	},
	{
		subject: "Cached certificate",
		faults: READ,
		// Of the server, which is asked for the other names.
		delay: 4,
		locate: (site) => {
			writeFileSync(join(site.workspace, "configs/bld-linux64.user-data"), "{certs}");
			const setup = configure(site, { certs: { url: "https://127.0.0.1:9/{fqdn}", cache_dir: "certs" } });
			return { path: join(site.workspace, "certs/bld-linux64-ec2-001.build.us-east-1.example.com"), setup };
		},
	},
];

export const FILE_ROWS: readonly Row[] = FILES.flatMap(({ subject, faults, delay = 0, locate }) =>
	Object.entries(faults).map(([fault, apply]) => ({
		subject,
		fault,
		delay,
		needsProcess: BLOCKING.test(fault),
		prepare: (site, temporary) => {
			const { path, setup = {} } = locate(site, temporary);
			if (fault !== "in a missing folder") mkdirSync(dirname(path), { recursive: true });
			const close = apply(path);
			return close === undefined ? setup : { ...setup, close };
		},
	})),
);
