/** A machine whose clock is wrong: EC2's clock counts. */
import { describe, expect, it } from "vitest";
import { QUERY, useCloud } from "./cloud.ts";

const cloud = useCloud();
const priceTimes = () => cloud.calls("DescribeSpotPriceHistory").map(({ flat }) => Date.parse(flat["StartTime"] ?? ""));

describe("reading a region", () => {
	it.each([0, 600, -600, 86_400])("measures that EC2's clock is %i seconds behind", async (skew) => {
		cloud.skew = skew;
		expect((await cloud.read()).clockOffset).toBe(-skew || 0);
	});

	it.each([120, -120, 86_400])("reads prices by EC2's clock if the own is off by %i seconds", async (skew) => {
		cloud.skew = skew;
		cloud.world.setSpotPrice("us-west-2", "c6i.xlarge", 0.07);
		const { spotPrices } = await cloud.read();
		expect(new Set(spotPrices.map(({ price }) => price))).toEqual(new Set([0.07]));
		expect(priceTimes().map((time) => time / 1000)).toEqual([cloud.now(), cloud.world.now()]);
	});

	it("reads prices once if the clocks differ by up to a minute", async () => {
		cloud.skew = 60;
		await cloud.read();
		expect(priceTimes()).toHaveLength(1);
	});

	it("reads prices again after a refusal of the wrong time", async () => {
		cloud.skew = 600;
		cloud.endpoint.faults.add({
			action: "DescribeSpotPriceHistory",
			times: 1,
			error: { code: "InvalidParameterValue", message: "The start time is in the future" },
		});
		await expect(cloud.read()).resolves.toMatchObject({ clockOffset: -600 });
	});

	it("reads prices by EC2's clock at once if it is known", async () => {
		cloud.skew = 600;
		const opened = cloud.open();
		await cloud.read(QUERY, opened);
		await cloud.read(QUERY, opened);
		expect(priceTimes().map((time) => time / 1000)).toEqual([cloud.now(), cloud.world.now(), cloud.world.now()]);
	});
});

describe("a signature of the wrong time", () => {
	it.each(["RequestExpired", "AuthFailure", "SignatureDoesNotMatch"] as const)(
		"refused with %s is corrected, once",
		async (code) => {
			// The endpoint's clock stands years before this machine's.
			await cloud.start({}, { signatureClock: { code } });
			expect(await cloud.launch()).toMatchObject({ refusal: null, launched: [{}, {}, {}] });
			expect(cloud.calls("RunInstances").map(({ outcome }) => outcome)).toEqual([code, "ok"]);
		},
	);

	it("is retried at most once if the session has expired", async () => {
		cloud.endpoint.faults.add({ action: "RunInstances", error: { code: "RequestExpired" } });
		const opened = cloud.open();
		await cloud.read(QUERY, opened);
		expect((await cloud.launch({}, 240, opened)).refusal).toMatchObject({ kind: "stop-all", scope: "account" });
		expect(cloud.calls("RunInstances").length).toBeLessThanOrEqual(2);
	});
});
