import {
  type KnownOptions,
  type RandomKey,
  randomKey,
  randomPermutation,
  requireNumber,
  requireOptions,
} from '@harmonic-mlp/core';

/** How a data set is divided into batches. */
export interface BatchCutting {
  /** The number of examples in a batch, at least 1. */
  batchSize: number;
  /** Whether to drop the last batch if it is smaller than the others. Default false. */
  dropLast?: boolean;
}

/** The order of the examples in an epoch. */
export interface OrderOptions {
  /** The seed or random stream of the order; the same one gives the same order. Default: the data set's own order. */
  shuffle?: number | RandomKey;
  /** The epoch that the order is for. Ignored: `shuffle` alone decides. */
  epoch?: number;
}

/** How `LabeledDataset.batches` iterates over a data set. */
export interface BatchOptions extends BatchCutting, OrderOptions {
  /** The index of the first batch to make, 0 … batchCount: where a resumed epoch continues. Default 0. */
  start?: number;
  /** The signal that aborts the run. Ignored: a data set in memory never waits. */
  signal?: AbortSignal;
}

const cutting: KnownOptions<BatchCutting> = { batchSize: true, dropLast: true };
const ordering: KnownOptions<OrderOptions> = { shuffle: true, epoch: true };
const batching: KnownOptions<BatchOptions> = { ...cutting, ...ordering, start: true, signal: true };

/**
 * The number of batches that {@link batchIndices} makes when it starts with the first.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` unless `batchSize` is a positive integer.
 */
export function batchCount(size: number, options: BatchCutting): number {
  const { batchSize, dropLast } = requireOptions(
    'options',
    options,
    'batchCount({ batchSize: 128 })',
    cutting,
  );
  requireNumber('batchSize', batchSize, { integer: true, min: 1 });
  return dropLast ? Math.floor(size / batchSize) : Math.ceil(size / batchSize);
}

/**
 * The indices of `size` examples in the order of an epoch.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` unless `shuffle` is a seed or a random key.
 */
export function epochOrder(size: number, options?: OrderOptions): Int32Array {
  const { shuffle } = requireOptions('options', options, 'order({ shuffle: true })', ordering);
  if (shuffle === undefined) return Int32Array.from({ length: size }, (_, index) => index);
  return new Int32Array(randomPermutation(randomKey(shuffle, 'shuffle'), size));
}

/**
 * The indices in each batch of `size` examples: consecutive slices of {@link epochOrder}.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` if an option is out of bounds: immediately, not with the first batch.
 */
export function batchIndices(size: number, options: BatchOptions): Generator<Int32Array, void, undefined> {
  const {
    batchSize,
    dropLast,
    shuffle,
    start = 0,
  } = requireOptions('options', options, 'batches({ batchSize: 128 })', batching);
  const count = batchCount(size, { batchSize, dropLast });
  requireNumber('start', start, { integer: true, min: 0, max: count });
  if (shuffle !== undefined) randomKey(shuffle, 'shuffle');
  return (function* () {
    const order = epochOrder(size, { shuffle });
    for (let batch = start; batch < count; batch++) {
      yield order.slice(batch * batchSize, (batch + 1) * batchSize);
    }
  })();
}
