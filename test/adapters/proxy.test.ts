/** What the environment says of proxies. */
import { expect, it } from "vitest";
import { proxiesIn } from "../../src/adapters/proxy.ts";

it.each([
	[{}, null],
	[{ HTTP_PROXY: "", https_proxy: "" }, null],
	[{ NO_PROXY: "localhost" }, null],
	[{ HTTP_PROXY: "http://p:1", NO_PROXY: "*" }, null],
])("%j names none", (environment, expected) => {
	expect(proxiesIn(environment)).toBe(expected);
});

it("prefers lower-case variables, and never sends requests for credentials of the machine's link to a proxy", () => {
	const proxies = proxiesIn({ HTTP_PROXY: "http://upper:1", http_proxy: "http://lower:1", NO_PROXY: "localhost" });
	expect(proxies).toMatchObject({
		http_proxy: "http://lower:1",
		no_proxy: expect.stringMatching(/^localhost,169\.254\./),
	});
	expect(proxies?.["no_proxy"]).toContain("169.254.170.2");
});
