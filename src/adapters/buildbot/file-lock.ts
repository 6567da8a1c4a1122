/**
 * One tick at a time on this machine, for a database in an SQLite file: a lock on a file of this action's own, since the
 * master's file and folder are only read. The kernel releases it when the process ends, however it ends.
 */
import { createHash } from "node:crypto";
import { readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { DatabaseError, errorMessage } from "../../errors.ts";
import type { LockResult, TickLock, WatchEnd } from "../../tick/ports.ts";
import { refusePipe } from "../pipe.ts";

export interface FileLockOptions {
	/** The machine's folder for temporary files, which all runs on it share. */
	readonly folder: string;
	/** Absolute path of the SQLite file, which need not exist. */
	readonly database: string;
	/** The same for all ticks that count the same machines. */
	readonly typeTag: string;
	/** URL or id of this run. */
	readonly run: string;
	/** When the run ends if it watches; null: it is one tick. */
	readonly watch: WatchEnd | null;
	/** Seconds since 1970, UTC. */
	readonly now: () => number;
}

const holderSchema = z.object({
	run: z.string(),
	since: z.number().int(),
	watch: z.object({ until: z.number().int().nullable() }).nullable(),
});
type FileHolder = z.infer<typeof holderSchema>;
/** SQLite's code for a file that another process has locked. */
const SQLITE_BUSY = 5;

export class FileLock implements TickLock {
	readonly #options: FileLockOptions;
	readonly #path: string;
	#file: DatabaseSync | null = null;
	#inode: number | null = null;

	constructor(options: FileLockOptions) {
		this.#options = options;
		const key = JSON.stringify([resolved(options.database), options.typeTag]);
		const hash = createHash("sha256").update(key).digest("hex").slice(0, 16);
		// Another user's file can't be locked in a shared folder, so each user has files of their own.
		this.#path = join(options.folder, `aws-watch-pending-${userInfo().uid}-${hash}.lock`);
	}

	async acquire(): Promise<LockResult> {
		try {
			this.#file = new DatabaseSync(this.#path, { timeout: 0 });
			this.#file.exec("BEGIN EXCLUSIVE");
			refusePipe(this.#holderPath);
			const { run, watch, now } = this.#options;
			writeFileSync(this.#holderPath, JSON.stringify({ run, since: now(), watch } satisfies FileHolder));
			this.#inode = inodeOf(this.#path);
			return { kind: "acquired" };
		} catch (error) {
			this.release();
			if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return this.#holder();
			const why = `${errorMessage(error)}. Make the folder writable, or set "lock" to false and let nothing else start two runs at a time.`;
			throw new DatabaseError("query-failed", `The lock file ${this.#path} can't be used: ${why}`, { cause: error });
		}
	}

	/** Only the file can be lost: another run would then lock a new one. */
	async confirm(): Promise<void> {
		if (this.#inode !== null && this.#inode === inodeOf(this.#path)) return;
		const why = "Someone deleted it. No more launches were started, because another run may hold the lock now.";
		throw new DatabaseError("lock-lost", `The lock file ${this.#path} was lost. ${why} The next run continues.`);
	}

	release(): void {
		// The lock file stays: if it were deleted, two runs could lock two files of this name.
		if (this.#inode !== null) rmSync(this.#holderPath, { force: true });
		this.#file?.close();
		this.#file = null;
		this.#inode = null;
	}

	/** The lock file itself can't be read while it is locked. */
	get #holderPath(): string {
		return `${this.#path}.holder`;
	}

	#holder(): LockResult {
		try {
			refusePipe(this.#holderPath);
			const { run, since, watch } = holderSchema.parse(JSON.parse(readFileSync(this.#holderPath, "utf8")));
			const seconds = Math.max(0, this.#options.now() - since);
			return { kind: "held", by: run, seconds, ...(watch === null ? {} : { watch }) };
		} catch {
			// The holder is about to write it.
			return { kind: "held", by: "another run on this machine", seconds: null };
		}
	}
}

/** The same for each of a file's paths. */
function resolved(path: string): string {
	try {
		return realpathSync(path);
	} catch {
		return path;
	}
}

function inodeOf(path: string): number | null {
	return statSync(path, { throwIfNoEntry: false })?.ino ?? null;
}
