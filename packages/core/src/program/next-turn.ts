/** A way to be called again after a turn of the event loop. */
type Turn = (resolve: () => void) => void;

// Saved now, since fake timers may replace the globals later. Test environments lack some (jsdom the first two), and fake
// timers may be installed before this module: one that never fires is raced against one that cannot be faked.
const later = typeof setImmediate === 'function' ? setImmediate : undefined;
const Channel = typeof MessageChannel === 'function' ? MessageChannel : undefined;
const timer = typeof setTimeout === 'function' ? setTimeout : undefined;

const turns: Turn[] = [];
if (later) turns.push((resolve) => later(resolve));
if (Channel) {
  turns.push((resolve) => {
    const { port1, port2 } = new Channel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
// The last choice: browsers delay a nested setTimeout by 4 ms, but serve a message at once. A fake one might never fire, and
// then there is no turn to wait for: those of Sinon, Jest, and Vitest have a clock, and Jest's older ones are mocks.
const isFake = timer !== undefined && ('clock' in timer || '_isMockFunction' in timer);
if (turns.length === 0 && timer && !isFake) turns.push((resolve) => timer(resolve, 0));

/** Comes back after a turn of the event loop, in which others have worked; at once where there is no way to tell. */
export const nextTurn = async (): Promise<void> => {
  if (turns.length === 0) return;
  await new Promise<void>((resolve) => {
    for (const turn of turns) turn(resolve);
  });
};
