/** How long things take, in milliseconds. The defaults suit trials of minutes; tests shorten them. */
export interface Timing {
  /**
   * How long a worker's lock on a trial lasts without renewal, default 60,000. If a worker dies, another takes its trial over
   * after at most this and `stalledCheck`. A server that is away for less costs no work.
   */
  lock: number;
  /** How often workers look for trials whose lock has expired, default 30,000. */
  stalledCheck: number;
  /** How often the coordinator looks for news that no message announced, default 5000. */
  poll: number;
  /** How long to wait before trying again what the server refused, or a connection, default 5000 at most. */
  retry: number;
  /** How long an interrupted worker waits for its trials to end, and a program for a server that does not answer, default 10,000. */
  grace: number;
  /** How long trials wait before the coordinator says that no worker is connected, default 15,000. */
  alone: number;
}

/** The defaults. */
export const defaultTiming: Timing = {
  lock: 60_000,
  stalledCheck: 30_000,
  poll: 5000,
  retry: 5000,
  grace: 10_000,
  alone: 15_000,
};

/** How long Redis keeps what a sweep never removed: a week, in seconds. */
export const keptSeconds = 7 * 24 * 3600;
