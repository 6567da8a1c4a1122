import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jobTimeout } from "../../src/adapters/github/job-timeout.ts";
import { watchWarnings } from "../../src/watch/warnings.ts";
import { NOW } from "../core/facts.ts";

const WATCH = { duration: 3_000, timeout: 240, now: NOW, jobTimeout: null, expiresAt: null };

describe("before a watch", () => {
	it.each([
		["nothing is known of the job and the credentials", {}, []],
		["the job lasts long enough", { jobTimeout: 3_300 }, []],
		["the job ends before the report", { jobTimeout: 3_299 }, [/^The watch may be killed .* at least 55,/]],
		["the credentials last long enough", { expiresAt: NOW + 3_000 }, []],
		["the credentials expire", { expiresAt: NOW + 2_999 }, [/^The AWS credentials expire at /]],
		["it has no end", { duration: null, jobTimeout: 60, expiresAt: NOW }, []],
	])("warns of what would end it early: %s", (_what, overrides, expected) => {
		expect(watchWarnings({ ...WATCH, ...overrides })).toEqual(expected.map((text) => expect.stringMatching(text)));
	});
});

describe("the timeout of the job", () => {
	let workspace: string;
	beforeEach(() => {
		workspace = mkdtempSync(join(tmpdir(), "aws-watch-pending-job-"));
		mkdirSync(join(workspace, ".github/workflows"), { recursive: true });
	});
	afterEach(() => rmSync(workspace, { recursive: true }));

	it.each([
		["is the one of the workflow file", "jobs: {watch: {timeout-minutes: 50}}", 3_000],
		["is GitHub's default if the file has none", "jobs: {watch: {steps: []}}", 21_600],
		["is unknown if only GitHub can evaluate it", `jobs: {watch: {timeout-minutes: "\${{ inputs.minutes }}"}}`, null],
		["is unknown if the file has no such job", "jobs: {other: {}}", null],
		["is unknown if the file is malformed", "jobs: [", null],
	])("%s", (_what, text, expected) => {
		writeFileSync(join(workspace, ".github/workflows/w.yml"), text);
		expect(jobTimeout(workspace, "o/r/.github/workflows/w.yml@refs/heads/main", "watch")).toBe(expected);
	});

	it("is unknown without the file", () => {
		expect(jobTimeout(workspace, "o/r/.github/workflows/none.yml@refs/heads/main", "watch")).toBeNull();
	});
});
