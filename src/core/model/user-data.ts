/** User data from a template. */

/** What a template may name, as the original's did. */
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
] as const;
export type UserDataField = (typeof USER_DATA_FIELDS)[number];
export type UserDataValues = Readonly<Record<UserDataField, string>>;

/** A template taken apart: text as it is, and what is filled in. */
export type UserDataTemplate = readonly ({ readonly text: string } | { readonly field: UserDataField })[];

/** EC2's bound on user data, before it is encoded. */
export const MOST_USER_DATA_BYTES = 16 * 1024;

/** Of these, every instance has its own. */
const OF_ONE_INSTANCE: ReadonlySet<UserDataField> = new Set(["hostname", "fqdn", "password", "certs"]);

/** Whether the template names a field. */
export function uses(template: UserDataTemplate, field: UserDataField): boolean {
	return template.some((part) => "field" in part && part.field === field);
}

/** Whether each instance's user data differs, so that each is launched by a call of its own. */
export function differsPerInstance(template: UserDataTemplate): boolean {
	return [...OF_ONE_INSTANCE].some((field) => uses(template, field));
}

/** What Python's `str.format` gives for the template and these values. */
export function fillUserData(template: UserDataTemplate, values: UserDataValues): string {
	return template.map((part) => ("field" in part ? values[part.field] : part.text)).join("");
}

const COMPASS: Readonly<Record<string, string>> = {
	northeast: "ne",
	northwest: "nw",
	southeast: "se",
	southwest: "sw",
};

/** A region as one label of a host name: `us-east-1` is `use1`, `ap-southeast-2` is `apse2`. */
export function regionDnsAtom(region: string): string {
	const [area = "", ...words] = region.split("-");
	return area + words.map((word) => (/^\d+$/.test(word) ? word : (COMPASS[word] ?? word.slice(0, 1)))).join("");
}
