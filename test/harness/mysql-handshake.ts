/**
 * The server's side of MySQL's handshake, for authentication plugins that the test servers don't have. It ends after
 * the authentication.
 * Source: MySQL Internals Manual, "Connection Phase Packets" and "Caching SHA-2 Pluggable Authentication".
 */
import { constants, generateKeyPairSync, privateDecrypt } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { TLS } from "./database-server.ts";

const NONCE = Buffer.from("abcdefghijklmnopqrst");
const PLUGIN_AUTH_AND_SECURE = 0x0008_0000 | 0x8000 | 0x0200 | 0x01;
const SSL = 0x0800;
const FULL_AUTHENTICATION = Buffer.from([0x01, 0x04]);

export interface Handshake {
	/** The plugin that the server asks the client to switch to. */
	readonly plugin: string;
	/** Name of the certificate; null for no TLS. */
	readonly certificate: string | null;
}

/** What the client sent. */
export interface Heard {
	/** The password as the server could read it; null if the client sent none. */
	password: string | null;
	/** Whether the connection used TLS. */
	encrypted: boolean;
}

/** A server that authenticates each client and then closes the connection. */
export function mysqlHandshake({ plugin, certificate }: Handshake): { readonly server: Server; readonly heard: Heard } {
	const heard: Heard = { password: null, encrypted: false };
	const server = createServer((socket) => {
		socket.on("error", () => undefined);
		void converse(socket).catch(() => socket.destroy());
	});
	return { server, heard };

	async function converse(socket: Socket): Promise<void> {
		const flags = PLUGIN_AUTH_AND_SECURE | (certificate === null ? 0 : SSL);
		let peer = new Peer(socket);
		peer.send(0, greeting(flags));
		let [sequence, answer] = await peer.receive();
		// A request for TLS consists of the first fields of a response.
		if (certificate !== null && answer.length === 32) {
			peer.stop();
			const tls = new TLSSocket(socket, {
				isServer: true,
				cert: readFileSync(join(TLS, `${certificate}.crt`)),
				key: readFileSync(join(TLS, `${certificate}.key`)),
			});
			tls.on("error", () => undefined);
			heard.encrypted = true;
			peer = new Peer(tls);
			[sequence, answer] = await peer.receive();
		}
		peer.send(sequence + 1, Buffer.concat([Buffer.from([0xfe]), text(plugin), NONCE, Buffer.from([0])]));
		[sequence, answer] = await peer.receive();
		if (plugin === "mysql_clear_password") heard.password = withoutNul(answer);
		if (plugin === "caching_sha2_password") heard.password = await fullAuthentication(peer, sequence);
		peer.end();
	}

	async function fullAuthentication(peer: Peer, before: number): Promise<string> {
		peer.send(before + 1, FULL_AUTHENTICATION);
		const [sequence, answer] = await peer.receive();
		if (heard.encrypted) return withoutNul(answer);
		const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
		const pem = publicKey.export({ type: "spki", format: "pem" });
		peer.send(sequence + 1, Buffer.concat([Buffer.from([0x01]), Buffer.from(pem)]));
		const [, sealed] = await peer.receive();
		const opened = privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING }, sealed);
		return withoutNul(opened.map((byte, index) => byte ^ (NONCE[index % NONCE.length] ?? 0)));
	}
}

/** Reads and writes whole packets. */
class Peer {
	readonly #stream: Duplex;
	readonly #waiting: ((packet: [number, Buffer]) => void)[] = [];
	readonly #packets: [number, Buffer][] = [];
	#bytes = Buffer.alloc(0);
	readonly #onData = (chunk: Buffer) => this.#take(chunk);

	constructor(stream: Duplex) {
		this.#stream = stream;
		stream.on("data", this.#onData);
	}

	send(sequence: number, payload: Buffer): void {
		const header = Buffer.alloc(4);
		header.writeUIntLE(payload.length, 0, 3);
		header[3] = sequence;
		this.#stream.write(Buffer.concat([header, payload]));
	}

	receive(): Promise<[number, Buffer]> {
		const packet = this.#packets.shift();
		return packet === undefined ? new Promise((done) => this.#waiting.push(done)) : Promise.resolve(packet);
	}

	/** Stops reading and returns the bytes read so far to the stream, for another reader. */
	stop(): void {
		this.#stream.off("data", this.#onData).pause();
		this.#stream.unshift(this.#bytes);
	}

	end(): void {
		this.#stream.destroy();
	}

	#take(chunk: Buffer): void {
		this.#bytes = Buffer.concat([this.#bytes, chunk]);
		while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readUIntLE(0, 3)) {
			const end = 4 + this.#bytes.readUIntLE(0, 3);
			const packet: [number, Buffer] = [this.#bytes[3] ?? 0, Buffer.from(this.#bytes.subarray(4, end))];
			this.#bytes = Buffer.from(this.#bytes.subarray(end));
			const waiting = this.#waiting.shift();
			if (waiting === undefined) this.#packets.push(packet);
			else waiting(packet);
		}
	}
}

function greeting(flags: number): Buffer {
	const fixed = Buffer.alloc(13);
	fixed.writeUInt16LE(flags & 0xffff, 0);
	fixed[2] = 45;
	fixed.writeUInt16LE(2, 3);
	fixed.writeUInt16LE(flags >>> 16, 5);
	fixed[7] = NONCE.length + 1;
	return Buffer.concat([
		Buffer.from([10]),
		text("8.4.0"),
		Buffer.from([1, 0, 0, 0]),
		NONCE.subarray(0, 8),
		Buffer.from([0]),
		fixed,
		Buffer.alloc(5),
		NONCE.subarray(8),
		Buffer.from([0]),
		text("mysql_native_password"),
	]);
}

function text(value: string): Buffer {
	return Buffer.from(`${value}\0`);
}

function withoutNul(bytes: Buffer | Uint8Array): string {
	return Buffer.from(bytes).toString().replace(/\0.*$/s, "");
}
