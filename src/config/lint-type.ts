/** Rules about one type file and its user data. To add a rule, write a function and list it under {@link ERRORS}. */
import type { TypeConfig } from "../core/model/policy.ts";
import type { UserDataField } from "../core/model/user-data.ts";
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

const ERRORS: readonly Rule[] = [namesComeFromOneKey, namesAreUnique, placeholdersHaveValues];

export function findTypeErrors(subject: TypeSubject): readonly Diagnostic[] {
	return ERRORS.flatMap((rule) => rule(subject));
}

function namesComeFromOneKey({ document, config }: TypeSubject): readonly Diagnostic[] {
	if (config.hostname === null || config.names === null) return [];
	return [document.at(["names"], "names and hostname are both given, and one decides: leave one out")];
}

function namesAreUnique({ document, config: { names } }: TypeSubject): readonly Diagnostic[] {
	const seen = new Set<string>();
	const duplicate = names?.find((name) => seen.size === seen.add(name).size);
	return duplicate === undefined ? [] : [document.at(["names"], `names has ${quote(duplicate)} twice`)];
}

function placeholdersHaveValues({ config, userData, main }: TypeSubject): readonly Diagnostic[] {
	if (userData === null) return [];
	return [...userData.locations].flatMap(([field, location]) => {
		const reason = whyWithoutValue(field, config, main);
		return reason === null ? [] : [{ file: userData.file, ...location, message: `{${field}} has no value: ${reason}` }];
	});
}

/** Why the configuration gives the placeholder no value; null if it has one. */
function whyWithoutValue(
	field: UserDataField,
	{ hostname, names, regions }: TypeConfig,
	main: Document,
): string | null {
	const isNamed = hostname !== null || names !== null;
	switch (field) {
		case "hostname":
		case "fqdn":
			return isNamed ? null : 'the type has neither "hostname" nor "names"';
		case "certs":
			return isNamed && main.find(["certs"]) !== undefined ? null : 'it needs "certs" in the main file, and names';
		case "puppet_server": {
			const without = Object.entries(regions).flatMap(([region, { puppetServer }]) =>
				puppetServer === null ? [region] : [],
			);
			return without.length === 0 ? null : `"puppet_server" is not set for ${without.join(", ")}`;
		}
		default:
			return null;
	}
}
