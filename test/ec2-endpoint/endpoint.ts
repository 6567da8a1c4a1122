import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { actions } from "./actions/index.ts";
import { lifecycleOf, zoneOf } from "./actions/run-instances.ts";
import { Ec2Error } from "./errors.ts";
import { type FaultHandle, type FaultSubject, Faults } from "./faults.ts";
import { Journal } from "./journal.ts";
import { Parameters } from "./parameters.ts";
import { type Session, Sessions } from "./sessions.ts";
import type { World } from "./world.ts";
import { answerDocument, errorDocument, stsAnswerDocument, stsErrorDocument } from "./xml.ts";

export interface Ec2EndpointOptions {
	/** Milliseconds added to every answer; 0 unless given. */
	readonly latency?: number;
	/** The first page of a listing with filters and `MaxResults` is empty and has a token, as EC2 may answer. */
	readonly emptyPages?: boolean;
	/** Roles that STS gives, by their ARNs, each with the account that it leads to. */
	readonly roles?: Readonly<Record<string, World>>;
}

/** One call as it came. */
interface Received {
	readonly action: string;
	readonly region: string;
	readonly service: string;
	/** Whose credentials it bears; undefined: nobody's. */
	readonly session: Session | undefined;
	readonly version: string | undefined;
	readonly parameters: Parameters;
	readonly duplicates: readonly string[];
	readonly requestId: string;
	readonly method: string;
}

interface Answer {
	readonly status: number;
	readonly document: string;
	/** `ok`, or the code of the refusal. */
	readonly outcome: string;
}

const version = "2016-11-15";
const stsVersion = "2011-06-15";
const credentialScope = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/[0-9]{8}\/([a-z0-9-]+)\/(ec2|sts)\/aws4_request,/;

/**
 * EC2 over a socket, and as much of STS as assuming a role takes: serves every region of a world, which outlives it, and
 * of the worlds that roles lead to.
 */
export class Ec2Endpoint {
	readonly world: World;
	readonly journal = new Journal();
	readonly faults = new Faults();
	readonly sessions: Sessions;
	/**
	 * Asked at each call before it takes place, and again when it has, before its answer leaves; `silence`: nothing
	 * further comes of the call.
	 */
	watch: (moment: "before" | "after", action: string) => "go on" | "silence" = () => "go on";
	readonly #server: Server;
	readonly #options: Ec2EndpointOptions;
	readonly #timers = new Set<NodeJS.Timeout>();
	#requests = 0;
	#closed = false;

