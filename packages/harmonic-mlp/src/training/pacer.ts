import { nextTurn } from '@harmonic-mlp/core/program';
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
    await nextTurn();
    this.#yielded = now();
    this.#last = this.#yielded;
  }
}
