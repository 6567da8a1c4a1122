/** Client tokens: "Ensuring idempotency in Amazon EC2 API requests" in the EC2 Developer Guide. */
import { afterEach, expect, it } from "vitest";
import { closeAll, codeOf, launch, setting } from "./setting.ts";

afterEach(closeAll);

const command = (MaxCount = 3) => launch({ ClientToken: "t", MaxCount });

it("returns the first result in its present state while some of the instances have died", async () => {
	const { client, world } = await setting({ deaths: [{ cause: "Server.InternalError", times: 2 }] });
	const first = await client.send(command());
	const second = await client.send(command());
	expect(second.ReservationId).toBe(first.ReservationId);
	expect(second.Instances?.map(({ State }) => State?.Name)).toEqual(["terminated", "terminated", "pending"]);
	expect(world.instances()).toHaveLength(3);
});

// The error code is documented. When EC2 uses it instead of the first result is unsure: a world can have either.
it.each([
	[true, "IdempotentInstanceTerminated"],
	[false, "none"],
])(
	"with all instances dead and forgetsTerminatedLaunches %s, answers %s and launches nothing",
	async (forgets, code) => {
		const deaths = [{ cause: "Server.InternalError" }] as const;
		const { client, world } = await setting({ deaths }, { forgetsTerminatedLaunches: forgets });
		await client.send(command());
		const again = client.send(command());
		if (code === "none") expect((await again).Instances).toHaveLength(3);
		else expect(await codeOf(again)).toBe(code);
		expect(world.instances()).toHaveLength(3);
	},
);

it("refuses other parameters with the token, and forgets a refusal", async () => {
	const { client, world } = await setting({ quotas: { instances: 2 } });
	expect(await codeOf(client.send(command(3)))).toBe("InstanceLimitExceeded");
	expect((await client.send(command(2))).Instances).toHaveLength(2);
	world.region("us-west-2").quotas = {};
	expect(await codeOf(client.send(command(3)))).toBe("IdempotentParameterMismatch");
	expect(world.instances()).toHaveLength(2);
});
