import { HarmonicError, randomPermutation } from '@harmonic-mlp/core';
import { floatPrecision } from '@harmonic-mlp/freq-optimizer';
import { dispose } from '@tensorflow/tfjs-core';
import type { Batch, BatchRequest, BatchSource } from './batch-source';

/** The largest input to compute with: the largest number of 16 bits; of 32 bits the largest whose square, of which variances are made, is finite. */
const largest = (): number => (floatPrecision() === 16 ? 65504 : 1.8e19);

/** A value that nothing can be computed with, and where it is. */
interface Unusable {
  /** Of its batch, counted from 0. */
  batch: number;
  /** The example in the batch, counted from 0. */
  row: number;
  /** The input, counted from 0; undefined for a label. */
  feature?: number;
  value: number;
}

/**
 * Looks through batches, which it disposes, for an input that is not finite, or too large for the backend's floats, and for
 * a label that is no class.
 *
 * @param count how many batches to look through.
 * @returns an error to throw, or undefined where all are right.
 */
export async function findUnusableData(
  source: BatchSource,
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  {
    request,
    count,
    classes,
    nameOf,
  }: {
    request: BatchRequest & { start: number };
    count: number;
    classes: number;
    /** What a batch is called, by its number from 0. */
    nameOf: (batch: number) => string;
  },
): Promise<HarmonicError | undefined> {
  let number = request.start;
  for await (const batch of batches) {
    const found = await findIn(batch, classes);
    if (found !== undefined) return errorFor({ batch: number, ...found }, source, request, classes, nameOf);
    number += 1;
    if (number === request.start + count) break;
  }
  return undefined;
}

async function findIn(
  { inputs, labels }: Batch,
  classes: number,
): Promise<Omit<Unusable, 'batch'> | undefined> {
  try {
    const width = inputs.shape[1];
    const values = await inputs.data();
    const at = values.findIndex((value) => !isUsable(value));
    if (at >= 0) return { row: Math.floor(at / width), feature: at % width, value: values[at] };
    const classOf = await labels.data();
    const row = classOf.findIndex((label) => !(label >= 0 && label < classes));
    return row >= 0 ? { row, value: classOf[row] } : undefined;
  } finally {
    dispose([inputs, labels]);
  }
}

const isUsable = (value: number): boolean => Math.abs(value) <= largest();

function errorFor(
  unusable: Unusable,
  source: BatchSource,
  request: BatchRequest,
  classes: number,
  nameOf: (batch: number) => string,
): HarmonicError {
  const { batch, row, feature, value } = unusable;
  const number = numberOf(unusable, source, request);
  const example = `example ${row} of ${nameOf(batch)}${number === undefined ? '' : `, which is example ${number} of the data set,`}`;
  if (feature === undefined) {
    return new HarmonicError(
      'INVALID_DATA',
      `The data cannot be computed with: the label of ${example} is ${value}; it must be a class from 0 to ${classes - 1}. Correct the label, or leave the example out. (Examples are counted from 0.)`,
    );
  }
  const allowed = Number.isFinite(value)
    ? `at most ${largest()} in size, for this backend has ${floatPrecision()}-bit floats. Scale the inputs`
    : 'a finite number. Correct the input, or leave the example out';
  return new HarmonicError(
    'INVALID_DATA',
    `The data cannot be computed with: feature ${feature} of ${example} is ${value}; it must be ${allowed}. (Examples and features are counted from 0.)`,
  );
}

/** An example's number in the data set, where the data set keeps its values in the open, as a LabelledDataset does. */
function numberOf(
  { batch, row, feature, value }: Unusable,
  source: BatchSource,
  { batchSize, shuffle }: BatchRequest,
): number | undefined {
  const { inputs, labels } = source as { inputs?: ArrayLike<number>; labels?: ArrayLike<number> };
  const place = batch * batchSize + row;
  const number = shuffle ? randomPermutation(shuffle, source.size)[place] : place;
  const isThere =
    feature === undefined
      ? labels?.[number] === value
      : inputs?.length === source.size * source.inputSize &&
        !isUsable(inputs[number * source.inputSize + feature]);
  return isThere ? number : undefined;
}
