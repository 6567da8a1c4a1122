/** Rows of AWS: one for each fault of each action that a tick calls. */
import { join } from "node:path";
import type { FaultEffect } from "../ec2-endpoint/faults.ts";
import { documentedCalls } from "../harness/documented-calls.ts";
import { FAULTS, type FaultName } from "../harness/faulty-server.ts";
import { CLOSED_PORT } from "../harness/listen.ts";
import type { Site } from "../harness/site.ts";
import { REPEATED } from "./protocols.ts";
import type { Row, Setup } from "./row.ts";
import { change, configure } from "./services.ts";

const REGION = "us-west-2";
const ROLE = "arn:aws:iam::111111111111:role/build";
const TEMPLATE = "lt-0123456789abcdef0";
/** Seconds of `timeout` in the rows of launches, which have no other limit. */
const TIMEOUT = 10;

const effects: Readonly<Record<Exclude<FaultName, "refused">, FaultEffect>> = {
	"hangs before headers": { stall: "before-headers" },
	"hangs after headers": { stall: "after-headers" },
	drips: { stall: "drip" },
	// The more dangerous moment: the call has taken effect.
	reset: { reset: "after" },
	garbage: { damage: { kind: "garbage" } },
	denied: { error: { status: 403, code: "UnauthorizedOperation", message: `You are not authorized. ${REPEATED}` } },
};

const writes = new Set(["RunInstances", "CreateTags"]);

function subjectOf(action: string): string {
	return `${action === "AssumeRole" ? "STS" : "EC2"}: \`${action}\``;
}

function delayOf(action: string): number {
	if (writes.has(action)) return TIMEOUT + 30;
	return action === "AssumeRole" ? 12 : 30;
}

export const AWS_ROWS: readonly Row[] = [...documentedCalls().keys()].flatMap((action) =>
	FAULTS.map((fault) => ({
		subject: subjectOf(action),
		fault,
		delay: delayOf(action),
		prepare: async (site) => {
			const needed = needing(action, site);
			if (action === "AssumeRole" && fault === "refused") {
				return { ...needed, environment: { AWS_ENDPOINT_URL_STS: `http://127.0.0.1:${CLOSED_PORT}` } };
			}
			return { ...needed, ...introduce(fault, action, site) };
		},
	})),
);

/** What makes a tick call the action. */
function needing(action: string, site: Site): Setup {
	if (action === "AssumeRole") return configure(site, { roles: { [REGION]: ROLE } });
	if (action === "DescribeLaunchTemplateVersions") {
		const path = join(site.workspace, "configs/bld-linux64.json");
		const withTemplate = (region: unknown) => Object.assign({}, region, { launch_template: { id: TEMPLATE } });
		change(path, (type) => ({
			...type,
			"us-east-1": withTemplate(type["us-east-1"]),
			[REGION]: withTemplate(type[REGION]),
		}));
		for (const region of ["us-east-1", REGION]) {
			const launchTemplates = new Map([[TEMPLATE, { launchTemplateId: TEMPLATE, versions: [{ data: {} }] }]]);
			Object.assign(site.world.region(region), { launchTemplates });
		}
	}
	return writes.has(action) ? { inputs: { timeout: String(TIMEOUT) } } : {};
}

/** Reads fail in one region of two, writes in both. */
function introduce(fault: FaultName, action: string, { endpoint }: Site): Pick<Setup, "met" | "close"> {
	const met = Promise.withResolvers<void>();
	endpoint.watch = (moment, called) => {
		if (moment === "after" || called !== action) return "continue";
		met.resolve();
		if (fault !== "refused") return "continue";
		// A port of EC2 refuses every action alike, so it closes with the first call of this one.
		void endpoint.close();
		return "silence";
	};
	if (fault === "refused") return { met: met.promise };
	const conditions = writes.has(action) || action === "AssumeRole" ? { action } : { action, region: REGION };
	const handle = endpoint.faults.add({ ...conditions, ...effects[fault] });
	if (fault !== "drips") return { met: met.promise };
	// An answer has an end. Byte by byte, it is later than any limit.
	const drips = setInterval(() => handle.drip(), 250);
	return { met: met.promise, close: () => clearInterval(drips) };
}
