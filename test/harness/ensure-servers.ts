/**
 * Checks that this machine has the database servers that tests start, and installs Debian's packages if they are
 * missing and it may.
 * Usage: node test/harness/ensure-servers.ts
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Debian installs servers in /usr/sbin, which is not on every user's path. */
export const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;

const POSTGRESQL = "/usr/lib/postgresql";

/** The folder of the newest PostgreSQL; Debian has one for each version. Empty if the programs are on the path. */
export function postgresqlFolder(): string {
	if (!existsSync(POSTGRESQL)) return "";
	const versions = readdirSync(POSTGRESQL).filter((version) => existsSync(join(POSTGRESQL, version, "bin/initdb")));
	const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
	return newest === undefined ? "" : join(POSTGRESQL, newest, "bin");
}

/** @throws Error that names the packages to install */
export function ensureServers(): void {
	const packages = [
		...(works("mariadbd", ["--version"]) ? [] : ["mariadb-server-core", "mariadb-client-core"]),
		...(works(join(postgresqlFolder(), "initdb"), ["--version"]) ? [] : ["postgresql"]),
	];
	if (packages.length === 0) return;
	const how = `On Debian or Ubuntu, run: sudo apt-get update && sudo apt-get install --no-install-recommends ${packages.join(" ")}`;
	console.log(`Installing ${packages.join(" and ")} with apt-get: the tests need them.`);
	const root = process.getuid?.() === 0;
	if (!root && !works("sudo", ["-n", "true"]))
		throw new Error(`The tests need ${packages.join(" and ")}, which are not installed. ${how}`);
	for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
		const command = [...(root ? [] : ["sudo", "-n"]), "apt-get", ...args];
		const { status, stderr } = spawnSync(command[0] ?? "", command.slice(1), {
			encoding: "utf8",
			env: { ...process.env, PATH, DEBIAN_FRONTEND: "noninteractive" },
		});
		if (status !== 0)
			throw new Error(
				`The tests need ${packages.join(" and ")}, but "${command.join(" ")}" failed:\n${stderr}\n${how}`,
			);
	}
}

function works(command: string, args: readonly string[]): boolean {
	return spawnSync(command, args, { env: { ...process.env, PATH } }).status === 0;
}

if (import.meta.main) ensureServers();
