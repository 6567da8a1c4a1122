/**
 * Sees to it that MariaDB's server is on this machine: installs Debian's packages where it is missing and it may.
 * Usage: node test/harness/ensure-mariadb.ts
 */
import { spawnSync } from "node:child_process";

const PACKAGES = ["mariadb-server-core", "mariadb-client-core"];
const HOW = `Install it, on Debian or Ubuntu with: sudo apt-get update && sudo apt-get install --no-install-recommends ${PACKAGES.join(" ")}`;

/** Debian keeps servers in /usr/sbin, which is not on everyone's path. */
export const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;

/** @throws Error that says what to install */
export function ensureMariaDb(): void {
	if (works("mariadbd", ["--version"])) return;
	console.log("MariaDB's server, which the tests start for themselves, is not installed: installing it with apt-get.");
	const root = process.getuid?.() === 0;
	if (!root && !works("sudo", ["-n", "true"])) throw new Error(`The tests need MariaDB's server. ${HOW}`);
	for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...PACKAGES]]) {
		const command = [...(root ? [] : ["sudo", "-n"]), "apt-get", ...args];
		const { status, stderr } = spawnSync(command[0] ?? "", command.slice(1), {
			encoding: "utf8",
			env: { ...process.env, PATH, DEBIAN_FRONTEND: "noninteractive" },
		});
		if (status !== 0)
			throw new Error(`The tests need MariaDB's server, and "${command.join(" ")}" failed:\n${stderr}\n${HOW}`);
	}
}

function works(command: string, args: readonly string[]): boolean {
	return spawnSync(command, args, { env: { ...process.env, PATH } }).status === 0;
}

if (import.meta.main) ensureMariaDb();
