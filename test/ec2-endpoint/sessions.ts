import { Ec2Error } from "./errors.ts";
import type { Parameters } from "./parameters.ts";
import type { World } from "./world.ts";
import { timestamp, type XmlChildren } from "./xml.ts";

/** Credentials and their account. */
export interface Session {
	readonly world: World;
	/** Null: the credentials that the process started with. */
	readonly role: string | null;
	/** The session token that must accompany the access key; null: none. */
	readonly token: string | null;
	expired: boolean;
}

const known: ReadonlySet<string> = new Set(["RoleArn", "RoleSessionName", "DurationSeconds"]);
const knownWithToken: ReadonlySet<string> = new Set([...known, "WebIdentityToken"]);

/** Credentials by access key: the initial ones, and those that STS issued for roles. */
export class Sessions {
	readonly #sessions = new Map<string, Session>();
	readonly #start: Session;
	readonly #roles: Readonly<Record<string, World>>;

	constructor(world: World, roles: Readonly<Record<string, World>>) {
		this.#start = { world, role: null, token: null, expired: false };
		this.#roles = roles;
	}

	/** Any key belongs to the initial account, except keys of roles, which must be as issued. */
	find(accessKey: string, token: string | readonly string[] | undefined): Session | undefined {
		if (!accessKey.startsWith("ASIA")) return this.#start;
		const session = this.#sessions.get(accessKey);
		return session?.token === token ? session : undefined;
	}

	/**
	 * Issues credentials, as `AssumeRole` does.
	 * @throws Ec2Error
	 */
	assume(caller: Session | undefined, parameters: Parameters): XmlChildren {
		if (caller === undefined) {
			throw new Ec2Error("InvalidClientTokenId", "The security token included in the request is invalid.", 403);
		}
		parameters.assertKnown(known);
		return this.#issue(caller.world, parameters);
	}

	/**
	 * Issues credentials for a token, as `AssumeRoleWithWebIdentity` does. Any token but an empty one is accepted.
	 * @throws Ec2Error
	 */
	assumeWithToken(world: World, parameters: Parameters): XmlChildren {
		parameters.assertKnown(knownWithToken);
		if (parameters.required("WebIdentityToken") === "") throw new Ec2Error("InvalidIdentityToken", "No token");
		return this.#issue(world, parameters);
	}

	#issue(caller: World, parameters: Parameters): XmlChildren {
		const role = parameters.required("RoleArn");
		const name = parameters.required("RoleSessionName");
		const duration = parameters.integer("DurationSeconds") ?? 3600;
		if (!/^[\w+=,.@-]{2,64}$/.test(name)) throw new Ec2Error("ValidationError", `Invalid RoleSessionName ${name}`);
		// Role chaining is limited to an hour.
		if (duration < 900 || duration > 3600) throw new Ec2Error("ValidationError", "Invalid DurationSeconds");
		const world = this.#roles[role];
		if (world === undefined) {
			const who = `arn:aws:sts::${caller.accountId}:assumed-role/caller/session`;
			const message = `User: ${who} is not authorized to perform: sts:AssumeRole on resource: ${role}`;
			throw new Ec2Error("AccessDenied", message, 403);
		}
		const number = this.#sessions.size + 1;
		const key = `ASIA${String(number).padStart(16, "0")}`;
		const token = `token-${number}`;
		this.#sessions.set(key, { world, role, token, expired: false });
		return {
			Credentials: {
				AccessKeyId: key,
				SecretAccessKey: `secret-${number}`,
				SessionToken: token,
				Expiration: timestamp(Math.floor(caller.date().getTime() / 1000) + duration),
			},
			AssumedRoleUser: { AssumedRoleId: `AROAEXAMPLE:${name}`, Arn: `${role}/${name}` },
		};
	}

	/** Every account, the initial one first. */
	worlds(): readonly World[] {
		return [...new Set([this.#start.world, ...Object.values(this.#roles)])];
	}

	/** Ends the sessions of a role early. */
	expire(role: string): void {
		for (const session of this.#sessions.values()) if (session.role === role) session.expired = true;
	}
}
