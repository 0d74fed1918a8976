const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Who is to end something before this process ends. */
const listeners = new Set();

function interrupt() {
  if (listeners.size === 0) process.exit(130);
  for (const listener of listeners) listener();
}

/** Has this process end with 130 when it is asked to, at once or once what listens has ended; a process 1, too. */
export function listenToSignals() {
  for (const signal of signals) process.on(signal, interrupt);
}

/** Leaves signals to the program that runs in this process now. */
export function leaveSignals() {
  for (const signal of signals) process.off(signal, interrupt);
}

/** Tells of signals until the function that it gives is called. */
export function onSignal(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
