/** The two EC2 ports over one set of clients. */
import type { Policy } from "../../core/model/policy.ts";
import type { ApiCalls } from "../../core/report/report.ts";
import type { Certificates, Clock, Ending, Fleet, Launcher } from "../../tick/ports.ts";
import type { ProxyEnvironment } from "../proxy.ts";
import { type ClientOptions, Ec2Clients } from "./client.ts";
import { Ec2Fleet } from "./fleet.ts";
import { Ec2Launcher } from "./launcher.ts";
import type { Credentials } from "./own-role.ts";
import type { Run } from "./request.ts";

export interface Cloud {
	readonly fleet: Fleet;
	readonly launcher: Launcher;
	/** Calls of the tick by region and action. */
	apiCalls(): ApiCalls;
	close(): void;
	/** The same clients for a further tick, with tokens of its own. */
	forTick(run: Run): Pick<Cloud, "fleet" | "launcher" | "apiCalls">;
}

/** Opens EC2 with these credentials, and the roles that they assume. */
export function openCloud(args: {
	readonly policy: Policy;
	readonly run: Run;
	readonly clock: Clock;
	readonly ending: Ending;
	/** Null: none. */
	readonly proxies: ProxyEnvironment | null;
	readonly certificates: Certificates | null;
	/** The run's own credentials; undefined: those that the SDK finds at the first call. */
	readonly credentials?: (() => Promise<Credentials>) | undefined;
	readonly client?: Partial<ClientOptions>;
}): Cloud {
	const clients = new Ec2Clients({ ...args, runId: args.run.id }, args.client);
	const fleet = new Ec2Fleet(clients, args.policy.typeTag, args.clock);
	const apiCalls = () => clients.calls();
	return {
		fleet,
		launcher: new Ec2Launcher({ ...args, clients }),
		apiCalls,
		close: () => clients.close(),
		forTick: (run) => {
			clients.beginTick();
			return { fleet, launcher: new Ec2Launcher({ ...args, run, clients }), apiCalls };
		},
	};
}
