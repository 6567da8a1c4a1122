/** Rows of the servers other than AWS's. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TLS } from "../harness/database-server.ts";
import { FAULTS, type FaultName, FaultyServer, type Protocol } from "../harness/faulty-server.ts";
import type { Site } from "../harness/site.ts";
import { GRAPHITE, HTTP, HTTPS, MYSQL, POSTGRESQL, SECRETS } from "./protocols.ts";
import type { Row, Setup } from "./row.ts";

interface Service {
	readonly subject: string;
	readonly protocol: Protocol;
	/** Faults that it can't have. */
	readonly without?: readonly FaultName[];
	readonly delay: (fault: FaultName) => number;
	readonly setup: (port: number, site: Site) => Omit<Setup, "close">;
}

const waits = (fault: FaultName) => fault.startsWith("hangs") || fault === "drips";
/** Seconds of a service with a limit for each try, two more tries, and a limit for all. */
const limited =
	(limit: number, retries = 0) =>
	(fault: FaultName) =>
		waits(fault) ? limit : retries;

const SERVICES: readonly Service[] = [
	{
		subject: "Database (MySQL, MariaDB)",
		protocol: MYSQL,
		delay: limited(10, 4),
		setup: (port) => ({
			inputs: { "database-url": `mysql://buildbot:${SECRETS.password}@127.0.0.1:${port}/buildbot` },
		}),
	},
	{
		subject: "Database (PostgreSQL)",
		protocol: POSTGRESQL,
		delay: limited(10, 4),
		setup: (port) => ({
			inputs: { "database-url": `postgresql://buildbot:${SECRETS.password}@127.0.0.1:${port}/buildbot` },
		}),
	},
	{
		subject: "Allocator (`jacuzzi.url`)",
		protocol: HTTP,
		delay: limited(20, 3),
		setup: (port, site) => configure(site, { jacuzzi: { url: `http://127.0.0.1:${port}/v1` } }),
	},
	{
		subject: "Certificates (`certs.url`)",
		protocol: HTTPS,
		delay: limited(20, 4),
		setup: (port, site) => {
			writeFileSync(join(site.workspace, "configs/bld-linux64.user-data"), "{certs}");
			configure(site, { certs: { url: `https://localhost:${port}/{fqdn}`, cache_dir: "certs" } });
			return { environment: { NODE_EXTRA_CA_CERTS: join(TLS, "server.crt") } };
		},
	},
	{
		subject: "Graphite",
		protocol: GRAPHITE,
		without: ["denied"],
		delay: limited(10),
		setup: (port, site) =>
			configure(site, { graphite_host: "127.0.0.1", graphite_port: port, graphite_prefix: "releng" }),
	},
	{
		subject: "GitHub's API",
		protocol: HTTP,
		delay: limited(5),
		setup: (port) => ({
			environment: {
				GITHUB_API_URL: `http://127.0.0.1:${port}`,
				GITHUB_WORKFLOW_REF: "example/builds/.github/workflows/watch.yml@refs/heads/main",
			},
		}),
	},
];

export const SERVICE_ROWS: readonly Row[] = SERVICES.flatMap(({ subject, protocol, without = [], delay, setup }) =>
	FAULTS.filter((fault) => !without.includes(fault)).map((fault) => ({
		subject,
		fault,
		delay: delay(fault),
		prepare: async (site) => {
			const server = await FaultyServer.start(fault, protocol);
			return { ...setup(server.port, site), met: server.met, close: () => server[Symbol.asyncDispose]() };
		},
	})),
);

/** Adds keys to the configuration. */
export function configure(site: Site, keys: object): Setup {
	change(join(site.workspace, "configs/watch_pending.json"), (config) => ({ ...config, ...keys }));
	return {};
}

export function change(path: string, edit: (config: Readonly<Record<string, unknown>>) => object): void {
	writeFileSync(path, JSON.stringify(edit(JSON.parse(readFileSync(path, "utf8")))));
}
