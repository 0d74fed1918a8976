import { HarmonicError } from '@harmonic-mlp/core';
import { concat, dispose } from '@tensorflow/tfjs-core';
import { type Batch, type BatchRequest, type BatchSource, checkedBatches } from './batch-source';

/** How an epoch is cut into batches. */
export interface EpochCutting {
  batchSize: number;
  /** Whether a short last batch is left out. */
  dropLast: boolean;
  /** Whether a batch must have two examples, as batch normalisation needs. */
  needsTwo: boolean;
}

/**
 * The number of batches in an epoch.
 *
 * @throws {HarmonicError} `INVALID_SHAPE` or `INVALID_ARGUMENT` when some batch would be of one example where it must have two.
 */
export function stepsPerEpoch({ size }: BatchSource, cutting: EpochCutting): number {
  const { batchSize, dropLast, needsTwo } = cutting;
  if (needsTwo && size === 1) {
    throw new HarmonicError(
      'INVALID_SHAPE',
      'The data set has one example, and batch normalisation cannot train on one: its variance is undefined. Give at least two examples, or make the model without hidden layers.',
    );
  }
  if (needsTwo && batchSize === 1) {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `batchSize 1 makes batches of one example out of ${size}, and batch normalisation cannot train on one: its variance is undefined. Choose a batchSize of at least 2.`,
    );
  }
  if (dropLast || joinsLast(size, cutting)) return Math.max(1, Math.floor(size / batchSize));
  return Math.ceil(size / batchSize);
}

/** Whether one example is left over that joins the batch before it. */
const joinsLast = (size: number, { batchSize, dropLast, needsTwo }: EpochCutting): boolean =>
  needsTwo && !dropLast && size > batchSize && size % batchSize === 1;

/**
 * The batches of an epoch from a step on, in which a last example by itself joins the batch before it, or a short last
 * batch is left out. Whoever takes a batch disposes it; the generator gives back what it holds.
 *
 * @throws {HarmonicError} `INVALID_DATA` when the source ends before the last example, or gives what is no batch.
 */
export async function* epochBatches(
  source: BatchSource,
  request: BatchRequest & { start: number },
  cutting: EpochCutting,
): AsyncGenerator<Batch, void, undefined> {
  const steps = stepsPerEpoch(source, cutting);
  const joins = joinsLast(source.size, cutting);
  let step = request.start;
  if (step >= steps) return;
  let held: Batch | undefined;
  try {
    for await (const batch of checkedBatches(source, request)) {
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
    if (held !== undefined && !request.signal?.aborted) {
      throw new HarmonicError(
        'INVALID_DATA',
        `The data set gave ${steps} batches, but ${source.size} examples in batches of ${cutting.batchSize} make ${steps + 1}: the last one, of one example, is missing.`,
      );
    }
  } finally {
    if (held !== undefined) dispose([held.inputs, held.labels]);
  }
}

/** Two batches as one; they are disposed. */
function join(first: Batch, second: Batch): Batch {
  const parts = [first, second];
  try {
    return {
      inputs: concat(parts.map(({ inputs }) => inputs)),
      labels: concat(parts.map(({ labels }) => labels)),
      size: first.size + second.size,
    };
  } finally {
    for (const { inputs, labels } of parts) dispose([inputs, labels]);
  }
}
