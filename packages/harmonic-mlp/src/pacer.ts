/**
 * Gives the event loop its turn often enough for signals, timers and a page to be served while a synchronous backend
 * computes. `await pacer.turn()` between two pieces of work: it yields when the next piece, if it takes as long as the
 * last one, would go past the limit.
 */
export class Pacer {
  readonly #limit: number;
  #yielded = performance.now();
  #last = this.#yielded;

  /** @param limit the longest time without a turn of the event loop, in milliseconds. */
  constructor(limit = 50) {
    this.#limit = limit;
  }

  async turn(): Promise<void> {
    const now = performance.now();
    const piece = now - this.#last;
    this.#last = now;
    if (now - this.#yielded + piece <= this.#limit) return;
    await macrotask();
    this.#yielded = performance.now();
    this.#last = this.#yielded;
  }
}

// Browsers hold a nested setTimeout back for 4 ms; a message is served at once.
const macrotask: () => Promise<void> =
  typeof setImmediate === 'function'
    ? () => new Promise((resolve) => setImmediate(resolve))
    : () =>
        new Promise((resolve) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => {
            port1.close();
            resolve();
          };
          port2.postMessage(null);
        });
