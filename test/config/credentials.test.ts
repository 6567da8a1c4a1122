/** Credentials in the configuration, which everybody who reads the repository can read: an error, and never shown. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/errors.ts";
import { ROOT } from "../harness/repository.ts";

let workspace: string;
beforeEach(() => {
	workspace = mkdtempSync(join(tmpdir(), "aws-watch-pending-credentials-"));
	cpSync(join(ROOT, "configs"), workspace, { recursive: true });
});
afterEach(() => rmSync(workspace, { recursive: true }));

/** The diagnostics of the example with one more key, written as `text`. */
function problemsOf(key: string, text: string): string {
	const path = join(workspace, "watch_pending.json");
	writeFileSync(path, readFileSync(path, "utf8").replace("{", `{\n"${key}": ${text},`));
	try {
		loadConfig("watch_pending.json", { workspace, regions: null });
		return "";
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		return error.message;
	}
}
const allocator = (url: string) => problemsOf("jacuzzi", JSON.stringify({ url }));
const certificates = (url: string) => problemsOf("certs", JSON.stringify({ url, cache_dir: "certs" }));

describe("a URL with credentials is an error that doesn't show them:", () => {
	it.each([
		["a user and a password", () => allocator("http://buildbot:hunter2@allocator.example/v1")],
		["a password without a user", () => allocator("http://:hunter2@allocator.example/v1")],
		["a token as the user", () => allocator("https://hunter2@allocator.example")],
		["a password that is not encoded", () => allocator("http://buildbot:hunter2/@x@allocator.example/v1")],
		["a scheme that isn't supported", () => allocator("ftp://buildbot:hunter2@allocator.example/v1")],
		["a query", () => allocator("http://allocator.example/v1?token=hunter2")],
		["a user of the certificate server", () => certificates("https://puppet:hunter2@certs.example/{fqdn}")],
		["a user before the name", () => certificates("https://puppet:hunter2@{fqdn}.certs.example/")],
		["a certificate URL without the name", () => certificates("https://puppet:hunter2@certs.example/")],
		["a token in its query", () => certificates("https://certs.example/?host={fqdn}&access_token=hunter2")],
		["a key in its query", () => certificates("https://certs.example/?X-Api-Key=hunter2&host={fqdn}")],
		["a Graphite host", () => problemsOf("graphite_host", '"buildbot:hunter2@graphite.example"')],
		["text that is not JSON", () => problemsOf("jacuzzi", '{ "url" "http://buildbot:hunter2@allocator.example" }')],
		["a key", () => problemsOf("http://buildbot:hunter2@allocator.example", "1")],
	])("%s", (_what, problems) => {
		const message = problems();
		expect(message).toMatch(/^watch_pending\.json:\d+:\d+: /);
		expect(message).not.toContain("hunter2");
	});

	it("names the key, and what to do", () => {
		expect(allocator("http://buildbot:hunter2@allocator.example/v1")).toBe(
			'watch_pending.json:2:13: "jacuzzi.url" must not contain a user name, a password, or a token, because this file is no place for secrets; restrict access by network, and revoke what was in it (found "http://***@allocator.example/v1")',
		);
	});
});

it("says only that a text is no URL if it can have no credentials either", () => {
	expect(allocator("allocator")).toBe(
		'watch_pending.json:2:13: "jacuzzi.url" must be an http or https URL, such as http://allocator/v1 (found "allocator")',
	);
});

it("accepts URLs without credentials", () => {
	expect(certificates("https://certs.example:8443/get?key={fqdn}&format=pem")).toBe("");
	expect(allocator("http://allocator.example:8080/v1/")).toBe("");
});
