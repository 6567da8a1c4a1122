/** Rules about one type file and its user data. To add a rule, write a function and list it under {@link ERRORS}. */
import type { TypeConfig } from "../core/model/policy.ts";
import type { UserDataField } from "../core/model/user-data.ts";
import { longestName } from "../core/plan/names.ts";
import type { Diagnostic } from "../errors.ts";
import type { Document } from "./document/document.ts";
import { quote } from "./document/text.ts";
import type { UserDataFile } from "./user-data.ts";

export interface TypeSubject {
	readonly document: Document;
	/** Regions that are invalid are missing. */
	readonly config: TypeConfig;
	readonly userData: UserDataFile | null;
	readonly main: Document;
}

type Rule = (subject: TypeSubject) => readonly Diagnostic[];

const ERRORS: readonly Rule[] = [namesComeFromOneKey, namesAreUnique, namesFitTags, placeholdersHaveValues];

export function findTypeErrors(subject: TypeSubject): readonly Diagnostic[] {
	return ERRORS.flatMap((rule) => rule(subject));
}

function namesComeFromOneKey({ document, config }: TypeSubject): readonly Diagnostic[] {
	if (config.hostname === null || config.names === null) return [];
	return [document.at(["names"], '"names" and "hostname" exclude each other; remove one of them')];
}

function namesAreUnique({ document, config: { names } }: TypeSubject): readonly Diagnostic[] {
	const seen = new Set<string>();
	const duplicate = names?.find((name) => seen.size === seen.add(name).size);
	return duplicate === undefined ? [] : [document.at(["names"], `duplicate name ${quote(duplicate)} in "names"`)];
}

/** Maximum number of characters of a host name with its domain, by RFC 1035. A tag value may have one more. */
const MAX_FQDN = 255;

function namesFitTags({ document, config: { hostname, names, regions } }: TypeSubject): readonly Diagnostic[] {
	if (hostname === null && names === null) return [];
	const [key, length] =
		hostname === null
			? ["names", (names ?? []).reduce((longest, name) => Math.max(longest, name.length), 0)]
			: ["hostname", longestName(hostname)];
	const domain = Math.max(0, ...Object.values(regions).map((region) => (region.domain ?? "").length));
	const total = domain === 0 ? length : length + 1 + domain;
	if (total <= MAX_FQDN) return [];
	const what = domain === 0 ? "" : " with its domain";
	return [document.at([key], `"${key}" gives names of up to ${total} characters${what}; the maximum is ${MAX_FQDN}`)];
}

function placeholdersHaveValues({ config, userData, main }: TypeSubject): readonly Diagnostic[] {
	if (userData === null) return [];
	return [...userData.locations].flatMap(([field, location]) => {
		const remedy = remedyOf(field, config, main);
		return remedy === null ? [] : [{ file: userData.file, ...location, message: `{${field}} has no value; ${remedy}` }];
	});
}

/** How to give the placeholder a value; null if it has one. */
function remedyOf(field: UserDataField, { hostname, names }: TypeConfig, main: Document): string | null {
	const isNamed = hostname !== null || names !== null;
	switch (field) {
		case "hostname":
		case "fqdn":
		case "names":
		case "fqdns":
			return isNamed ? null : 'set "hostname" or "names" in the type file';
		case "certs":
			return isNamed && main.find(["certs"]) !== undefined
				? null
				: 'set "certs" in the main file, and "hostname" or "names" in the type file';
		default:
			return null;
	}
}
