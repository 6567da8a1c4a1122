import { randomBytes } from "node:crypto";
import type { LaunchRequest } from "../../core/launch/refusal.ts";
import { fillUserData, type UserDataTemplate, userDataValues, uses } from "../../core/model/user-data.ts";
import { regionOf } from "./request.ts";
import type { LauncherParts } from "./run-instances.ts";

/**
 * The user data of a request, with the values of its region and names.
 * @throws CertificateError
 */
export async function userDataOf(
	request: LaunchRequest,
	template: UserDataTemplate | null,
	{ policy, certificates }: LauncherParts,
): Promise<string | null> {
	if (template === null) return null;
	const { domain, puppetServer } = regionOf(policy, request);
	const { region } = request.placement;
	const shared = { names: request.names ?? [], mozType: request.pool.mozType, region, domain, puppetServer };
	const { fqdn } = userDataValues({ ...shared, password: "", certs: "" });
	const values = userDataValues({
		...shared,
		// Known to the machine alone.
		password: uses(template, "password") ? randomBytes(18).toString("base64url") : "",
		certs: uses(template, "certs") ? ((await certificates?.get(fqdn)) ?? "") : "",
	});
	return fillUserData(template, values);
}
