import type { ErrorFields } from '@harmonic-mlp/core';
import { floatPrecision } from '@harmonic-mlp/freq-optimizer';
import { type BatchRequest, disposeBatch, type ExampleSource, type Examples } from './batch-source';

/** A target that nothing can be computed with. */
export interface UnusableTarget {
  /** What the batch and the data set call the targets: `labels`. */
  field: string;
  /** What one of them is called: `label`. */
  what: string;
  /** The example in the batch, counted from 0. */
  row: number;
  /** What it is. */
  value: number;
  /** What it must be, to follow "it must be". */
  allowed: string;
}

/** The fields of an `INVALID_DATA` error. */
export type UnusableData = ErrorFields & { readonly problem: string };

/** Looks for a target of a batch that nothing can be computed with. */
export type FindUnusableTarget<B extends Examples> = (batch: B) => Promise<UnusableTarget | undefined>;

/** The largest input to compute with: the largest number of 16 bits; of 32 bits the largest whose square, of which variances are made, is finite. */
const largest = (): number => (floatPrecision() === 16 ? 65504 : 1.8e19);

const isUsable = (value: number): boolean => Math.abs(value) <= largest();

interface Search<B extends Examples> {
  request: BatchRequest & { start: number };
  /** How many batches to look through. */
  count: number;
  findTarget: FindUnusableTarget<B>;
  /** What a batch is called, by its number from 0. */
  nameOf: (batch: number) => string;
}

/**
 * Looks through batches, which it disposes, for an input that is not finite, or too large for the backend's floats, and for
 * a target that is not usable.
 *
 * @returns what an error says about it, or undefined where all are right.
 */
export async function findUnusableData<B extends Examples>(
  source: ExampleSource<B>,
  batches: Iterable<B> | AsyncIterable<B>,
  search: Search<B>,
): Promise<UnusableData | undefined> {
  const { request, count, findTarget } = search;
  let number = request.start;
  for await (const batch of batches) {
    try {
      const found = (await findInput(batch)) ?? (await findTarget(batch));
      if (found !== undefined) return faultOf(found, number, source, search);
    } finally {
      disposeBatch(batch);
    }
    number += 1;
    if (number === request.start + count) break;
  }
  return undefined;
}

async function findInput({ inputs }: Examples): Promise<UnusableTarget | undefined> {
  const width = inputs.shape[1];
  const values = await inputs.data();
  const at = values.findIndex((value) => !isUsable(value));
  if (at < 0) return undefined;
  const value = values[at];
  return {
    field: 'inputs',
    what: `feature ${at % width}`,
    row: Math.floor(at / width),
    value,
    allowed: Number.isFinite(value)
      ? `at most ${largest()} in size, for this backend has ${floatPrecision()}-bit floats`
      : 'a finite number',
  };
}

function faultOf<B extends Examples>(
  { field, what, row, value, allowed }: UnusableTarget,
  batch: number,
  source: ExampleSource<B>,
  { request, nameOf }: Search<B>,
): UnusableData {
  const isInput = field === 'inputs';
  const number = numberOf(batch, row, source, request);
  return {
    argument: field,
    value,
    allowed,
    problem: `The data cannot be computed with: ${isInput ? '' : 'the '}${what} of example ${row} of ${nameOf(batch)}${number} is ${value}; it must be ${allowed}.`,
    fix: `${isInput && Number.isFinite(value) ? 'Scale the inputs' : `Correct the ${isInput ? 'input' : what}, or leave the example out`}. (Examples${isInput ? ' and features' : ''} are counted from 0.)`,
  };
}

/** An example's number in the data set, where that tells its order. */
function numberOf<B extends Examples>(
  batch: number,
  row: number,
  source: ExampleSource<B>,
  { batchSize, shuffle, epoch }: BatchRequest,
): string {
  const number = source.order?.({ shuffle, epoch })[batch * batchSize + row];
  return number === undefined ? '' : `, which is example ${number} of the data set,`;
}
