/** Waiting in a run that watches. */

/** Waits, and ends early if the signal aborts. Leaves neither a timer nor a listener behind. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
	if (signal.aborted) return Promise.resolve();
	return new Promise((done) => {
		const end = () => {
			clearTimeout(timer);
			signal.removeEventListener("abort", end);
			done();
		};
		const timer = setTimeout(end, milliseconds);
		signal.addEventListener("abort", end, { once: true });
	});
}

/** Calls `body` once, without keeping the process alive. Returns a function that prevents it. */
export function after(milliseconds: number, body: () => void): () => void {
	const timer = setTimeout(body, milliseconds).unref();
	return () => clearTimeout(timer);
}
