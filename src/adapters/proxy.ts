/** Proxies for every HTTP call that leaves the machine, as the environment names them. */
import { type AgentOptions, setGlobalProxyFromEnv } from "node:http";

export type ProxyEnvironment = NonNullable<AgentOptions["proxyEnv"]>;

/** Where AWS hands out credentials on the machine's own link, which no proxy reaches: EC2, ECS, and EKS. */
const LINK_LOCAL = "169.254.169.254,169.254.170.2,169.254.170.23,[fd00:ec2::254],[fd00:ec2::23]";

/**
 * The variables `HTTPS_PROXY`, `HTTP_PROXY`, and `NO_PROXY`, of which a lower-case one comes first.
 * @returns null if they name no proxy
 */
export function proxiesIn(environment: NodeJS.ProcessEnv): ProxyEnvironment | null {
	const value = (name: string) => environment[name.toLowerCase()] || environment[name] || "";
	const [http, https, none] = [value("HTTP_PROXY"), value("HTTPS_PROXY"), value("NO_PROXY")];
	if ((http === "" && https === "") || none.trim() === "*") return null;
	return {
		...(http === "" ? {} : { http_proxy: http }),
		...(https === "" ? {} : { https_proxy: https }),
		no_proxy: none === "" ? LINK_LOCAL : `${none},${LINK_LOCAL}`,
	};
}

/** The first variable whose value is not the URL of a proxy; null: none. */
export function invalidProxy({ http_proxy, https_proxy }: ProxyEnvironment): "HTTP_PROXY" | "HTTPS_PROXY" | null {
	const isInvalid = (text: string | undefined) =>
		text !== undefined && !["http:", "https:"].includes(URL.parse(text)?.protocol ?? "");
	if (isInvalid(http_proxy)) return "HTTP_PROXY";
	return isInvalid(https_proxy) ? "HTTPS_PROXY" : null;
}

/** Lets `fetch` and everything else without an agent of its own use the proxies. */
export function useProxies(proxies: ProxyEnvironment): void {
	setGlobalProxyFromEnv(proxies);
}
