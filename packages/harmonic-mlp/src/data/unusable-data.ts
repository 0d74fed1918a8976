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
      const input = await findInput(batch);
      if (input !== undefined) return inputFault(input, number, source, search);
      const target = await findTarget(batch);
      if (target !== undefined) return targetFault(target, number, source, search);
    } finally {
      disposeBatch(batch);
    }
    number += 1;
    if (number === request.start + count) break;
  }
  return undefined;
}

interface UnusableInput {
  row: number;
  feature: number;
  value: number;
}

async function findInput({ inputs }: Examples): Promise<UnusableInput | undefined> {
  const width = inputs.shape[1];
  const values = await inputs.data();
  const at = values.findIndex((value) => !isUsable(value));
  return at < 0 ? undefined : { row: Math.floor(at / width), feature: at % width, value: values[at] };
}

function inputFault<B extends Examples>(
  { row, feature, value }: UnusableInput,
  batch: number,
  source: ExampleSource<B>,
  { request, nameOf }: Search<B>,
): UnusableData {
  const number = numberOf(batch, row, source, request);
  const isTooLarge = Number.isFinite(value);
  return {
    argument: 'inputs',
    value,
    allowed: isTooLarge ? `at most ${largest()} in size` : 'a finite number',
    problem: `The data cannot be computed with: feature ${feature} of example ${row} of ${nameOf(batch)}${number} is ${value}; it must be ${isTooLarge ? `at most ${largest()} in size, for this backend has ${floatPrecision()}-bit floats` : 'a finite number'}.`,
    fix: `${isTooLarge ? 'Scale the inputs' : 'Correct the input, or leave the example out'}. (Examples and features are counted from 0.)`,
  };
}

function targetFault<B extends Examples>(
  { field, what, row, value, allowed }: UnusableTarget,
  batch: number,
  source: ExampleSource<B>,
  { request, nameOf }: Search<B>,
): UnusableData {
  const number = numberOf(batch, row, source, request);
  return {
    argument: field,
    value,
    allowed,
    problem: `The data cannot be computed with: the ${what} of example ${row} of ${nameOf(batch)}${number} is ${value}; it must be ${allowed}.`,
    fix: `Correct the ${what}, or leave the example out. (Examples are counted from 0.)`,
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
