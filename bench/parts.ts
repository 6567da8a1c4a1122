/** The parts of the benchmark, in the order of the table. */
import { measureDeciding } from "./deciding.ts";
import { measureGrowth } from "./growth.ts";
import { measureNetwork } from "./network.ts";
import { measureScale } from "./scale.ts";
import { measureSoak } from "./soak.ts";
import { measureStarting } from "./starting.ts";
import { measureSummary } from "./summary.ts";
import type { Part } from "./table.ts";
import { measureWatch } from "./watch.ts";

export const PARTS: readonly Part[] = [
	{
		name: "starting",
		about: "The packaged action in processes of its own, beside an empty script. Medians of 15 starts.",
		measure: measureStarting,
	},
	{
		name: "summary",
		about: "Rendering the job summary of a very large site.",
		measure: measureSummary,
	},
	{
		name: "deciding",
		about:
			"Reading the pending requests and mapping them with 55 patterns. Medians of 5 runs. The original's loop, which fetches the requests and maps them one by one, is in `bench/original.py`.",
		measure: measureDeciding,
	},
	{
		name: "network",
		about: "Round trips that follow one another, on servers in the same process.",
		measure: measureNetwork,
	},
	{
		name: "scale",
		about:
			"One tick that launches on demand, against an endpoint that enforces EC2's token buckets, with three zones in each region and 50 ms per answer. Time is simulated unless the row says otherwise: it passes only for answers and for waits. A bound is what the buckets permit for the calls of the row, to the last launch and to the end. The longest chain is the longest sequence of calls each of which began after the previous one had ended. The other tools' patterns of calls are in `bench/peers.ts`; their throttled calls are repeated until they succeed.",
		measure: measureScale,
	},
	{
		name: "growth",
		about:
			"Processor time by the size of a site. Medians of three; each in a process of its own, except for pending rows. The bound is linear growth, with a quarter more for processor caches, which hold less of a larger size. Pending rows are compared with the database's own count.",
		measure: measureGrowth,
	},
	{
		name: "watch",
		about:
			"Generated days of build requests, with machines that boot in 150 s, build for 25 min, and shut down after 30 idle minutes. A watch ticks sooner than a schedule. It therefore launches machines for requests that a machine about to become free would have served: some more machines, each of which then runs for less time.",
		measure: measureWatch,
	},
	{
		name: "soak",
		about:
			"A simulated week in which watches of 55 min and ticks every 5 min take turns, against EC2 over sockets. Calls are throttled, refused, cut short, or lost, the database fails, runs are killed while they launch, and EC2 takes machines back.",
		measure: measureSoak,
	},
];
