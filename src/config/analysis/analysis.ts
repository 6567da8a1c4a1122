/**
 * Rules of mode `check`: mistakes in a valid configuration that would cost money, or leave requests waiting. A run does
 * not apply them. To add a rule, write a function and list it under {@link ERRORS} or {@link WARNINGS}.
 */
import type { MozType, Policy, Region } from "../../core/model/policy.ts";
import type { Diagnostic } from "../../errors.ts";
import type { Document } from "../document/document.ts";
import type { ValidTypeFile } from "../type-files.ts";
import {
	bidsAreAlike,
	globalLimitsAreReachable,
	onDemandIsAllowed,
	someLaunchIsAffordable,
	someLaunchIsAllowed,
	spreadIsReachable,
} from "./limits.ts";
import { namesAreOfOneType, namesSuffice } from "./names.ts";
import { analyzePatterns } from "./patterns.ts";
import { keysHaveEffect, subnetsAreUnique, typesAreMapped, userDataFits } from "./type-files.ts";

export interface Subject {
	/** The main file. */
	readonly document: Document;
	readonly policy: Policy;
	/** Regions of this run. */
	readonly regions: readonly Region[];
	/** Those that are valid. */
	readonly typeFiles: readonly ValidTypeFile[];
	/** Absolute path of the folder that has the files. */
	readonly folder: string;
	/** By type: workers that `jacuzzi.builders` gives to builders of the type. */
	readonly workers: ReadonlyMap<MozType, readonly string[]>;
}

type Rule = (subject: Subject) => readonly Diagnostic[];

const ERRORS: readonly Rule[] = [
	someLaunchIsAllowed,
	someLaunchIsAffordable,
	subnetsAreUnique,
	userDataFits,
	namesSuffice,
	namesAreOfOneType,
];

const WARNINGS: readonly Rule[] = [
	onDemandIsAllowed,
	globalLimitsAreReachable,
	bidsAreAlike,
	spreadIsReachable,
	keysHaveEffect,
	typesAreMapped,
];

export interface Findings {
	/** Each fails the check. */
	readonly errors: readonly Diagnostic[];
	/** What is probably a mistake, but may be intended. */
	readonly warnings: readonly Diagnostic[];
}

/** Reads nothing but the folder of the configuration. */
export function analyze(subject: Subject): Findings {
	const patterns = analyzePatterns(subject.policy.builderMap, subject.document);
	return joined([
		patterns,
		{
			errors: ERRORS.flatMap((rule) => rule(subject)),
			warnings: WARNINGS.flatMap((rule) => rule(subject)),
		},
	]);
}

export function joined(findings: readonly Findings[]): Findings {
	return {
		errors: findings.flatMap(({ errors }) => errors),
		warnings: findings.flatMap(({ warnings }) => warnings),
	};
}
