import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Timer } from "../../src/adapters/timer.ts";
import { actions } from "./actions/index.ts";
import { withTemplate } from "./actions/launch-templates.ts";
import { dryRunOperation, lifecycleOf, subnetOf, zoneOf } from "./actions/run-instances.ts";
import { type Delivery, damaged, type Original, SAME_TOKEN, undamaged } from "./damage.ts";
import { Ec2Error } from "./errors.ts";
import { type DamagingFault, type FaultHandle, type FaultSubject, Faults, type StallingFault } from "./faults.ts";
import { Journal } from "./journal.ts";
import { Parameters } from "./parameters.ts";
import { throttled } from "./rates.ts";
import { type Session, Sessions } from "./sessions.ts";
import type { World, WorldRegion } from "./world.ts";
import { answerDocument, errorDocument, stsAnswerDocument, stsErrorDocument } from "./xml.ts";

/** How EC2 answers a signature whose date differs too much from its clock. */
export interface SignatureClock {
	/** Seconds; 300 by default, as the SigV4 reference says. EC2's error reference says 15 minutes. */
	readonly tolerance?: number;
	/** EC2's code; the SDKs take all three for a wrong clock. Default: `RequestExpired`. STS: `SignatureDoesNotMatch`. */
	readonly code?: keyof typeof statusOfSkew;
}

export interface Ec2EndpointOptions {
	/** Milliseconds added to every answer; 0 by default. */
	readonly latency?: number;
	/** Measures and waits for every delay; the machine's clock by default. */
	readonly timer?: Timer;
	/** Whether the first page of a listing with filters and `MaxResults` is empty and has a token, as EC2 may answer. */
	readonly emptyPages?: boolean;
	/** Roles that STS grants: the account that each ARN leads to. */
	readonly roles?: Readonly<Record<string, World>>;
	/** Checks the dates of signatures by the world's clock; unchecked by default. */
	readonly signatureClock?: SignatureClock;
}

/** One call as it arrived. */
interface Received {
	readonly action: string;
	readonly region: string;
	readonly service: string;
	/** The session of its credentials; undefined if they are unknown. */
	readonly session: Session | undefined;
	readonly version: string | undefined;
	readonly parameters: Parameters;
	readonly duplicates: readonly string[];
	readonly requestId: string;
	readonly method: string;
	/** Seconds since 1970 by the caller's clock; null for a call without `X-Amz-Date`. */
	readonly signedAt: number | null;
}

/** One call on its way through the endpoint. */
interface Exchange {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly received: Received;
	/** Records the outcome in the journal. */
	readonly finish: (outcome: string) => void;
	readonly handle: FaultHandle | undefined;
}

interface Answer {
	readonly status: number;
	readonly document: string;
	/** `ok`, or the error code. */
	readonly outcome: string;
}

const version = "2016-11-15";
const stsVersion = "2011-06-15";
const WITH_TOKEN = "AssumeRoleWithWebIdentity";
const credentialScope = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/[0-9]{8}\/([a-z0-9-]+)\/(ec2|sts)\/aws4_request,/;
/** HTTP status by error code. */
const statusOfSkew = { AuthFailure: 401, RequestExpired: 400, SignatureDoesNotMatch: 403 } as const;

/**
 * EC2 over a socket, and the part of STS that assumes roles. It serves every region of a world, and the worlds that
 * roles lead to. Worlds outlive it.
 */
export class Ec2Endpoint {
	readonly world: World;
	readonly journal: Journal;
	readonly faults = new Faults();
	readonly sessions: Sessions;
	/**
	 * Called before each call takes effect, and again before its answer leaves. `silence` abandons the call at that point
	 * without an answer.
	 */
	watch: (moment: "before" | "after", action: string) => "continue" | "silence" = () => "continue";
	readonly #server: Server;
	readonly #options: Ec2EndpointOptions;
	readonly #timers = new Set<NodeJS.Timeout>();
	readonly #timer: Timer;
	#requests = 0;
	#closed = false;

