/** What reading a person's text comes to. */
export type Parsed<T> = Valid<T> | Invalid;

interface Valid<T> {
	readonly kind: "valid";
	readonly value: T;
	readonly secrets: readonly string[];
}

interface Invalid {
	readonly kind: "invalid";
	/** What is wrong and what is allowed, in sentences. Completes `Invalid input "name": `. Contains no secret. */
	readonly problem: string;
	/** Texts that must never be shown, although the value is of no use. */
	readonly secrets: readonly string[];
}

export function valid<T>(value: T, secrets: readonly string[] = []): Valid<T> {
	return { kind: "valid", value, secrets };
}

export function invalid(problem: string, secrets: readonly string[] = []): Invalid {
	return { kind: "invalid", problem, secrets };
}
