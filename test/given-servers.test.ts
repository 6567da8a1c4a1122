/** The integration suites use servers that the environment names, for example GitHub's service containers. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, inject, it } from "vitest";
import { Ec2Endpoint } from "./ec2-endpoint/endpoint.ts";
import { createWorld } from "./ec2-endpoint/world.ts";
import { urlOf } from "./harness/database-server.ts";
import { ROOT } from "./harness/repository.ts";
import { mariaDb } from "./harness/shared-servers.ts";

const run = promisify(execFile);

it("`npm run test:integration` uses the given servers and starts none", async () => {
	const subnets = [{ subnetId: "subnet-1", availabilityZone: "us-east-1a", freeAddresses: 250 }];
	const regions = { "us-east-1": { zones: ["us-east-1a"], subnets } };
	await using endpoint = await Ec2Endpoint.start(createWorld({ regions }));
	const servers = [mariaDb(), inject("postgresql")];
	const environment = {
		PATH: process.env["PATH"],
		HOME: process.env["HOME"],
		TEST_DATABASE_URLS: servers.map((server) => urlOf(server, "")).join(" "),
		TEST_EC2_ENDPOINT: endpoint.url,
		NO_COLOR: "1",
	};
	// One Buildbot version of the contract suite is enough here.
	const only = ["-t", "Buildbot 3.7 |launches nothing"];
	const args = ["run", "test:integration", "--", "--reporter=verbose", ...only];
	const { stdout } = await run("npm", args, { cwd: ROOT, env: environment });
	for (const { kind, port } of servers) expect(stdout).toContain(`${kind} at port ${port}`);
	expect(stdout).not.toContain("SQLite");
	expect(endpoint.world.live()).toHaveLength(3);
});
