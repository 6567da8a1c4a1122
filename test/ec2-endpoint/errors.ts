/** A refusal, as EC2 words it: HTTP status, code and message. */
export class Ec2Error extends Error {
	override readonly name = "Ec2Error";
	readonly status: number;
	readonly code: string;

	constructor(code: string, message: string, status = 400) {
		super(message);
		this.status = status;
		this.code = code;
	}
}

/** The refusal of a value that a parameter does not allow. */
export function invalidValue(message: string): Ec2Error {
	return new Ec2Error("InvalidParameterValue", message);
}
