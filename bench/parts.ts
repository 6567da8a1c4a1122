/** The parts of the benchmark. */
import { measureGrowth } from "./growth.ts";
import { measureScale } from "./scale.ts";
import { measureWatch } from "./watch.ts";
import type { Part } from "./table.ts";

export const PARTS: readonly Part[] = [
	{ name: "scale", about: "x", measure: measureScale },
	{ name: "growth", about: "x", measure: measureGrowth },
	{ name: "watch", about: "x", measure: measureWatch },
];
