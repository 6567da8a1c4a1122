import type { Action } from "./action.ts";
import { createTags, describeInstances, terminateInstances } from "./instances.ts";
import { describeLaunchTemplateVersions } from "./launch-templates.ts";
import { describeImages, describeSubnets } from "./places.ts";
import { runInstances } from "./run-instances.ts";
import { describeSpotInstanceRequests, describeSpotPriceHistory } from "./spot.ts";

/** The actions that the endpoint knows, by name. */
export const actions: ReadonlyMap<string, Action> = new Map([
	["CreateTags", createTags],
	["DescribeImages", describeImages],
	["DescribeInstances", describeInstances],
	["DescribeLaunchTemplateVersions", describeLaunchTemplateVersions],
	["DescribeSpotInstanceRequests", describeSpotInstanceRequests],
	["DescribeSpotPriceHistory", describeSpotPriceHistory],
	["DescribeSubnets", describeSubnets],
	["RunInstances", runInstances],
	["TerminateInstances", terminateInstances],
]);