	private constructor(world: World, options: Ec2EndpointOptions) {
		this.world = world;
		this.sessions = new Sessions(world, options.roles ?? {});
		this.#options = options;
		this.#timer = options.timer ?? { now: () => performance.now(), sleep: (milliseconds) => this.#sleep(milliseconds) };
		this.journal = new Journal(() => this.#timer.now());
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

	/** The environment with which a separate process calls this endpoint. */
	get environment(): Readonly<Record<string, string>> {
		return {
			AWS_ENDPOINT_URL_EC2: this.url,
			AWS_ENDPOINT_URL_STS: this.url,
			AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
			AWS_SECRET_ACCESS_KEY: "endpoint/s3cretKey",
			AWS_EC2_METADATA_DISABLED: "true",
		};
	}

	/** Closes the port and every connection; calls in flight get no answer. */
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
		const startedAt = this.#timer.now();
		const received = await this.#receive(request);
		const { action, region, parameters } = received;
		const subject = subjectOf(received);
		const { zone, account, parameters: flat } = subject;
		const finish = this.journal.open(
			{ region, action, account, parameters: withoutEnvelope(parameters), flat, zone },
			startedAt,
		);
		response.once("close", () => finish("aborted"));

		const handle = this.faults.find(subject);
		const exchange = { request, response, received, finish, handle };
		if (handle !== undefined && "damage" in handle.fault) await this.#serveDamaged(exchange, handle, handle.fault);
		else if (handle !== undefined && "stall" in handle.fault) await this.#serveStalled(exchange, handle, handle.fault);
		else await this.#serveWhole(exchange);
	}

	/** Every fault in this path leaves the answer whole, or prevents it. */
	async #serveWhole({ request, response, received, finish, handle }: Exchange): Promise<void> {
		const fault = handle?.fault;
		if (handle !== undefined && "hold" in handle.fault) {
			await handle.wait();
			// A held call whose caller has given up never takes effect.
			if (response.destroyed) return;
		}
		const reset = fault !== undefined && "reset" in fault ? fault.reset : null;
		if (reset === "before") {
			finish("reset-before");
			request.socket.resetAndDestroy();
			return;
		}
		const answer = this.#takeEffect(received, handle);
		if (answer === null) return;
		await this.#pause(fault !== undefined && "delay" in fault ? fault.delay : 0);
		if (response.destroyed) return;
		if (reset === "after") {
			finish("reset-after");
			request.socket.resetAndDestroy();
			return;
		}
		// Before the answer leaves: the caller's next call begins after the end of this one.
		finish(answer.outcome);
		deliver(response, this.#dated(received, undamaged(originalOf(received, answer))));
	}

	async #serveDamaged(
		{ response, received, finish }: Exchange,
		handle: FaultHandle,
		{ damage, effect = "before-answer" }: DamagingFault,
	): Promise<void> {
		if (effect === "after-answer") response.once("close", () => this.#takeLateEffect(handle, received));
		if (effect === "on-release") void handle.wait().then(() => this.#takeLateEffect(handle, received));
		const answer = effect === "before-answer" ? this.#takeEffect(received, handle) : withoutEffect(received);
		if (answer === null) return;
		await this.#pause();
		if (response.destroyed) return;
		finish(`damaged-${damage.kind}`);
		deliver(response, this.#dated(received, damaged(damage, originalOf(received, answer))));
	}

	async #serveStalled(
		{ response, received, finish }: Exchange,
		handle: FaultHandle,
		{ stall, effect = "before-answer" }: StallingFault,
	): Promise<void> {
		// Before all else, so that no release can come before the wait.
		const released = handle.wait();
		if (effect === "after-answer") response.once("close", () => this.#takeLateEffect(handle, received));
		const early = effect === "before-answer" ? this.#takeEffect(received, handle) : withoutEffect(received);
		if (early === null) return;
		const delivery = this.#dated(received, undamaged(originalOf(received, early)));
		const late = effect === "on-release";
		if (stall !== "before-headers") {
			// The length of an answer that comes to be at the release is not known yet.
			writeHead(response, late ? { ...delivery, framing: "chunked" } : delivery);
			response.flushHeaders();
		}
		let sent = 0;
		const stopDripping = handle.onDrip((bytes) => {
			if (stall !== "drip" || late || response.destroyed) return;
			response.write(delivery.body.subarray(sent, sent + bytes));
			sent += bytes;
		});
		await released;
		stopDripping();
		const answer = late ? this.#takeLateEffect(handle, received) : early;
		if (response.destroyed) return;
		finish(answer.outcome);
		const rest = this.#dated(received, undamaged(originalOf(received, answer)));
		if (!response.headersSent) writeHead(response, rest);
		response.end(rest.body.subarray(sent));
	}

	/** Performs the call between the two moments of `watch`; null if it falls silent. */
	#takeEffect(received: Received, handle: FaultHandle | undefined): Answer | null {
		if (this.watch("before", received.action) === "silence") return null;
		const answer = this.#answer(handle, received);
		return this.watch("after", received.action) === "silence" ? null : answer;
	}

	/** The answer of a call that takes effect now, unless a fault or the request rate refuses it. */
	#answer(handle: FaultHandle | undefined, received: Received): Answer {
		const { action, parameters, service, session, region } = received;
		try {
			const limited = parameters.has("Filter") || parameters.has("MaxResults");
			if (service === "ec2") session?.world.findRegion(region)?.rates?.countRequest(action, limited);
		} catch (error) {
			if (error instanceof Ec2Error) return refuse(received, error);
			throw error;
		}
		return refusal(handle, received) ?? this.#perform(received);
	}

	#takeLateEffect(handle: FaultHandle, received: Received): Answer {
		const answer = this.#perform(received);
		handle.noteLateEffect();
		return answer;
	}

