/** Values that differ between two versions of a configuration. */
import type { Path } from "../document/document.ts";
import type { Node } from "../document/node.ts";
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
	const old = new Set(mappedTypes(before.document));
	const novel = new Set(mappedTypes(now.document));
	return { added: [...novel.difference(old)], removed: [...old.difference(novel)] };
}

/** Settings of the main file, and of types that both versions have. Patterns and `$schema` are none. */
export function changedSettings(before: Sources, now: Sources): readonly ChangedSetting[] {
	const main = (sources: Sources) =>
		settingsOf(sources.document.find([])).filter(([key]) => !/^(?:buildermap|\$schema)\b/.test(key));
	const types = now.typeFiles.flatMap((typeFile) => {
		const { mozType } = typeFile.config;
		const old = before.typeFiles.find(({ config }) => config.mozType === mozType);
		if (old === undefined) return [];
		const changed = [
			...differences(settingsOf(old.document.find([])), settingsOf(typeFile.document.find([]))),
			...changedUserData(old, typeFile),
		];
		return changed.map((one) => ({ ...one, setting: `${mozType}: ${one.setting}` }));
	});
	return [...differences(main(before), main(now)), ...types].filter(({ setting }) => !setting.endsWith(": $schema"));
}

type Setting = readonly [key: string, value: string];

function differences(before: readonly Setting[], now: readonly Setting[]): readonly ChangedSetting[] {
	const old = new Map(before);
	const novel = new Map(now);
	const keys = [...new Set([...novel.keys(), ...old.keys()])];
	return keys
		.filter((key) => old.get(key) !== novel.get(key))
		.map((setting) => ({ setting, before: shown(old.get(setting)), now: shown(novel.get(setting)) }));
}

function shown(value: string | undefined): string | null {
	return value === undefined ? null : cut(value);
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

/** Every value with its path. Lists of plain values are one value. */
function settingsOf(node: Node | undefined, path: Path = []): readonly Setting[] {
	if (node === undefined) return [];
	if (node.kind === "map") return node.entries.flatMap(({ key, value }) => settingsOf(value, [...path, key]));
	if (node.kind === "scalar") return [[formatPath(path), node.text]];
	if (node.items.every(({ kind }) => kind === "scalar")) {
		const texts = node.items.map((item) => (item.kind === "scalar" ? item.text : ""));
		return [[formatPath(path), texts.join(", ")]];
	}
	const names = node.items.map(instanceTypeOf);
	// Rules for different EC2 instance types are the same in any order.
	const isNamed = new Set(names).size === names.length && !names.includes(null);
	return node.items.flatMap((item, index) => settingsOf(item, [...path, isNamed ? String(names[index]) : index]));
}

function instanceTypeOf(node: Node): string | null {
	const entry = node.kind === "map" ? node.entries.find(({ key }) => key === "instance_type") : undefined;
	return entry?.value.kind === "scalar" ? entry.value.text : null;
}
