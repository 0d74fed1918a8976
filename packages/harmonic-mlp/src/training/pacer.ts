import { now } from './now';

/**
 * Yields to the event loop often enough to keep signals, timers, and a page responsive while a synchronous backend computes.
 * Call `await pacer.turn()` between two pieces of work: it yields if the next piece, should it take as long as the last one,
 * would exceed the limit.
 */
export class Pacer {
  readonly #limit: number;
  #yielded = now();
  #last = this.#yielded;

  /** @param limit the longest time without a turn of the event loop, in milliseconds. */
  constructor(limit = 50) {
    this.#limit = limit;
  }

  /** Ends a piece of work; a promise only if a turn is due. */
  turn(): Promise<void> | undefined {
    const time = now();
    const piece = time - this.#last;
    this.#last = time;
    return time - this.#yielded + piece <= this.#limit ? undefined : this.#yield();
  }

  async #yield(): Promise<void> {
    await macrotask();
    this.#yielded = now();
    this.#last = this.#yielded;
  }
}

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

const macrotask = async (): Promise<void> => {
  if (turns.length === 0) return;
  await new Promise<void>((resolve) => {
    for (const turn of turns) turn(resolve);
  });
};
