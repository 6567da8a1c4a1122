/** Freezes plain data through and through; regular expressions, which must remember where they stand, are left. */
export function deepFreeze<T>(value: T): T {
	if (typeof value === "object" && value !== null && !(value instanceof RegExp) && !Object.isFrozen(value)) {
		Object.freeze(value);
		for (const part of Object.values(value)) deepFreeze(part);
	}
	return value;
}
