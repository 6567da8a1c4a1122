import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FileLock, type FileLockOptions } from "../../../src/adapters/buildbot/file-lock.ts";

const SOURCE = resolve(import.meta.dirname, "../../../src/adapters/buildbot/file-lock.ts");
let folder: string;
let holder: ChildProcess | null = null;
const locks: FileLock[] = [];
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "aws-watch-pending-lock-"));
});
afterEach(() => {
	holder?.kill("SIGKILL");
	holder = null;
	for (const lock of locks.splice(0)) lock.release();
	rmSync(folder, { recursive: true });
});

const optionsOf = () => ({
	...{ folder, database: join(folder, "state.sqlite"), typeTag: "moz-type", run: "run 1" },
	watch: { until: 4_000 },
});
function open(overrides: Partial<FileLockOptions> = {}): FileLock {
	const lock = new FileLock({ ...optionsOf(), now: () => 1000, ...overrides });
	locks.push(lock);
	return lock;
}

/** Lets another process hold the lock, until it is killed. */
async function holdElsewhere(): Promise<ChildProcess> {
	const script = `
		const { FileLock } = await import(${JSON.stringify(SOURCE)});
		const lock = new FileLock({ ...${JSON.stringify(optionsOf())}, now: () => 400 });
		console.log((await lock.acquire()).kind);
		process.stdin.resume();`;
	const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
	holder = child;
	const [line] = await once(child.stdout, "data");
	expect(String(line)).toBe("acquired\n");
	return child;
}

it("is held by one process at a time, names it, and is free once that is killed", async () => {
	const child = await holdElsewhere();
	expect(await open({ run: "run 2" }).acquire()).toEqual({
		...{ kind: "held", by: "run 1", seconds: 600 },
		watch: { until: 4_000 },
	});
	child.kill("SIGKILL");
	await once(child, "exit");
	const lock = open({ run: "run 2" });
	expect(await lock.acquire()).toEqual({ kind: "acquired" });
	await lock.confirm();
});

it("is the same for every path of the database, and another for another database or type tag", async () => {
	const { database } = optionsOf();
	writeFileSync(database, "");
	symlinkSync(database, join(folder, "link.sqlite"));
	await holdElsewhere();
	expect(await open({ database: join(folder, "link.sqlite") }).acquire()).toMatchObject({ kind: "held" });
	expect(await open({ database: join(folder, "other.sqlite") }).acquire()).toEqual({ kind: "acquired" });
	expect(await open({ typeTag: "other" }).acquire()).toEqual({ kind: "acquired" });
});

it("is lost if its file is deleted", async () => {
	const lock = open();
	expect(await lock.acquire()).toEqual({ kind: "acquired" });
	for (const name of readdirSync(folder)) rmSync(join(folder, name));
	await expect(lock.confirm()).rejects.toMatchObject({ code: "lock-lost" });
	expect(await open().acquire()).toEqual({ kind: "acquired" });
	await expect(lock.confirm()).rejects.toMatchObject({ code: "lock-lost" });
});

it("waits for nobody if named pipes have the place of its files", async () => {
	const lock = open();
	expect(await lock.acquire()).toEqual({ kind: "acquired" });
	lock.release();
	const [name = ""] = readdirSync(folder);
	const path = join(folder, `${name}.holder`);
	execFileSync("mkfifo", [path]);
	await expect(open().acquire()).rejects.toThrow(/lock file .* can't be used: .*\.holder is a named pipe/);
	rmSync(path);
	await holdElsewhere();
	rmSync(path);
	execFileSync("mkfifo", [path]);
	expect(await open().acquire()).toEqual({ kind: "held", by: "another run on this machine", seconds: null });
});

it("is an error with its remedy if the file can't be written", async () => {
	await expect(open({ folder: join(folder, "nosuch") }).acquire()).rejects.toThrow(
		/lock file .* can't be used: .*Make the folder writable, or set "lock" to false/,
	);
});
