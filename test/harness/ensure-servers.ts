/**
 * Sees to it that the database servers which the tests start for themselves are on this machine: installs Debian's
 * packages where they are missing and it may.
 * Usage: node test/harness/ensure-servers.ts
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Debian keeps servers in /usr/sbin, which is not on everyone's path. */
export const PATH = `${process.env["PATH"] ?? ""}:/usr/sbin:/usr/local/sbin`;

const POSTGRESQL = "/usr/lib/postgresql";

/** The folder of PostgreSQL's newest programs, which Debian keeps apart by version; empty: those on the path. */
export function postgresqlFolder(): string {
	if (!existsSync(POSTGRESQL)) return "";
	const versions = readdirSync(POSTGRESQL).filter((version) => existsSync(join(POSTGRESQL, version, "bin/initdb")));
	const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
	return newest === undefined ? "" : join(POSTGRESQL, newest, "bin");
}

/** @throws Error that says what to install */
export function ensureServers(): void {
	const packages = [
		...(works("mariadbd", ["--version"]) ? [] : ["mariadb-server-core", "mariadb-client-core"]),
		...(works(join(postgresqlFolder(), "initdb"), ["--version"]) ? [] : ["postgresql"]),
	];
	if (packages.length === 0) return;
	const how = `Install them, on Debian or Ubuntu with: sudo apt-get update && sudo apt-get install --no-install-recommends ${packages.join(" ")}`;
	console.log(`The tests need ${packages.join(" and ")}, which are not installed: installing them with apt-get.`);
	const root = process.getuid?.() === 0;
	if (!root && !works("sudo", ["-n", "true"])) throw new Error(`The tests need ${packages.join(" and ")}. ${how}`);
	for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
		const command = [...(root ? [] : ["sudo", "-n"]), "apt-get", ...args];
		const { status, stderr } = spawnSync(command[0] ?? "", command.slice(1), {
			encoding: "utf8",
			env: { ...process.env, PATH, DEBIAN_FRONTEND: "noninteractive" },
		});
		if (status !== 0)
			throw new Error(
				`The tests need ${packages.join(" and ")}, and "${command.join(" ")}" failed:\n${stderr}\n${how}`,
			);
	}
}

function works(command: string, args: readonly string[]): boolean {
	return spawnSync(command, args, { env: { ...process.env, PATH } }).status === 0;
}

if (import.meta.main) ensureServers();
