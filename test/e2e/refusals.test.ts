/** What the action rejects: each with a clear message, exit status 1, and no call to AWS. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ActionResult } from "../harness/action.ts";
import { urlOf } from "../harness/database-server.ts";
import { CLOSED_PORT } from "../harness/listen.ts";
import { createMariaDbDatabase } from "../harness/mariadb.ts";
import { mariaDb } from "../harness/shared-servers.ts";
import { Site } from "../harness/site.ts";

const MAIN = "configs/watch_pending.json";

let site: Site;
beforeEach(async () => {
	site = await Site.start();
	site.database.submit("Linux x86-64 mozilla-central build", 3, 1_700_000_000);
});
afterEach(() => site[Symbol.asyncDispose]());

function expectRefusal(result: ActionResult, annotation: RegExp): void {
	expect(result.log).toMatch(annotation);
	expect(result.errorOutput).toBe("");
	expect(result.exitCode).toBe(1);
	expect(site.endpoint.journal.calls()).toHaveLength(0);
}

const edit = (file: string, text: string, replacement: string) => {
	const path = join(site.workspace, file);
	const content = readFileSync(path, "utf8");
	expect(content).toContain(text);
	writeFileSync(path, content.replace(text, replacement));
};

describe("invalid inputs", () => {
	it("are all reported together", async () => {
		const result = await site.run({ mode: "lunch", "max-launches": "-1", regions: "here" });
		expectRefusal(result, /^::error::Invalid input "mode": "lunch"\. It must be launch, dry-run, check, or replay\.$/m);
		expect(result.log.match(/^::error::Invalid input "/gm)).toHaveLength(3);
		expect(result.log).toMatch(/^::error::Invalid inputs \(3 errors\)\. Nothing was read or launched\.$/m);
		expect(result.outputs).toEqual({});
	});

	it("include a missing database-url", async () => {
		expectRefusal(await site.tick({ "database-url": "" }), /^::error::Missing input "database-url": /m);
	});

	it("include a region that nothing configures", async () => {
		expectRefusal(
			await site.tick({ regions: "eu-west-1" }),
			/^::error .*::.*region "eu-west-1" is in use, but no type file/m,
		);
	});
});

describe("an invalid configuration is annotated on its line", () => {
	it.each([
		[
			"an unknown key",
			MAIN,
			'"ondemand"',
			'"on_demand"',
			/^::error file=configs\/watch_pending\.json,line=42,col=2::.*unknown key "on_demand"; did you mean "ondemand"/m,
		],
		[
			"malformed JSON",
			MAIN,
			'"us-east-1": 4',
			'"us-east-1": 4,',
			/^::error file=configs\/watch_pending\.json,line=5,col=17::.*invalid JSON: trailing comma/m,
		],
		[
			"a pattern that does not compile",
			MAIN,
			'"^Linux.* nightly"',
			'"^Linux(.* nightly"',
			/^::error file=configs\/watch_pending\.json,line=12,col=3::.*the pattern "\^Linux\(\.\* nightly" does not compile/m,
		],
		[
			"a type without file",
			MAIN,
			'"^Linux.* nightly": "bld-linux64"',
			'"^Linux.* nightly": "bld-linux65"',
			/^::error file=configs\/watch_pending\.json,line=12,col=3::.*"bld-linux65" has no file/m,
		],
		[
			"a negative limit",
			MAIN,
			'"bld-linux64": 40',
			'"bld-linux64": -40',
			/^::error file=configs\/watch_pending\.json,line=44,col=\d+::.*whole number of at least 0 \(found -40\)/m,
		],
		[
			"malformed YAML",
			"configs/tst-linux64.yml",
			"hostname:",
			"\thostname:",
			/^::error file=configs\/tst-linux64\.yml,line=3,col=\d+::.*invalid YAML/m,
		],
	])("%s", async (_what, file, text, replacement, expected) => {
		edit(file, text, replacement);
		expectRefusal(await site.tick(), expected);
		expectRefusal(await site.tick({ mode: "check", "database-url": "" }), expected);
	});

	it("or on its file if the file is missing", async () => {
		expectRefusal(
			await site.tick({ config: "nosuch.json" }),
			/^::error file=nosuch\.json::nosuch\.json: the file does not exist/m,
		);
	});
});

describe("a database that can't be read ends the tick, and reveals no secret", () => {
	async function expectSecretKept(url: string, expected: RegExp): Promise<void> {
		const result = await site.tick({ "database-url": url });
		expectRefusal(result, expected);
		// Lines that tell the runner what to mask; everything else is visible to readers.
		const visible = result.log.replace(/^::add-mask::.*$/gm, "");
		for (const text of [visible, result.summary, result.report ?? "", JSON.stringify(result.outputs)]) {
			expect(text).not.toContain("s3cret");
		}
		expect(result.log).toMatch(/^::add-mask::.*s3cret/m);
	}

	it("for a wrong password", async () => {
		const { host, port } = mariaDb();
		await expectSecretKept(`mysql://buildbot:s3cret@${host}:${port}/bb`, /^::error::.*the server denied access/m);
		const result = await site.tick({ "database-url": `mysql://buildbot:s3cret@${host}:${port}/bb` });
		expect(result.summary).toMatch(/^## ❌ The scheduler database could not be read/);
		expect(result.report).toContain('"code": "access-denied"');
		expect(result.outputs).toEqual({ report: expect.any(String) });
	});

	it("if nothing listens", async () => {
		await expectSecretKept(`mysql://u:s3cret@127.0.0.1:${CLOSED_PORT}/bb`, /^::error::.*nothing is listening there/m);
	});

	it("if it is not Buildbot's", async () => {
		const server = mariaDb();
		const url = urlOf(server, await createMariaDbDatabase(server, "CREATE TABLE articles (id INT)"));
		const result = await site.tick({ "database-url": url });
		expectRefusal(result, /^::error::.*Expected the tables buildrequests, buildrequest_claims, builders/m);
		const visible = result.log.replace(/^::add-mask::.*$/gm, "");
		expect(visible + result.summary + result.report).not.toContain(encodeURIComponent(server.password));
	});

	it("if its URL is malformed", async () => {
		await expectSecretKept(
			"mysql://u:100%s3cret@127.0.0.1/bb",
			/^::error::Invalid input "database-url": it is not a valid URL/m,
		);
	});

	it("and with fail-on never exits with 0, and still reports it", async () => {
		const result = await site.tick({ "database-url": "sqlite:///nosuch.sqlite", "fail-on": "never" });
		expect(result.exitCode).toBe(0);
		expect(result.summary).toContain("could not be read");
	});
});

it("escapes builder names, which act neither as commands nor as Markdown", async () => {
	site.database.submit(
		"::error::x\n::set-output name=launched::9\n## <b>h</b> | [l](http://e.example)",
		1,
		1_700_000_000,
	);
	const result = await site.tick();
	expect(result.exitCode).toBe(0);
	expect(result.log).not.toMatch(/^::error::x/m);
	expect(result.log).not.toMatch(/^::set-output/m);
	expect(result.summary).not.toContain("<b>");
	expect(result.summary).not.toContain("[l](");
	expect(result.outputs).toMatchObject({ launched: "3" });
});
