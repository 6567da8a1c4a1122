import { join } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that wait longest for servers and processes. Last of all, they would run while the other cores have nothing to do. */
const SLOWEST = [
	"faults/faults",
	"e2e/watch",
	"e2e/stalls",
	"e2e/signals",
	"e2e/killed",
	"e2e/lock",
	"adapters/buildbot/connection",
].map((name) => join("test", `${name}.test.ts`));

/** Starts the slowest files first, also where no earlier run has measured them. */
export class SlowestFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const rank = ({ moduleId }: TestSpecification) => {
			const index = SLOWEST.findIndex((name) => moduleId.endsWith(name));
			return index === -1 ? SLOWEST.length : index;
		};
		return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
	}
}
