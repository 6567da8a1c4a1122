/** URLs in the configuration, a file that everybody who reads the repository can read. */

/** Names of query parameters that hold credentials. */
const CREDENTIAL =
	/pass|pwd|secret|token|credential|signature|(?:api|access|private)[-_.]?key|^(?:key|auth|authorization|sig)$/i;

/** Fills the placeholder of `certs.url`, which a URL can't contain everywhere. */
function parsed(text: string): URL | null {
	return URL.parse(text.replaceAll("{fqdn}", "fqdn"));
}

export function isUrl(text: string): boolean {
	return parsed(text) !== null;
}

/** Whether a URL has no user name, no password, and no query parameter that looks like a credential. */
export function isWithoutCredentials(text: string): boolean {
	const url = parsed(text);
	if (url === null) return true;
	const hasParameter = [...url.searchParams].some(([name, value]) => CREDENTIAL.test(name) && value !== "fqdn");
	return url.username === "" && url.password === "" && !hasParameter;
}
