import { ExitCode } from './exit-code';

/** Some shells and package managers pass a Ctrl-C on that the terminal has sent to their child already. */
const echo = 1000;

/** What asks this process to end. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What is to end in order now. */
const active = new Set<(signal?: NodeJS.Signals) => void>();

/**
 * Has the process end at once, with 130, whenever it is asked to while there is nothing to end in order; from now on, so
 * that a request is followed by a process 1 as well, which otherwise would not even be told of it.
 */
export function exitOnSignals(): void {
  for (const signal of signals) {
    // Whoever started this program in its process has listened until now.
    process.removeAllListeners(signal);
    process.on(signal, () => {
      if (active.size === 0) process.exit(ExitCode.interrupted);
      for (const interrupt of active) interrupt(signal);
    });
  }
}

/** Has what can be interrupted end as Ctrl-C would, without a word; whether there was anything. */
export function interruptAll(): boolean {
  for (const interrupt of active) interrupt();
  return active.size > 0;
}

/**
 * Turns Ctrl-C (and a termination request, and a closed terminal) into an abort signal, so that the work can end after
 * its current step and be saved. A second Ctrl-C, at least a second later, ends the process at once; other signals may come
 * from several sides, and never end it while it saves.
 */
export function abortOnInterrupt(onFirst: () => void): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  let first = 0;
  const interrupt = (signal?: NodeJS.Signals) => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      first = now;
      if (signal !== undefined) onFirst();
      controller.abort();
    } else if (signal === 'SIGINT' && now - first > echo) {
      process.exit(ExitCode.interrupted);
    }
  };
  active.add(interrupt);
  return { signal: controller.signal, release: () => active.delete(interrupt) };
}
