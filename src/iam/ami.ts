/** What `ami` of a type's file names. */
import type { Region } from "../core/model/policy.ts";

/** An image, or a parameter of Systems Manager that holds the ID of one. */
export type Ami =
	| { readonly kind: "image"; readonly id: string }
	| { readonly kind: "parameter"; readonly parameterIn: (region: Region, owner: Account) => Parameter };

interface Account {
	readonly account: string;
	readonly partition: string;
}

export interface Parameter {
	readonly region: Region;
	readonly arn: string;
	/** Owner of the image, as the condition key `ec2:Owner` has it. */
	readonly owner: string;
}

const PREFIX = "resolve:ssm:";
/** Parameters that AWS publishes, by the start of their names, and the owner of their images. */
const PUBLIC: readonly (readonly [start: string, owner: string])[] = [
	["/aws/service/marketplace/", "aws-marketplace"],
	["/aws/service/", "amazon"],
];

export function amiOf(text: string): Ami {
	if (!text.startsWith(PREFIX)) return { kind: "image", id: text };
	const name = text.slice(PREFIX.length);
	return { kind: "parameter", parameterIn: (region, account) => parameterOf(name, region, account) };
}

/** @param name with an optional `:version` or `:label`; or an ARN, if another account shares the parameter */
function parameterOf(name: string, region: Region, { account, partition }: Account): Parameter {
	const shared = /^(arn:[^:]+:ssm:[^:]+:(\d+):parameter\/[^:]+)/.exec(name);
	if (shared?.[1] !== undefined && shared[2] !== undefined) return { region, arn: shared[1], owner: shared[2] };
	const [path = ""] = name.split(":");
	const owner = PUBLIC.find(([start]) => path.startsWith(start))?.[1];
	const holder = owner === undefined ? account : "";
	const arn = `arn:${partition}:ssm:${region}:${holder}:parameter/${path.replace(/^\//, "")}`;
	return { region, arn, owner: owner ?? account };
}
