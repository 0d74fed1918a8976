import { ExitCode } from './exit-code';

/** Some shells and package managers forward a Ctrl-C that the terminal has already sent to their child; in ms. */
const echo = 1000;

/** The signals that ask this process to end. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How to interrupt the work in progress. */
const active = new Set<(signal?: NodeJS.Signals) => void>();

/**
 * Makes the process exit with 130 on these signals, at once unless some work is in progress that must be interrupted in an
 * orderly way. Without a listener, a process with ID 1, as in a container, would ignore them.
 */
export function exitOnSignals(): void {
  for (const signal of signals) {
    // The launcher that runs this program in its own process has listened until now.
    process.removeAllListeners(signal);
    process.on(signal, () => {
      if (active.size === 0) process.exit(ExitCode.interrupted);
      for (const interrupt of active) interrupt(signal);
    });
  }
}

/** Interrupts the work in progress as Ctrl-C would, but silently; returns whether there was any. */
export function interruptAll(): boolean {
  for (const interrupt of active) interrupt();
  return active.size > 0;
}

/**
 * Turns Ctrl-C, a termination request or a closed terminal into an abort signal, so that the work can stop after its current
 * step and be saved. A second Ctrl-C, at least a second later, ends the process at once; other signals may arrive from several
 * sides, and never end it while it is saving.
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
