import { Ec2Error } from "./errors.ts";
import type { Parameters } from "./parameters.ts";
import type { World } from "./world.ts";
import { timestamp, type XmlChildren } from "./xml.ts";

/** Credentials, and the account that they are of. */
export interface Session {
	readonly world: World;
	/** Null: the credentials that the process was started with. */
	readonly role: string | null;
	/** What must come beside the access key; null: nothing. */
	readonly token: string | null;
	expired: boolean;
}

const known: ReadonlySet<string> = new Set(["RoleArn", "RoleSessionName", "DurationSeconds"]);

/** Credentials by access key: those of the start, and those that STS gives out for roles. */
export class Sessions {
	readonly #sessions = new Map<string, Session>();
	readonly #start: Session;
	readonly #roles: Readonly<Record<string, World>>;

	constructor(world: World, roles: Readonly<Record<string, World>>) {
		this.#start = { world, role: null, token: null, expired: false };
		this.#roles = roles;
	}

	/** Any key is good for the account of the start, but those of roles: these are only as they were given out. */
	find(accessKey: string, token: string | readonly string[] | undefined): Session | undefined {
		if (!accessKey.startsWith("ASIA")) return this.#start;
		const session = this.#sessions.get(accessKey);
		return session?.token === token ? session : undefined;
	}

	/**
	 * Gives out credentials, as `AssumeRole` does.
	 * @throws Ec2Error
	 */
	assume(caller: Session | undefined, parameters: Parameters): XmlChildren {
		if (caller === undefined) {
			throw new Ec2Error("InvalidClientTokenId", "The security token included in the request is invalid.", 403);
		}
		parameters.assertKnown(known);
		const role = parameters.required("RoleArn");
		const name = parameters.required("RoleSessionName");
		const duration = parameters.integer("DurationSeconds") ?? 3600;
		if (!/^[\w+=,.@-]{2,64}$/.test(name)) throw new Ec2Error("ValidationError", `Invalid RoleSessionName ${name}`);
		// An hour is all that a role may give to a role.
		if (duration < 900 || duration > 3600) throw new Ec2Error("ValidationError", "Invalid DurationSeconds");
		const world = this.#roles[role];
		if (world === undefined) {
			const who = `arn:aws:sts::${caller.world.accountId}:assumed-role/caller/session`;
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
				// By this machine's clock, which is the caller's.
				Expiration: timestamp(Math.floor(Date.now() / 1000) + duration),
			},
			AssumedRoleUser: { AssumedRoleId: `AROAEXAMPLE:${name}`, Arn: `${role}/${name}` },
		};
	}

	/** Every account, that of the start first. */
	worlds(): readonly World[] {
		return [...new Set([this.#start.world, ...Object.values(this.#roles)])];
	}

	/** Ends the sessions of a role before their time. */
	expire(role: string): void {
		for (const session of this.#sessions.values()) if (session.role === role) session.expired = true;
	}
}
