/** The parts of the benchmark, in the order of the table. Each loads what it measures when it runs. */
import type { Part } from "./table.ts";

export const PARTS: readonly Part[] = [
	{
		name: "starting",
		about: "The packaged action in processes of its own, beside an empty script. Medians of 15 starts.",
		measure: async () => (await import("./starting.ts")).measureStarting(),
	},
	{
		name: "summary",
		about: "Rendering the job summary of a very large site.",
		measure: async () => (await import("./summary.ts")).measureSummary(),
	},
	{
		name: "deciding",
		about:
			"Reading the pending requests and mapping them with 55 patterns. Medians of 5 runs. The original's loop, which fetches the requests and maps them one by one, is in `bench/original.py`.",
		measure: async () => (await import("./deciding.ts")).measureDeciding(),
	},
	{
		name: "network",
		about: "Round trips that follow one another, on servers in the same process.",
		measure: async () => (await import("./network.ts")).measureNetwork(),
	},
	{
		name: "scale",
		about:
			"One tick that launches on demand, against an endpoint that enforces EC2's token buckets, with three zones in each region and 50 ms per answer. Time is simulated unless the row says otherwise: it passes only for answers and for waits. A bound is what the buckets permit for the calls of the row, to the last launch and to the end. The longest chain is the longest sequence of calls each of which began after the previous one had ended. The other tools' patterns of calls are in `bench/peers.ts`; their throttled calls are repeated until they succeed.",
		measure: async () => (await import("./scale.ts")).measureScale(),
	},
	{
		name: "growth",
		about:
			"Processor time by the size of a site. Medians of three; each in a process of its own, except for pending rows. The bound is linear growth, with three quarters more for processor caches, which hold less of a larger size. Loading a configuration is measured at the sixth time, since the first ones mostly compile the code. Pending rows are compared with the database's own count, and mapping with a bare loop over the regular expressions, whose machine code outgrows the caches.",
		measure: async () => (await import("./growth.ts")).measureGrowth(),
	},
	{
		name: "watch",
		about:
			"Generated days of build requests, with machines that boot in 150 s, build for 25 min, and shut down after 30 idle minutes. A watch ticks sooner than a schedule. It therefore launches machines for requests that a machine about to become free would have served: some more machines, each of which then runs for less time.",
		measure: async () => (await import("./watch.ts")).measureWatch(),
	},
	{
		name: "replay",
		about: "The command `replay` on a generated history, in a process of its own, with the most memory that it had.",
		measure: async () => (await import("./replay.ts")).measureReplay(),
	},
	{
		name: "soak",
		about:
			"A simulated week in which watches of 55 min and ticks every 5 min take turns, against EC2 over sockets. Calls are throttled, refused, cut short, or lost, the database fails, runs are killed while they launch, and EC2 takes machines back.",
		measure: async () => (await import("./soak.ts")).measureSoak(),
	},
];
