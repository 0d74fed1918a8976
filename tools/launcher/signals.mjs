const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Listeners that have something to end before this process ends. */
const listeners = new Set();

function interrupt() {
  if (listeners.size === 0) process.exit(130);
  for (const listener of listeners) listener();
}

/**
 * Makes this process exit with 130 when asked to, immediately or once the listeners have finished; also works for process 1.
 */
export function listenToSignals() {
  for (const signal of signals) process.on(signal, interrupt);
}

/** Leaves signals to the program that now runs in this process. */
export function leaveSignals() {
  for (const signal of signals) process.off(signal, interrupt);
}

/** Calls the listener on signals until the returned function is called. */
export function onSignal(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
