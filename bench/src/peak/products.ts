import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Products on threads of their own, which share nothing. */
export interface Products {
  /** How many times the work of one thread two threads do in the same time, if they have nothing to do with each other. */
  gain(): Promise<number>;
  close(): Promise<void>;
}

/** How long a product shall take: long enough that waking the threads does not show. */
const productMilliseconds = 10;

/** How often one and two take turns. */
const turns = 4;

/** Starts two threads. */
export async function openProducts(): Promise<Products> {
  const threads = [0, 1].map(() => new Worker(new URL('./product-worker.js', import.meta.url)));
  let times = 1000;
  const run = async (count: number): Promise<number> => {
    const chosen = threads.slice(0, count);
    const started = performance.now();
    await Promise.all(
      chosen.map((thread) => {
        thread.postMessage(times);
        return once(thread, 'message');
      }),
    );
    return performance.now() - started;
  };
  // The first calls are not optimized yet.
  for (let i = 0; i < 5; i++) {
    const milliseconds = await run(1);
    times = Math.max(1, Math.round((times * productMilliseconds) / milliseconds));
  }
  return {
    async gain() {
      let [one, two] = [0, 0];
      for (let turn = 0; turn < turns; turn++) {
        one += await run(1);
        two += await run(2);
      }
      return (2 * one) / two;
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}
