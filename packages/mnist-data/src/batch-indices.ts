import {
  type RandomKey,
  randomKey,
  randomPermutation,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';

/** How a data set is cut into batches. */
export interface BatchCutting {
  /** The number of examples of a batch, at least 1. */
  batchSize: number;
  /** Whether to leave out the last batch when it is smaller than the others. Default false. */
  dropLast?: boolean;
}

/** How `LabelledDataset.batches` goes through a data set. */
export interface BatchOptions extends BatchCutting {
  /** The seed or the random stream of the order; the same gives the same order. Default: the data set's own. */
  shuffle?: number | RandomKey;
  /** The index of the first batch to make, 0 … batchCount: where a resumed epoch goes on. Default 0. */
  start?: number;
}

/**
 * How many batches {@link batchIndices} makes, when it starts with the first.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` when `batchSize` is no positive integer.
 */
export function batchCount(size: number, { batchSize, dropLast = false }: BatchCutting): number {
  requireNumber('batchSize', batchSize, { integer: true, min: 1 });
  return dropLast ? Math.floor(size / batchSize) : Math.ceil(size / batchSize);
}

/**
 * Which of `size` examples each batch holds, in the order that they are gone through.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT`, at once and not with the first batch, when an option is out of bounds.
 */
export function batchIndices(size: number, options: BatchOptions): Generator<Int32Array, void, undefined> {
  const {
    batchSize,
    shuffle,
    dropLast,
    start = 0,
  } = requireOptions('options', options, 'batches({ batchSize: 128 })');
  const count = batchCount(size, { batchSize, dropLast });
  requireNumber('start', start, { integer: true, min: 0, max: count });
  const key = shuffle === undefined ? undefined : randomKey(shuffle, 'shuffle');
  return (function* () {
    const order = key && randomPermutation(key, size);
    for (let batch = start; batch < count; batch++) {
      const first = batch * batchSize;
      const length = Math.min(batchSize, size - first);
      yield Int32Array.from({ length }, (_, row) => (order === undefined ? first + row : order[first + row]));
    }
  })();
}
