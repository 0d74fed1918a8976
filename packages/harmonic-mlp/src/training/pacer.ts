import { now } from './now';

/**
 * Gives the event loop its turn often enough for signals, timers and a page to be served while a synchronous backend
 * computes. `await pacer.turn()` between two pieces of work: it yields when the next piece, if it takes as long as the
 * last one, would go past the limit.
 */
export class Pacer {
  readonly #limit: number;
  #yielded = now();
  #last = this.#yielded;

  /** @param limit the longest time without a turn of the event loop, in milliseconds. */
  constructor(limit = 50) {
    this.#limit = limit;
  }

  async turn(): Promise<void> {
    const time = now();
    const piece = time - this.#last;
    this.#last = time;
    if (time - this.#yielded + piece <= this.#limit) return;
    await macrotask();
    this.#yielded = now();
    this.#last = this.#yielded;
  }
}

/** Ways to be called again once the event loop has had its turn. */
type Turn = (resolve: () => void) => void;

// Taken now, since fake timers replace the globals later. Test environments lack some (jsdom the first two), and fake
// timers may be there before this module: what never fires is raced against what cannot be faked.
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
// The last choice: browsers hold a nested setTimeout back for 4 ms, where a message is served at once. A fake one might never
// fire, and then there is no turn to wait for: Sinon, Jest and Vitest give theirs a clock, Jest's older ones are mocks.
const isFake = timer !== undefined && ('clock' in timer || '_isMockFunction' in timer);
if (turns.length === 0 && timer && !isFake) turns.push((resolve) => timer(resolve, 0));

const macrotask = async (): Promise<void> => {
  if (turns.length === 0) return;
  await new Promise<void>((resolve) => {
    for (const turn of turns) turn(resolve);
  });
};
