import { HarmonicError, option } from '@harmonic-mlp/core';
import { concat } from '@tensorflow/tfjs-core';
import {
  type BatchForm,
  type BatchRequest,
  checkedBatches,
  disposeBatch,
  type ExampleSource,
  type Examples,
  tensorsOf,
} from './batch-source';
import { type EpochBatch, madeBatch, RowBatch, type RowSource } from './epoch-batch';

/** How an epoch is divided into batches. */
export interface EpochCutting {
  batchSize: number;
  /** Whether to leave out a short last batch. */
  dropLast: boolean;
  /** The fewest examples that a batch must have: 1, or 2 as batch normalization needs. */
  smallestBatch: number;
}

/**
 * The number of batches in an epoch.
 *
 * @throws {HarmonicError} `INVALID_SHAPE` or `INVALID_ARGUMENT` if a batch would have one example where it needs two.
 */
export function stepsPerEpoch({ size }: { size: number }, cutting: EpochCutting): number {
  const { batchSize, dropLast, smallestBatch } = cutting;
  const needsTwo = smallestBatch > 1;
  if (needsTwo && size === 1) {
    throw new HarmonicError('INVALID_SHAPE', {
      argument: 'size',
      value: size,
      allowed: 'at least 2',
      problem:
        'The data set has one example, and batch normalization cannot train on one: its variance is undefined.',
      fix: 'Use at least two examples, or make the model without hidden layers.',
    });
  }
  if (needsTwo && batchSize === 1) {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument: 'batchSize',
      value: batchSize,
      allowed: 'at least 2',
      problem: `${option('batchSize')} 1 makes batches of one example out of ${size}, and batch normalization cannot train on one: its variance is undefined.`,
      fix: `Choose a ${option('batchSize')} of at least 2.`,
    });
  }
  if (dropLast || joinsLast(size, cutting)) return Math.max(1, Math.floor(size / batchSize));
  return Math.ceil(size / batchSize);
}

/** Whether a single example is left over, which joins the batch before it. */
const joinsLast = (size: number, { batchSize, dropLast, smallestBatch }: EpochCutting): boolean =>
  smallestBatch > 1 && !dropLast && size > batchSize && size % batchSize === 1;

/**
 * The batches of an epoch from a step on. A single example that is left over joins the batch before it, or a short last batch
 * is left out. The consumer disposes each batch; the generator disposes what it still holds.
 *
 * @throws {HarmonicError} `INVALID_DATA` if the source gives the wrong number of batches, or something that is not a batch.
 */
export async function* epochBatches<B extends Examples>(
  source: ExampleSource<B>,
  request: BatchRequest & { start: number },
  cutting: EpochCutting,
  form: BatchForm<B>,
): AsyncGenerator<B, void, undefined> {
  const steps = stepsPerEpoch(source, cutting);
  const joins = joinsLast(source.size, cutting);
  let step = request.start;
  if (step >= steps) return;
  let held: B | undefined;
  try {
    for await (const batch of checkedBatches(source, request, form)) {
      if (held !== undefined) {
        const before = held;
        held = undefined;
        yield join(before, batch);
        continue;
      }
      step += 1;
      if (joins && step === steps && batch.size === cutting.batchSize) {
        held = batch;
        continue;
      }
      yield batch;
      if (cutting.dropLast && step === steps) return;
    }
    if (request.signal?.aborted || (held === undefined && step === steps)) return;
    const whole = joins ? steps + 1 : steps;
    throw new HarmonicError('INVALID_DATA', {
      argument: 'batches',
      value: step,
      allowed: String(whole),
      problem: `The data set gave ${step} batches, but ${source.size} examples in batches of ${cutting.batchSize} make ${whole}${held === undefined ? '' : ': the last one, of one example, is missing'}.`,
      fix: 'Have batches() give all examples, those of a smaller last batch too.',
    });
  } finally {
    if (held !== undefined) disposeBatch(held);
  }
}

/**
 * The batches of an epoch, as {@link epochBatches} has them; made of rows, if the source offers that, and then there is nothing to
 * wait for.
 */
export const epochSteps = <B extends Examples>(
  source: ExampleSource<B>,
  request: BatchRequest & { start: number },
  cutting: EpochCutting,
  form: BatchForm<B>,
): EpochSteps<B> =>
  offersRows(source) ? batchesOfRows(source, request, cutting) : madeBatches(source, request, cutting, form);

/** The batches of an epoch, one for each step. */
export type EpochSteps<B extends Examples> = Iterable<EpochBatch<B>> | AsyncIterable<EpochBatch<B>>;

/** All batches of a source, in its order; made of rows, if it offers that. */
export const batchesInOrder = <B extends Examples>(
  source: ExampleSource<B>,
  request: { batchSize: number; signal?: AbortSignal | undefined },
  form: BatchForm<B>,
): EpochSteps<B> =>
  offersRows(source)
    ? batchesOfRows(source, { ...request, start: 0 }, { ...request, dropLast: false, smallestBatch: 1 })
    : givenBatches(source, request, form);

async function* givenBatches<B extends Examples>(
  ...given: Parameters<typeof checkedBatches<B>>
): AsyncGenerator<EpochBatch<B>, void, undefined> {
  for await (const batch of checkedBatches(...given)) yield madeBatch(batch);
}

async function* madeBatches<B extends Examples>(
  ...given: Parameters<typeof epochBatches<B>>
): AsyncGenerator<EpochBatch<B>, void, undefined> {
  for await (const batch of epochBatches(...given)) yield madeBatch(batch);
}

function* batchesOfRows<B extends Examples>(
  source: OrderedRows<B>,
  request: BatchRequest & { start: number },
  cutting: EpochCutting,
): Generator<EpochBatch<B>, void, undefined> {
  const steps = stepsPerEpoch(source, cutting);
  const { shuffle, epoch } = request;
  const order = source.order({ shuffle, epoch });
  const endOf = (step: number) =>
    step === steps && !cutting.dropLast ? source.size : Math.min(source.size, step * cutting.batchSize);
  for (let step = request.start; step < steps; step++) {
    if (request.signal?.aborted) return;
    yield new RowBatch(source, order.subarray(step * cutting.batchSize, endOf(step + 1)), { epoch });
  }
}

/** A source that offers batches of rows, and the order in which an epoch takes them. */
type OrderedRows<B extends Examples> = ExampleSource<B> &
  RowSource<B> &
  Required<Pick<ExampleSource<B>, 'order'>>;

/** Whether batches can be made of rows of a source, and are what its `batches` gives: not if only that has been overridden. */
function offersRows<B extends Examples>(source: ExampleSource<B>): source is OrderedRows<B> {
  const ownerOf = (name: keyof ExampleSource<B>) => {
    let at: object | null = source;
    while (at !== null && !Object.hasOwn(at, name)) at = Object.getPrototypeOf(at);
    return at;
  };
  const owner = ownerOf('batches');
  const isOwn = (name: keyof ExampleSource<B>) => ownerOf(name) === owner;
  return owner !== null && isOwn('order') && isOwn('batch') && (isOwn('gather') || isOwn('tensors'));
}

/** Joins two batches and disposes them. */
function join<B extends Examples>(first: B, second: B): B {
  try {
    const others = new Map(tensorsOf(second));
    const joined = tensorsOf(first).map(([name, tensor]) => [name, concat([tensor, others.get(name)!])]);
    return { ...first, ...Object.fromEntries(joined), size: first.size + second.size };
  } finally {
    disposeBatch(first);
    disposeBatch(second);
  }
}
