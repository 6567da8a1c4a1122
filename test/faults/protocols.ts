/** What the servers of the fault matrix send. Refusals and garbage repeat every secret, as careless servers do. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TLS } from "../harness/database-server.ts";
import { GARBAGE, type Protocol } from "../harness/faulty-server.ts";

/** The secrets of every row. None may appear in any output. */
export const SECRETS = {
	awsKey: "matrixAwsKey/Xtn+FEMIbPx",
	awsToken: "matrixAwsToken//b3JpZ2lu==",
	githubToken: "ghs_matrixGithubToken",
	password: "matrixPassword-0c9a",
};
/** What AWS and other services could repeat. Only the URL of a database contains the password. */
export const REPEATED = [SECRETS.awsKey, SECRETS.awsToken, SECRETS.githubToken].join(" ");
const NOISE = Buffer.concat([GARBAGE, Buffer.from(REPEATED)]);

function http(status: string, body: Buffer, length = body.length): Buffer {
	const head = `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n`;
	return Buffer.concat([Buffer.from(head), body]);
}

export const HTTP: Protocol = {
	start: http("200 OK", Buffer.from("["), 1_000_000),
	drop: Buffer.from(" "),
	garbage: http("200 OK", NOISE),
	denied: http("403 Forbidden", Buffer.from(JSON.stringify({ message: `Forbidden: ${REPEATED}` }))),
};

export const HTTPS: Protocol = {
	...HTTP,
	tls: { key: readFileSync(join(TLS, "server.key"), "utf8"), cert: readFileSync(join(TLS, "server.crt"), "utf8") },
};

const DATABASE_NOISE = Buffer.concat([GARBAGE, Buffer.from(SECRETS.password)]);

/** Source: MySQL Internals Manual, "MySQL Packets" and "ERR_Packet". */
export const MYSQL: Protocol = {
	serverFirst: true,
	start: Buffer.from([0xff, 0xff, 0, 0, 10]),
	drop: Buffer.from("8"),
	garbage: DATABASE_NOISE,
	denied: mysqlPacket(
		Buffer.concat([
			Buffer.from([0xff, 1045 & 0xff, 1045 >> 8]),
			Buffer.from(`#28000Access denied for user 'buildbot' (${SECRETS.password})`),
		]),
	),
};

function mysqlPacket(payload: Buffer): Buffer {
	const header = Buffer.alloc(4);
	header.writeUIntLE(payload.length, 0, 3);
	return Buffer.concat([header, payload]);
}

/** Source: PostgreSQL's documentation, "Message Formats" and "Error and Notice Message Fields". */
export const POSTGRESQL: Protocol = {
	start: Buffer.from([0x52, 0, 0, 0xff, 0xff, 0]),
	drop: Buffer.from("8"),
	garbage: DATABASE_NOISE,
	denied: postgresqlMessage(
		"E",
		`SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "buildbot" (${SECRETS.password})\0\0`,
	),
};

function postgresqlMessage(kind: string, fields: string): Buffer {
	const length = Buffer.alloc(4);
	length.writeUInt32BE(4 + Buffer.byteLength(fields));
	return Buffer.concat([Buffer.from(kind), length, Buffer.from(fields)]);
}

/** Graphite acknowledges by closing the connection, and can't deny anything. */
export const GRAPHITE: Protocol = {
	start: Buffer.from("x"),
	drop: Buffer.from("x"),
	garbage: NOISE,
	denied: Buffer.alloc(0),
};
