import { describe, expect, it } from "vitest";
import {
	differsPerInstance,
	fillUserData,
	listsNames,
	needsCallEach,
	regionDnsAtom,
	USER_DATA_FIELDS,
	type UserDataField,
	userDataValues,
} from "../../../src/core/model/user-data.ts";

const ofOneInstance: readonly UserDataField[] = ["hostname", "fqdn", "password", "certs"];
const listed: readonly UserDataField[] = ["names", "fqdns"];

it.each(USER_DATA_FIELDS)(
	"a template with {%s} needs a call for each instance, or lists names, as its field does",
	(field) => {
		const template = [{ text: "a" }, { field }];
		expect(differsPerInstance(template)).toBe(ofOneInstance.includes(field));
		expect(listsNames(template)).toBe(listed.includes(field));
	},
);

it("a template without fields is the same for each instance", () => {
	expect([differsPerInstance([{ text: "{hostname}" }]), listsNames([])]).toEqual([false, false]);
});

it.each([
	["no user data", null, false, true],
	["equal user data", [{ text: "x" }], false, true],
	["user data that lists the names", [{ field: "names" }], false, false],
	["user data that differs", [{ field: "fqdn" }], true, true],
] as const)(
	"whether each machine needs a call of its own depends on the pool with %s",
	(_what, template, general, slaveset) => {
		expect([needsCallEach(template, false), needsCallEach(template, true)]).toEqual([general, slaveset]);
	},
);

describe("user data", () => {
	const call = {
		names: ["bld-1", "bld-2"],
		mozType: "bld",
		region: "us-east-1",
		domain: "example.com",
		puppetServer: "puppet",
		password: "s3cret",
		certs: "PEM",
	};

	it("has the values of the call, and those of its first machine", () => {
		expect(userDataValues(call)).toEqual({
			hostname: "bld-1",
			fqdn: "bld-1.example.com",
			domain: "example.com",
			moz_instance_type: "bld",
			region: "us-east-1",
			region_dns_atom: "use1",
			puppet_server: "puppet",
			password: "s3cret",
			certs: "PEM",
			names: "bld-1\nbld-2",
			fqdns: "bld-1.example.com\nbld-2.example.com",
		});
	});

	it("has plain names without a domain", () => {
		expect(userDataValues({ ...call, domain: null })).toMatchObject({
			fqdn: "bld-1",
			domain: "",
			fqdns: "bld-1\nbld-2",
		});
	});

	it("has empty names for machines without one", () => {
		expect(userDataValues({ ...call, names: [] })).toMatchObject({ hostname: "", fqdn: "", names: "", fqdns: "" });
	});

	it("is the template with its fields filled in", () => {
		const template = [{ text: "host=" }, { field: "fqdn" }, { text: " in " }, { field: "region" }] as const;
		expect(fillUserData(template, userDataValues(call))).toBe("host=bld-1.example.com in us-east-1");
	});
});

it.each([
	["us-east-1", "use1"],
	["us-west-2", "usw2"],
	["ap-southeast-2", "apse2"],
	["ap-northeast-1", "apne1"],
	["xx-northwest-3", "xxnw3"],
	["xx-southwest-12", "xxsw12"],
	["us-gov-west-1", "usgw1"],
	["ca-central-1", "cac1"],
])("the region %s is %s in a host name", (region, atom) => {
	expect(regionDnsAtom(region)).toBe(atom);
});