	private constructor(world: World, options: Ec2EndpointOptions) {
		this.world = world;
		this.sessions = new Sessions(world, options.roles ?? {});
		this.#options = options;
		this.#server = createServer((request, response) => {
			this.#serve(request, response).catch(() => response.destroy());
		});
	}

	/** Listens on a free port of 127.0.0.1. */
	static async start(world: World, options: Ec2EndpointOptions = {}): Promise<Ec2Endpoint> {
		const endpoint = new Ec2Endpoint(world, options);
		await new Promise<void>((resolve, reject) => {
			endpoint.#server.once("error", reject);
			endpoint.#server.listen(0, "127.0.0.1", resolve);
		});
		return endpoint;
	}

	get url(): string {
		const address = this.#server.address();
		if (address === null || typeof address === "string") throw new Error("The endpoint is closed");
		return `http://127.0.0.1:${address.port}`;
	}

	/** The environment with which a process of its own calls this endpoint. */
	get environment(): Readonly<Record<string, string>> {
		return {
			AWS_ENDPOINT_URL_EC2: this.url,
			AWS_ENDPOINT_URL_STS: this.url,
			AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
			AWS_SECRET_ACCESS_KEY: "example",
			AWS_EC2_METADATA_DISABLED: "true",
		};
	}

	/** Closes the port and every connection; calls under way get no answer. */
	async close(): Promise<void> {
		if (this.#closed) return;
		this.#closed = true;
		const closed = new Promise<void>((resolve) => {
			this.#server.close(() => resolve());
		});
		for (const timer of this.#timers) clearTimeout(timer);
		this.#server.closeAllConnections();
		await closed;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}

	async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const startedAt = performance.now();
		const received = await this.#receive(request);
		const { action, region, parameters } = received;
		const { Action: _, Version: __, ...flat } = parameters.flat;
		const launch = action === "RunInstances";
		const subject: FaultSubject = {
			region,
			action,
			zone: launch ? zoneOf(parameters, received.session?.world.findRegion(region)) : null,
			instanceType: launch ? (parameters.text("InstanceType") ?? null) : null,
			lifecycle: launch ? lifecycleOf(parameters) : null,
			role: parameters.text("RoleArn") ?? null,
		};
		const account = received.session?.world.accountId ?? null;
		const finish = this.journal.open(
			{ region, action, account, parameters: withoutEnvelope(parameters), flat, zone: subject.zone },
			startedAt,
		);
		response.once("close", () => finish("aborted"));

		const handle = this.faults.find(subject);
		const fault = handle?.fault;
		if (fault !== undefined && handle !== undefined && "hold" in fault) {
			await handle.wait();
			// Whoever gave up waiting for a call that has not taken place gets none.
			if (response.destroyed) return;
		}
		if (fault !== undefined && "reset" in fault && fault.reset === "before") {
			finish("reset-before");
			request.socket.resetAndDestroy();
			return;
		}
		if (this.watch("before", action) === "silence") return;
		const answer = refusal(handle, received) ?? this.#perform(received);
		if (this.watch("after", action) === "silence") return;
		const wait = (this.#options.latency ?? 0) + (fault !== undefined && "delay" in fault ? fault.delay : 0);
		if (wait > 0) await this.#pause(wait);
		if (response.destroyed) return;
		if (fault !== undefined && "reset" in fault) {
			finish("reset-after");
			request.socket.resetAndDestroy();
			return;
		}
		// Before the answer leaves: the caller's next call begins after the end of this one.
		finish(answer.outcome);
		response.writeHead(answer.status, {
			"content-type": "text/xml;charset=UTF-8",
			"x-amzn-requestid": received.requestId,
		});
		response.end(answer.document);
	}

	async #receive(request: IncomingMessage): Promise<Received> {
		let body = "";
		request.setEncoding("utf8");
		for await (const chunk of request) body += String(chunk);
		const { parameters, duplicates } = Parameters.parse(body);
		this.#requests += 1;
		const [, accessKey = "", region = "", service = ""] =
			credentialScope.exec(request.headers.authorization ?? "") ?? [];
		return {
			action: parameters.text("Action") ?? "",
			region,
			service,
			session: this.sessions.find(accessKey, request.headers["x-amz-security-token"]),
			version: parameters.text("Version"),
			parameters,
			duplicates,
			requestId: `00000000-0000-4000-8000-${this.#requests.toString(16).padStart(12, "0")}`,
			method: request.method ?? "",
		};
	}

	#perform(received: Received): Answer {
		const { action: name, requestId, parameters, session } = received;
		try {
			if (received.service === "sts") return this.#performSts(received);
			const action = actions.get(name);
			if (received.method !== "POST" || received.version !== version || action === undefined) {
				throw new Ec2Error("InvalidAction", `The action ${name} is not valid for this web service.`);
			}
			const region = session?.world.findRegion(received.region);
			if (session === undefined || region === undefined) {
				const message = "AWS was not able to validate the provided access credentials";
				throw new Ec2Error("AuthFailure", message, 401);
			}
			if (session.expired) throw new Ec2Error("RequestExpired", "Request has expired.");
			const [duplicate] = received.duplicates;
			if (duplicate !== undefined) {
				throw new Ec2Error("MalformedQueryString", `The parameter ${duplicate} is given more than once`);
			}
			parameters.assertKnown(action.parameters);
			const emptyPages = this.#options.emptyPages ?? false;
			const body = action.perform({ world: session.world, region, parameters, emptyPages });
			return { status: 200, document: answerDocument(name, requestId, body), outcome: "ok" };
		} catch (error) {
			if (error instanceof Ec2Error) return refuse(received, error);
			// A fault of the endpoint itself: said in the answer, where a failing test shows it.
			return refuse(received, new Ec2Error("InternalError", String(error), 500));
		}
	}

	/** @throws Ec2Error */
	#performSts({ action, requestId, parameters, session, version: given }: Received): Answer {
		if (given !== stsVersion || action !== "AssumeRole") {
			throw new Ec2Error("InvalidAction", `Could not find operation ${action} for version ${given}`);
		}
		const result = this.sessions.assume(session, parameters);
		return { status: 200, document: stsAnswerDocument(action, requestId, result), outcome: "ok" };
	}

	#pause(milliseconds: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(() => {
				this.#timers.delete(timer);
				resolve();
			}, milliseconds);
			this.#timers.add(timer);
		});
	}
}

function withoutEnvelope(parameters: Parameters) {
	const { tree } = parameters;
	if (typeof tree === "string" || !("Action" in tree)) return tree;
	const { Action: _, Version: __, ...rest } = tree;
	return rest;
}

function refuse({ requestId, service }: Received, { status, code, message }: Ec2Error): Answer {
	const document = service === "sts" ? stsErrorDocument : errorDocument;
	return { status, document: document(requestId, code, message), outcome: code };
}

/** The refusal that a fault gives instead of the call. */
function refusal(handle: FaultHandle | undefined, received: Received): Answer | null {
	if (handle === undefined) return null;
	const { fault } = handle;
	if ("throttle" in fault) {
		return refuse(received, new Ec2Error("RequestLimitExceeded", "Request limit exceeded.", 503));
	}
	if (!("error" in fault)) return null;
	const { code, message = `Refused with ${code}`, status = 400 } = fault.error;
	return refuse(received, new Ec2Error(code, message, status));
}
