import { availableParallelism } from 'node:os';

/** One thread, two, and all, as far as there are processors. */
export const threadCounts = [...new Set([1, 2, availableParallelism()])].filter(
  (count) => count <= availableParallelism(),
);

export const nameThreads = (count: number) => (count === 1 ? '1 thread' : `${count} threads`);
