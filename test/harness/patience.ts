/** How long tests wait for what happens outside them. */
import { vi } from "vitest";

/** Seconds for what a machine without other work does at once, such as starting a process. */
export const PATIENCE = 30;

/** Waits until it has happened. */
export async function until(hasHappened: () => boolean): Promise<void> {
	await vi.waitUntil(hasHappened, { timeout: PATIENCE * 1000, interval: 10 });
}
