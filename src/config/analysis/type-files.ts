/** Rules about the files of types. */
import { basename, dirname, join } from "node:path";
import type { TypeConfig } from "../../core/model/policy.ts";
import { fillUserData, MOST_USER_DATA_BYTES, userDataValues, uses } from "../../core/model/user-data.ts";
import { isHostName, longestName } from "../../core/plan/names.ts";
import { isRegion } from "../../core/plan/regions.ts";
import type { Diagnostic } from "../../errors.ts";
import { type Document, type Path, readDocument } from "../document/document.ts";
import { quote } from "../document/text.ts";
import { kindOfFile, namesIn } from "../document/text-file.ts";
import { mappedTypes } from "../lint.ts";
import { typeRegionSchema, typeSchema } from "../schema.ts";
import { didYouMean } from "../suggest.ts";
import type { Subject } from "./analysis.ts";

/** Loading ignores a repeated subnet, since files of the original have some. */
export function subnetsAreUnique({ typeFiles }: Subject): readonly Diagnostic[] {
	return typeFiles.flatMap(({ document, config }) => {
		const seen = new Map<string, string>();
		return Object.keys(config.regions).flatMap((region) =>
			subnetsIn(document, region).flatMap((subnet, index) => {
				const earlier = seen.get(subnet);
				seen.set(subnet, region);
				if (earlier === undefined) return [];
				const message =
					earlier === region
						? `duplicate subnet ${quote(subnet)} in ${region}; remove one of them`
						: `the subnet ${quote(subnet)} is in ${earlier} and in ${region}, but a subnet is in one region; correct one of them`;
				return [document.at([region, "subnet_ids", index], message)];
			}),
		);
	});
}

function subnetsIn(document: Document, region: string): readonly string[] {
	const node = document.find([region, "subnet_ids"]);
	return node?.kind === "list" ? node.items.map((item) => (item.kind === "scalar" ? item.text : "")) : [];
}

/** Keys of a type file that apply to all its regions. */
const SHARED = Object.keys(typeSchema.shape);
/** Keys of a region in a type file. */
const REGIONAL = Object.keys(typeRegionSchema.shape);

/** Loading ignores keys that it does not know, since files of the original have keys for other tools. */
export function keysHaveEffect({ typeFiles }: Subject): readonly Diagnostic[] {
	return typeFiles.flatMap(({ document, config }) => [
		...ignoredKeys(document, [], { known: SHARED, misplaced: REGIONAL, remedy: "move it into each region" }),
		...Object.keys(config.regions).flatMap((region) =>
			ignoredKeys(document, [region], { known: REGIONAL, misplaced: SHARED, remedy: "move it out of the region" }),
		),
	]);
}

interface Keys {
	readonly known: readonly string[];
	/** Those that have an effect elsewhere. */
	readonly misplaced: readonly string[];
	readonly remedy: string;
}

/** Misplaced and misspelled keys of the map at `path`. */
function ignoredKeys(document: Document, path: Path, { known, misplaced, remedy }: Keys): readonly Diagnostic[] {
	return document.entries(path).flatMap(({ key }) => {
		if (known.includes(key) || isRegion(key)) return [];
		const suggestion = misplaced.includes(key) ? `; ${remedy}` : didYouMean(key, known);
		return suggestion === "" ? [] : [document.at([...path, key], `${quote(key)} has no effect here${suggestion}`)];
	});
}

/** Characters of `{password}`: 18 bytes in Base64. */
const PASSWORD = "x".repeat(24);

export function userDataFits({ typeFiles, workers }: Subject): readonly Diagnostic[] {
	return typeFiles.flatMap(({ config, userData }) => {
		if (userData === null) return [];
		const { template, file } = userData;
		const sizes = Object.entries(config.regions).map(([region, { domain, puppetServer }]) => {
			const names = [longestNameOf(config, workers.get(config.mozType) ?? [])];
			const values = { names, mozType: config.mozType, region, domain, puppetServer, password: PASSWORD, certs: "" };
			return { region, bytes: Buffer.byteLength(fillUserData(template, userDataValues(values))) };
		});
		const [largest] = sizes.toSorted((one, other) => other.bytes - one.bytes);
		if (largest === undefined || largest.bytes <= MOST_USER_DATA_BYTES) return [];
		const without = uses(template, "certs") ? ", without the certificates" : "";
		const message = `the user data has ${largest.bytes} bytes with the longest name in ${largest.region}${without}, but EC2 allows only ${MOST_USER_DATA_BYTES}; shorten it`;
		return [{ file, line: 1, column: 1, message }];
	});
}

/** @param workers whose names the type's machines may have, too */
function longestNameOf({ hostname, names }: TypeConfig, workers: readonly string[]): string {
	const own = hostname === null ? (names ?? []) : ["x".repeat(longestName(hostname))];
	return [...own, ...workers.filter(isHostName)].reduce(
		(longest, name) => (name.length > longest.length ? name : longest),
		"",
	);
}

/** Files of the folder that are looked at. */
const MAX_FILES = 500;

/** Files that have the form of a type's, but that no pattern maps to. */
export function typesAreMapped({ document, folder }: Subject): readonly Diagnostic[] {
	const types = mappedTypes(document);
	return namesIn(folder)
		.toSorted()
		.slice(0, MAX_FILES)
		.flatMap((name) => {
			const mozType = name.replace(/\.(?:json|ya?ml)$/, "");
			const isOther = name === basename(document.file) || types.includes(mozType) || !/^\w[\w.-]*$/.test(mozType);
			if (isOther || kindOfFile(join(folder, name)) !== "file") return [];
			const read = readDocument(join(folder, name), join(dirname(document.file), name));
			if (read.kind === "unreadable" || !isTypeFile(read.document)) return [];
			const message = `no pattern in "buildermap" maps to the instance type ${quote(mozType)} of this file; map a pattern to it, or remove the file${didYouMean(mozType, types)}`;
			return [read.document.at([], message)];
		});
}

function isTypeFile(document: Document): boolean {
	return document.entries([]).some(({ key }) => isRegion(key) && document.find([key, "ami"]) !== undefined);
}
