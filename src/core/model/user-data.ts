/** User data from a template. */

/** The fields that a template can use: the original's, and the names of all machines of a launch call. */
export const USER_DATA_FIELDS = [
	"hostname",
	"fqdn",
	"domain",
	"moz_instance_type",
	"region",
	"region_dns_atom",
	"puppet_server",
	"password",
	"certs",
	"names",
	"fqdns",
] as const;
export type UserDataField = (typeof USER_DATA_FIELDS)[number];
export type UserDataValues = Readonly<Record<UserDataField, string>>;

/** A parsed template: literal text, and fields to fill in. */
export type UserDataTemplate = readonly ({ readonly text: string } | { readonly field: UserDataField })[];

/** EC2's limit on user data, before it is encoded. */
export const MOST_USER_DATA_BYTES = 16 * 1024;

/** Fields whose value differs for each instance. */
const OF_ONE_INSTANCE: ReadonlySet<UserDataField> = new Set(["hostname", "fqdn", "password", "certs"]);

/** Whether the template uses a field. */
export function uses(template: UserDataTemplate, field: UserDataField): boolean {
	return template.some((part) => "field" in part && part.field === field);
}

/** Whether user data differs for each instance. */
export function differsPerInstance(template: UserDataTemplate): boolean {
	return [...OF_ONE_INSTANCE].some((field) => uses(template, field));
}

/**
 * Whether the user data tells each machine its name: it lists the names of all machines of a launch call in the order of
 * their launch indexes.
 */
export function listsNames(template: UserDataTemplate): boolean {
	return uses(template, "names") || uses(template, "fqdns");
}

/**
 * Whether each machine needs a launch call of its own: if its user data differs, and for a slaveset, whose machines are
 * counted by their names and so must never be without, unless the user data lists the names.
 */
export function needsCallEach(template: UserDataTemplate | null, isOfSlaveset: boolean): boolean {
	if (template === null) return isOfSlaveset;
	return differsPerInstance(template) || (isOfSlaveset && !listsNames(template));
}

/** Fills in the template as Python's `str.format` does. */
export function fillUserData(template: UserDataTemplate, values: UserDataValues): string {
	return template.map((part) => ("field" in part ? values[part.field] : part.text)).join("");
}

/** The values of the user data of one launch call. */
export function userDataValues(args: {
	/** Of its machines, in the order of their launch indexes. What differs for each is the first one's. */
	readonly names: readonly string[];
	readonly mozType: string;
	readonly region: string;
	readonly domain: string | null;
	readonly puppetServer: string;
	readonly password: string;
	readonly certs: string;
}): UserDataValues {
	const { names, mozType, region, domain, puppetServer, password, certs } = args;
	const fqdns = names.map((name) => (domain === null ? name : `${name}.${domain}`));
	const [hostname = ""] = names;
	const [fqdn = ""] = fqdns;
	return {
		hostname,
		fqdn,
		domain: domain ?? "",
		moz_instance_type: mozType,
		region,
		region_dns_atom: regionDnsAtom(region),
		puppet_server: puppetServer,
		password,
		certs,
		names: names.join("\n"),
		fqdns: fqdns.join("\n"),
	};
}

const COMPASS: Readonly<Record<string, string>> = {
	northeast: "ne",
	northwest: "nw",
	southeast: "se",
	southwest: "sw",
};

/** A region as one label of a host name: `us-east-1` is `use1`, `ap-southeast-2` is `apse2`. */
export function regionDnsAtom(region: string): string {
	return region
		.split("-")
		.map((word, index) => (index === 0 || /^\d+$/.test(word) ? word : (COMPASS[word] ?? word.slice(0, 1))))
		.join("");
}
