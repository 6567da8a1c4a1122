/** The parts of an IAM policy. */

export interface PermissionPolicy {
	readonly Version: "2012-10-17";
	readonly Statement: readonly Statement[];
}

type OneOrMore = string | readonly string[];

export interface Statement {
	readonly Sid: string;
	readonly Effect: "Allow";
	readonly Action: OneOrMore;
	readonly Resource: OneOrMore;
	readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore>>>>;
}

/** Allows `RunInstances` on resources; nothing if there are none. */
export function run(
	sid: string,
	resources: readonly string[],
	condition?: Statement["Condition"],
): readonly Statement[] {
	return resources.length === 0 ? [] : [allow(sid, ["ec2:RunInstances"], resources, condition)];
}

export function allow(
	sid: string,
	actions: readonly string[],
	resources: readonly string[],
	condition?: Statement["Condition"],
): Statement {
	return {
		Sid: sid,
		Effect: "Allow",
		Action: oneOrMore(actions),
		Resource: oneOrMore(resources),
		...(condition === undefined ? {} : { Condition: condition }),
	};
}

export function oneOrMore(values: readonly string[]): OneOrMore {
	const [first] = values;
	return values.length === 1 && first !== undefined ? first : values;
}

/** Sorted, so that the same configuration always gives the same policy. */
export function distinct(values: readonly string[]): readonly string[] {
	return [...new Set(values)].toSorted();
}
