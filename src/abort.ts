/** Waiting that ends with a signal. */

/**
 * Waits for the work until the signal aborts, even if the work never settles.
 * @throws the signal's reason, or the error of the work
 */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	const { promise, reject } = Promise.withResolvers<never>();
	const onAbort = () => reject(signal.reason);
	signal.addEventListener("abort", onAbort, { once: true });
	if (signal.aborted) onAbort();
	try {
		return await Promise.race([work, promise]);
	} finally {
		signal.removeEventListener("abort", onAbort);
	}
}
