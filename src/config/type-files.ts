/** The files of the instance types, beside the main file. */
import { dirname, join } from "node:path";
import type { MozType, TypeConfig } from "../core/model/policy.ts";
import { isRegion } from "../core/plan/regions.ts";
import type { Diagnostic } from "../errors.ts";
import { check } from "./check.ts";
import { type Document, type Path, readDocument } from "./document/document.ts";
import { kindOfFile, namesIn } from "./document/text-file.ts";
import { findTypeErrors } from "./lint-type.ts";
import { typeRegionSchema, typeSchema } from "./schema.ts";
import { didYouMean } from "./suggest.ts";
import { typeConfigOf } from "./type-config.ts";
import { readUserData, type UserDataFile } from "./user-data.ts";

const ENDINGS = ["", ".json", ".yml", ".yaml"];

/** The result of reading a type's files. A configuration with a valid form can still break a rule. */
export type TypeFile = ValidTypeFile | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] };

export interface ValidTypeFile {
	readonly kind: "config";
	readonly config: TypeConfig;
	readonly document: Document;
	readonly userData: UserDataFile | null;
	readonly diagnostics: readonly Diagnostic[];
}

export interface TypeFileOptions {
	/** Absolute path of the main file's folder. */
	readonly folder: string;
	readonly main: Document;
	/** Where the main file first names the type. */
	readonly firstUse: Path;
}

/** Reads the file of one type, and its user data. */
export function readTypeFile(mozType: MozType, { folder, main, firstUse }: TypeFileOptions): TypeFile {
	const shown = (name: string) => join(dirname(main.file), name);
	const candidates = ENDINGS.map((ending) => `${mozType}${ending}`);
	const kinds = candidates.map((name) => ({ name, kind: kindOfFile(join(folder, name)) }));
	const found = kinds.filter(({ kind }) => kind === "file").map(({ name }) => name);
	// A folder may have the type's name beside its file; without one, reading it gives the reason.
	const name = found[0] ?? kinds.find(({ kind }) => kind === "other")?.name;
	if (name === undefined) {
		const suggestion = didYouMean(mozType, typesWithFiles(folder));
		const remedy = suggestion === "" ? "; create" : `${suggestion} Otherwise, create`;
		const message = `instance type "${mozType}" has no file${remedy} one of ${candidates.map(shown).join(", ")}`;
		return { kind: "invalid", diagnostics: [main.at(firstUse, message)] };
	}
	if (found.length > 1) {
		const message = `instance type "${mozType}" has several files; keep one of ${found.map(shown).join(", ")}`;
		return { kind: "invalid", diagnostics: [main.at(firstUse, message)] };
	}
	const read = readDocument(join(folder, name), shown(name));
	if (read.kind === "unreadable") return { kind: "invalid", diagnostics: read.diagnostics };
	const template = `${mozType}.user-data`;
	const userData =
		kindOfFile(join(folder, template)) === "none" ? null : readUserData(join(folder, template), shown(template));
	const typeFile = readType(mozType, read.document, userData, main);
	return { ...typeFile, diagnostics: [...read.diagnostics, ...typeFile.diagnostics] };
}

/** Names in the folder that could be those of types, for a suggestion. */
function typesWithFiles(folder: string): readonly string[] {
	const names = namesIn(folder).filter((name) => !name.endsWith(".user-data"));
	return names.map((name) => name.replace(/\.(?:json|ya?ml)$/, ""));
}

function readType(mozType: MozType, document: Document, userData: UserDataFile | null, main: Document): TypeFile {
	const general = check(typeSchema, document);
	const regions = document
		.entries([])
		.filter(({ key }) => isRegion(key))
		.map(({ key }) => ({ region: key, checked: check(typeRegionSchema, document, [key]) }));
	const diagnostics = [
		...[general, ...regions.map(({ checked }) => checked)].flatMap((checked) =>
			checked.kind === "invalid" ? checked.diagnostics : [],
		),
		...(userData?.diagnostics ?? []),
	];
	if (general.kind === "invalid") return { kind: "invalid", diagnostics };
	const validRegions = regions.flatMap(({ region, checked }) =>
		checked.kind === "valid" ? [[region, checked.data] as const] : [],
	);
	const config = typeConfigOf(mozType, general.data, validRegions, userData?.template ?? null);
	const all = [...diagnostics, ...findTypeErrors({ document, config, userData, main })];
	return validRegions.length < regions.length
		? { kind: "invalid", diagnostics: all }
		: { kind: "config", config, document, userData, diagnostics: all };
}
