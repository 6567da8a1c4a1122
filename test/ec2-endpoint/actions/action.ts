import type { Parameters } from "../parameters.ts";
import type { World, WorldRegion } from "../world.ts";
import type { XmlChildren } from "../xml.ts";

/** What an action knows of a call. */
export interface Call {
	readonly world: World;
	readonly region: WorldRegion;
	readonly parameters: Parameters;
	/** Whether the first page of a filtered listing is empty, as EC2 may answer. */
	readonly emptyPages: boolean;
}

/** One action of EC2. */
export interface Action {
	/** Every parameter of the action; `#` stands for a list position. */
	readonly parameters: ReadonlySet<string>;
	/**
	 * Takes effect and returns the answer.
	 * @throws Ec2Error
	 */
	perform(call: Call): XmlChildren;
}

/** The parameters of a listing with filters and pages. `DryRun` is answered before the action is performed. */
export const listing: readonly string[] = ["DryRun", "Filter.#.Name", "Filter.#.Value.#", "MaxResults", "NextToken"];
