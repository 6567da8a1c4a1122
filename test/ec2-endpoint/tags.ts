import { Ec2Error, invalidValue } from "./errors.ts";
import type { Parameters } from "./parameters.ts";

const maximumTags = 50;
const maximumKey = 128;
const maximumValue = 256;
/** Keys that are allowed if instances can read their tags in the metadata. */
const metadataKey = /^[0-9a-zA-Z\-_+=,.@:]{1,255}$/;
const reservedMetadataKeys: readonly string[] = [".", "..", "_index"];

/**
 * Reads `Tag.N`.
 * @throws Ec2Error for an invalid tag
 */
export function readTags(parameters: Parameters): Readonly<Record<string, string>> {
	const tags = new Map<string, string>();
	for (const tag of parameters.list("Tag")) {
		const key = tag.required("Key");
		const value = tag.text("Value") ?? "";
		if (tags.has(key)) throw invalidValue(`Duplicate tag key '${key}' specified.`);
		if (/^aws:/i.test(key)) throw invalidValue("Tag keys starting with 'aws:' are reserved for internal use");
		if (key.length > maximumKey) {
			throw invalidValue(`Tag key exceeds the maximum length of ${maximumKey} characters`);
		}
		if (value.length > maximumValue) {
			throw invalidValue(`Tag value exceeds the maximum length of ${maximumValue} characters`);
		}
		tags.set(key, value);
	}
	assertTagCount(tags.size);
	return Object.fromEntries(tags);
}

/** @throws Ec2Error if a resource would have too many tags */
export function assertTagCount(count: number): void {
	if (count > maximumTags) {
		throw new Ec2Error("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.");
	}
}

/** @throws Ec2Error for a key that cannot be read in the metadata */
export function assertMetadataKeys(tags: Readonly<Record<string, string>>): void {
	for (const key of Object.keys(tags)) {
		if (metadataKey.test(key) && !reservedMetadataKeys.includes(key)) continue;
		throw invalidValue(
			`'${key}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\-_+=,.@:]{1,255}), and must not be a reserved name ('.', '..', '_index')`,
		);
	}
}
