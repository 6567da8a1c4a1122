/** Freezes plain data deeply, except regular expressions, which store the position of their last match. */
export function deepFreeze<T>(value: T): T {
	if (typeof value === "object" && value !== null && !(value instanceof RegExp) && !Object.isFrozen(value)) {
		Object.freeze(value);
		for (const part of Object.values(value)) deepFreeze(part);
	}
	return value;
}
