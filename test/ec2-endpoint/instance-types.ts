/** What the names of EC2 instance types say. Source: "Amazon EC2 instance type naming conventions". */

/** Graviton families have a `g` after their generation, except the first, `a1`. */
export function architectureOf(instanceType: string): "arm64" | "x86_64" {
	return /^(a1|[a-z]+[0-9]+g[a-z-]*)\./.test(instanceType) ? "arm64" : "x86_64";
}

/** Number of vCPUs by the size: right for the C, M, and R families, and an estimate for the others. */
export function vcpusOf(instanceType: string): number {
	const size = instanceType.split(".")[1] ?? "";
	const multiple = /^(\d*)xlarge$/.exec(size);
	if (multiple !== null) return 4 * Number(multiple[1] || 1);
	if (size.startsWith("metal")) return 96;
	return size === "medium" || size === "nano" || size === "micro" || size === "small" ? 1 : 2;
}