	#dated({ session, requestId }: Received, delivery: Delivery): Delivery {
		const date = (session?.world ?? this.world).date().toUTCString();
		return { ...delivery, headers: { "x-amzn-requestid": requestId, date, ...delivery.headers } };
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
			// The token of an identity provider takes the place of a signature.
			service: parameters.text("Action") === WITH_TOKEN ? "sts" : service,
			session: this.sessions.find(accessKey, request.headers["x-amz-security-token"]),
			version: parameters.text("Version"),
			parameters,
			duplicates,
			requestId: `00000000-0000-4000-8000-${this.#requests.toString(16).padStart(12, "0")}`,
			method: request.method ?? "",
			signedAt: signingTime(request.headers["x-amz-date"]),
		};
	}

	#perform(received: Received): Answer {
		const { action: name, requestId, session } = received;
		const sent = received.parameters;
		// The token of a fault leads to the first page again.
		const parameters = sent.text("NextToken") === SAME_TOKEN ? sent.without("NextToken") : sent;
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
			const { code = "RequestExpired" } = this.#options.signatureClock ?? {};
			this.#assertSignatureClock(session.world, received.signedAt, code);
			const [duplicate] = received.duplicates;
			if (duplicate !== undefined) {
				throw new Ec2Error("MalformedQueryString", `The parameter ${duplicate} is given more than once`);
			}
			parameters.assertKnown(action.parameters);
			session.world.applyDeaths();
			if (name !== "RunInstances" && parameters.boolean("DryRun") === true) throw dryRunOperation();
			const emptyPages = this.#options.emptyPages ?? false;
			const body = action.perform({ world: session.world, region, parameters, emptyPages });
			session.world.applyDeaths();
			return { status: 200, document: answerDocument(name, requestId, body), outcome: "ok" };
		} catch (error) {
			if (error instanceof Ec2Error) return refuse(received, error);
			// A bug of the endpoint itself: in the answer, a failing test shows it.
			return refuse(received, new Ec2Error("InternalError", String(error), 500));
		}
	}

	/** @throws Ec2Error */
	#assertSignatureClock(world: World, signedAt: number | null, code: keyof typeof statusOfSkew): void {
		const { signatureClock } = this.#options;
		if (signatureClock === undefined || signedAt === null) return;
		const { tolerance = 300 } = signatureClock;
		const now = world.date().getTime() / 1000;
		if (Math.abs(now - signedAt) <= tolerance) return;
		const [signed, current] = [signedAt, now].map((seconds) => new Date(seconds * 1000).toISOString());
		throw new Ec2Error(code, `Signature expired: ${signed} differs too much from ${current}`, statusOfSkew[code]);
	}

	/** @throws Ec2Error */
	#performSts({ action, requestId, parameters, session, signedAt, version: given }: Received): Answer {
		this.#assertSignatureClock(session?.world ?? this.world, signedAt, "SignatureDoesNotMatch");
		if (given === stsVersion && action === WITH_TOKEN) {
			const result = this.sessions.assumeWithToken(this.world, parameters);
			return { status: 200, document: stsAnswerDocument(action, requestId, result), outcome: "ok" };
		}
		if (given !== stsVersion || action !== "AssumeRole") {
			throw new Ec2Error("InvalidAction", `Could not find operation ${action} for version ${given}`);
		}
		const result = this.sessions.assume(session, parameters);
		return { status: 200, document: stsAnswerDocument(action, requestId, result), outcome: "ok" };
	}

	/** Waits for the latency of the endpoint and `more` milliseconds. */
	async #pause(more = 0): Promise<void> {
		const milliseconds = (this.#options.latency ?? 0) + more;
		if (milliseconds > 0) await this.#timer.sleep(milliseconds);
	}

	/** Ends early only with the endpoint itself. */
	#sleep(milliseconds: number): Promise<void> {
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

