/** Values that differ between two versions of a configuration. */
import type { Document, Path } from "../document/document.ts";
import type { Node, ScalarNode } from "../document/node.ts";
import { cut, formatPath } from "../document/text.ts";
import { mappedTypes } from "../lint.ts";
import type { Sources } from "../load.ts";

export interface ChangedSetting {
	/** A key of the main file, or of a type's file after the type and a colon. */
	readonly setting: string;
	/** Null: it was not there. */
	readonly before: string | null;
	/** Null: it is not there. */
	readonly now: string | null;
}

/** Instance types that only one version maps builders to. */
export interface ChangedTypes {
	readonly added: readonly string[];
	readonly removed: readonly string[];
}

export function changedTypes(before: Sources, now: Sources): ChangedTypes {
	const [old, novel] = [mappedTypes(before.document), mappedTypes(now.document)];
	return {
		added: novel.filter((mozType) => !old.includes(mozType)),
		removed: old.filter((mozType) => !novel.includes(mozType)),
	};
}

/**
 * Settings of the main file, and of types that both versions have. Patterns are none.
 * @param mask hides secrets; before keys and values are cut, because a part of a secret is not recognized
 */
export function changedSettings(
	before: Sources,
	now: Sources,
	mask: (text: string) => string,
): readonly ChangedSetting[] {
	const changed = (old: Document, novel: Document) => differences(settingsOf(old, mask), settingsOf(novel, mask));
	const types = now.typeFiles.flatMap((typeFile) => {
		const { mozType } = typeFile.config;
		const old = before.typeFiles.find(({ config }) => config.mozType === mozType);
		if (old === undefined) return [];
		const all = [...changed(old.document, typeFile.document), ...changedUserData(old, typeFile)];
		return all.map((one) => ({ ...one, setting: `${mozType}: ${one.setting}` }));
	});
	const all = [...changed(before.document, now.document), ...types];
	const shown = (value: string | null) => (value === null ? null : cut(mask(value)));
	return all.map((one) => ({ setting: mask(one.setting), before: shown(one.before), now: shown(one.now) }));
}

/** Keys that are no setting. */
const OTHER_KEYS = ["$schema", "buildermap"];

type Settings = ReadonlyMap<string, string>;

function differences(old: Settings, novel: Settings): readonly ChangedSetting[] {
	const keys = [...new Set([...novel.keys(), ...old.keys()])];
	return keys
		.filter((key) => old.get(key) !== novel.get(key))
		.map((setting) => ({ setting, before: old.get(setting) ?? null, now: novel.get(setting) ?? null }));
}

type TypeFile = Sources["typeFiles"][number];

function changedUserData(before: TypeFile, now: TypeFile): readonly ChangedSetting[] {
	const [old, novel] = [before, now].map(({ userData }) =>
		userData === null ? null : JSON.stringify(userData.template),
	);
	if (old === novel) return [];
	// The text itself would be too long.
	return [{ setting: "user data", before: old === null ? null : "…", now: novel === null ? null : "changed" }];
}

function settingsOf(document: Document, mask: (text: string) => string): Settings {
	const entries = document.entries([]).filter(({ key }) => !OTHER_KEYS.includes(key));
	const values = entries.flatMap(({ key, value }) => valuesIn(value, [key]));
	const masked = (path: Path) => path.map((step) => (typeof step === "number" ? step : mask(String(step))));
	return new Map(values.map(([path, value]) => [formatPath(masked(path)), value]));
}

/** Every value with its path. Lists of plain values are one value. */
function valuesIn(node: Node, path: Path): readonly (readonly [path: Path, value: string])[] {
	if (node.kind === "map") return node.entries.flatMap(({ key, value }) => valuesIn(value, [...path, key]));
	if (node.kind === "scalar") return [[path, textOf(node)]];
	if (node.items.every(({ kind }) => kind === "scalar")) {
		const texts = node.items.map((item) => (item.kind === "scalar" ? textOf(item) : ""));
		return [[path, texts.join(", ")]];
	}
	const names = node.items.map(instanceTypeOf);
	// Rules for different EC2 instance types are the same in any order.
	const isNamed = new Set(names).size === names.length && !names.includes(null);
	return node.items.flatMap((item, index) => valuesIn(item, [...path, isNamed ? String(names[index]) : index]));
}

/** The same for 0.3 and 0.30, and for what JSON and YAML write in different ways. */
function textOf({ value }: ScalarNode): string {
	return String(value);
}

function instanceTypeOf(node: Node): string | null {
	const entry = node.kind === "map" ? node.entries.find(({ key }) => key === "instance_type") : undefined;
	return entry?.value.kind === "scalar" ? entry.value.text : null;
}
