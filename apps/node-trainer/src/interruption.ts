import { ExitCode } from './exit-code';

/** Some shells and package managers pass a Ctrl-C on that the terminal has sent to their child already. */
const echo = 1000;

/**
 * Turns Ctrl-C (and a termination request, and a closed terminal) into an abort signal, so that the work can end after
 * its current step and be saved. A second Ctrl-C, at least a second later, ends the process at once.
 */
export function abortOnInterrupt(onFirst: () => void): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  let first = 0;
  const handle = () => {
    const now = performance.now();
    if (!controller.signal.aborted) {
      first = now;
      onFirst();
      controller.abort();
    } else if (now - first > echo) {
      process.exit(ExitCode.interrupted);
    }
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, handle);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of names) process.off(name, handle);
    },
  };
}