/** The refusal by a fault. */
function refusal(handle: FaultHandle | undefined, received: Received): Answer | null {
	if (handle === undefined) return null;
	const { fault } = handle;
	if ("throttle" in fault) return refuse(received, throttled());
	if (!("error" in fault)) return null;
	const { code, message = `Refused with ${code}`, status = 400 } = fault.error;
	return refuse(received, new Ec2Error(code, message, status));
}

function subjectOf({ action, region, session, parameters: sent }: Received): FaultSubject {
	const { Action: _, Version: __, ...flat } = sent.flat;
	const here = session?.world.findRegion(region);
	const launch = action === "RunInstances";
	const parameters = launch ? mergedWithTemplate(sent, here) : sent;
	return {
		region,
		action,
		account: session?.world.accountId ?? null,
		zone: launch ? zoneOf(parameters, here) : null,
		subnet: launch ? subnetOf(parameters) : null,
		instanceType: launch ? (parameters.text("InstanceType") ?? null) : null,
		lifecycle: launch ? lifecycleOf(parameters) : null,
		role: parameters.text("RoleArn") ?? null,
		parameters: flat,
	};
}

/** What a launch asks for together with its template; what it asks for alone if EC2 refuses the template. */
function mergedWithTemplate(parameters: Parameters, region: WorldRegion | undefined): Parameters {
	try {
		return region === undefined ? parameters : withTemplate(region, parameters);
	} catch (error) {
		if (error instanceof Ec2Error) return parameters;
		throw error;
	}
}

function originalOf({ action, requestId }: Received, { status, document }: Answer): Original {
	return { action, requestId, status, document };
}

/** The placeholder for the answer of a call that has not taken effect when it is answered. */
function withoutEffect({ action, requestId }: Received): Answer {
	return { status: 200, document: answerDocument(action, requestId, {}), outcome: "ok" };
}

function signingTime(header: string | readonly string[] | undefined): number | null {
	const [, year, month, day, hour, minute, second] =
		/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(header)) ?? [];
	return year === undefined ? null : Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000;
}

function writeHead(response: ServerResponse, { status, headers, body, framing }: Delivery): void {
	response.writeHead(status, framing === "chunked" ? headers : { ...headers, "content-length": body.length });
}

function deliver(response: ServerResponse, delivery: Delivery): void {
	const { body, breaksAfter } = delivery;
	writeHead(response, delivery);
	if (breaksAfter === null) response.end(body);
	else response.write(body.subarray(0, breaksAfter), () => response.destroy());
}
