/** Waiting between the requests to a service. */

/** Milliseconds since some moment, and a way to wait. */
export interface Timer {
	now(): number;
	sleep(milliseconds: number): Promise<void>;
}

export const realTimer: Timer = {
	now: () => performance.now(),
	sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
};
