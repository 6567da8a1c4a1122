/** A refusal as EC2 words it. */
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

/**
 * Errors for faults, each with the scope that a client has to respect. Source of the codes: "Error codes for the Amazon
 * EC2 API" in the EC2 API Reference. The messages are those that EC2 is known to send; treat their exact words as unsure.
 */
export const EC2_ERRORS = {
	/** The region: EC2 still validates the account's request for it. */
	pendingVerification: {
		code: "PendingVerification",
		message:
			"Your request for accessing resources in this region is being validated, and you will not be able to launch additional resources in this region until the validation is complete.",
	},
	/** Spot: the account has no service-linked role for it, and the caller may not create one. */
	noSpotServiceRole: {
		status: 403,
		code: "AuthFailure.ServiceLinkedRoleCreationNotPermitted",
		message:
			"The provided credentials do not have permission to create the service-linked role for EC2 Spot Instances.",
	},
	/** Whatever the fault matches: the caller's policy does not allow it. */
	unauthorized: {
		status: 403,
		code: "UnauthorizedOperation",
		message: "You are not authorized to perform this operation. Encoded authorization failure message: example",
	},
	/** The EC2 instance type or the image: EC2 says no more than this. */
	unsupportedConfiguration: {
		code: "Unsupported",
		message:
			"The requested configuration is currently not supported. Please check the documentation for supported configurations.",
	},
	/** The EC2 instance type in one zone of a constrained region. */
	constrainedZone: {
		code: "Unsupported",
		message:
			"The requested Availability Zone is currently constrained and we are no longer accepting new customer requests for this instance type.",
	},
	blocked: { code: "Blocked", message: "This account is currently blocked." },
} as const satisfies Record<string, { readonly status?: number; readonly code: string; readonly message: string }>;
