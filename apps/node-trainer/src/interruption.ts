import { ExitCode } from './exit-code';

/** Some shells and package managers pass a Ctrl-C on that the terminal has sent to their child already. */
const echo = 1000;

/** What is to be told of an interruption now. */
const active = new Set<AbortController>();

/** Has what can be interrupted end as Ctrl-C would, without a word; whether there was anything. */
export function interruptAll(): boolean {
  for (const controller of active) controller.abort();
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
  const handle = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      first = now;
      onFirst();
      controller.abort();
    } else if (signal === 'SIGINT' && now - first > echo) {
      process.exit(ExitCode.interrupted);
    }
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, handle);
  active.add(controller);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of names) process.off(name, handle);
      active.delete(controller);
    },
  };
}
