import { describeValue, HarmonicError, option, type RandomKey } from '@harmonic-mlp/core';
import { dispose, Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/**
 * Some examples: their inputs, and whatever tensors a task compares the outputs with, whose first axis are the examples too.
 * Whoever asked for them disposes all tensors.
 */
export interface Examples {
  /** [size, inputSize], float32. */
  readonly inputs: Tensor2D;
  /** The number of examples. */
  readonly size: number;
}

/** How {@link ExampleSource.batches} is asked to go through the examples. */
export interface BatchRequest {
  /** The number of examples of a batch; the last one may have fewer. */
  batchSize: number;
  /** The random stream of the order. Default: the data set's own order. */
  shuffle?: RandomKey;
  /** The number of the first batch to give, counted from 0: where a resumed epoch goes on. Default 0. */
  start?: number;
  /** The epoch that the batches are for, counted from 1, where they are trained on. */
  epoch?: number;
  /** Ends the run: a source that waits for its data should stop waiting, and give no more batches. */
  signal?: AbortSignal;
}

/** All examples as arrays in row-major order, under the names that a batch has for its tensors. Only to be read. */
export type ExampleArrays<B extends Examples> = {
  readonly [Name in keyof B as B[Name] extends Tensor ? Name : never]: Name extends 'inputs'
    ? Float32Array
    : Float32Array | Int32Array;
};

/** All examples as tensors, under the names that a batch has for its own. The source disposes them. */
export type ExampleTensors<B extends Examples> = {
  readonly [Name in keyof B as B[Name] extends Tensor ? Name : never]: B[Name];
};

/**
 * A data set that can be walked in batches. One whose examples are all there may also offer them whole, in arrays or on the
 * device, with an epoch's order: batch `b` is then the rows `order.subarray(b * batchSize, (b + 1) * batchSize)` of each, and
 * what executes steps elsewhere, such as on a graphics card or on other threads, can gather batches by itself.
 */
export interface ExampleSource<B extends Examples> {
  /** The number of examples. */
  readonly size: number;
  /** The width of an input. */
  readonly inputSize: number;
  /**
   * The examples in batches. A source that has to wait for them, such as while they are being fetched, gives an asynchronous
   * iterable.
   */
  batches(request: BatchRequest): Iterable<B> | AsyncIterable<B>;
  /** The order in which {@link batches} takes the examples in an epoch, [size]: each of 0 … size − 1 once. */
  order?(request: Pick<BatchRequest, 'shuffle' | 'epoch'>): Int32Array;
  /** All examples as arrays. */
  arrays?(): ExampleArrays<B>;
  /** All examples as tensors of the active backend, for a source that keeps them there. */
  tensors?(): ExampleTensors<B>;
}

/** How a task's batches look, for the check of each batch. */
export interface BatchForm<B extends Examples> {
  /** What a batch must be, for errors, after "It must be": `{ inputs, labels, size }: …`. */
  describeBatch(inputSize: number): string;
  /** What is wrong with a batch's targets, to follow "A batch of the data set"; undefined where nothing is. */
  faultOf(batch: Partial<B>): string | undefined;
}

/**
 * Checks that something is a data set whose inputs fit a model.
 *
 * @param argument what the errors call it.
 * @throws {HarmonicError} `INVALID_ARGUMENT` when it is none, such as a tensor; `INVALID_SHAPE` when it is empty or does not
 *   fit.
 */
export function requireSource<B extends Examples>(
  argument: string,
  data: ExampleSource<B>,
  inputSize: number,
): void {
  if (typeof (data as Partial<ExampleSource<B>> | null | undefined)?.batches !== 'function') {
    throw new HarmonicError('INVALID_ARGUMENT', {
      argument,
      value: data,
      problem: `${argument} must be a data set, but is ${describeValue(data)}.`,
      fix: 'Make one with new LabeledDataset({ inputs, labels, inputSize, classes }) of @harmonic-mlp/mnist-data, or give an object with size, inputSize, classes and batches().',
    });
  }
  if (!(data.size >= 1 && Number.isSafeInteger(data.size))) {
    throw new HarmonicError('INVALID_SHAPE', {
      argument: `${argument}.size`,
      value: data.size,
      allowed: 'an integer at least 1',
      problem: `The data set has size ${data.size}; it must have at least one example.`,
    });
  }
  if (data.inputSize !== inputSize) {
    throw new HarmonicError('INVALID_SHAPE', {
      argument: `${argument}.inputSize`,
      value: data.inputSize,
      allowed: String(inputSize),
      problem: `The data set's inputs are ${data.inputSize} wide, but the model takes ${inputSize}.`,
      fix: `Make the model with ${option('inputSize')} ${data.inputSize}.`,
    });
  }
}

/** All tensors of a batch, by name. */
export const tensorsOf = (batch: Examples): [name: string, tensor: Tensor][] =>
  Object.entries(Object(batch)).filter(
    (entry): entry is [string, Tensor] => entry[1] instanceof Tensor && !entry[1].isDisposed,
  );

/** Frees a batch. */
export const disposeBatch = (batch: Examples): void => dispose(tensorsOf(batch).map(([, tensor]) => tensor));

/**
 * The batches of a source, each checked before anything is computed with it; one that is not a batch is disposed as far as
 * it can be.
 *
 * @throws {HarmonicError} `INVALID_DATA` when the source gives no batches, or one whose parts do not belong together.
 */
export async function* checkedBatches<B extends Examples>(
  source: ExampleSource<B>,
  request: BatchRequest,
  form: BatchForm<B>,
): AsyncGenerator<B, void, undefined> {
  const batches = source.batches(request);
  const iterable = Object(batches) as Partial<Iterable<B> & AsyncIterable<B>>;
  if (iterable[Symbol.iterator] === undefined && iterable[Symbol.asyncIterator] === undefined) {
    throw new HarmonicError('INVALID_DATA', {
      argument: 'batches',
      value: batches,
      problem: `batches() of the data set gave ${describeValue(batches)}; it must give something to loop over, as a generator is: *batches(request) or async *batches(request).`,
    });
  }
  for await (const batch of batches) {
    const fault = faultOf(batch, source) ?? form.faultOf(Object(batch)) ?? sizeFaultOf(batch);
    if (fault !== undefined) {
      disposeBatch(batch);
      throw new HarmonicError('INVALID_DATA', {
        argument: 'batches',
        value: batch,
        allowed: form.describeBatch(source.inputSize),
        problem: `A batch of the data set ${fault}. It must be ${form.describeBatch(source.inputSize)}.`,
      });
    }
    yield batch;
  }
}

function faultOf(batch: Examples, { inputSize }: { inputSize: number }): string | undefined {
  const { inputs } = Object(batch) as Partial<Examples>;
  if (!(inputs instanceof Tensor)) return `has inputs that are ${describeValue(inputs)}`;
  const shape: number[] = inputs.shape;
  return shape.length === 2 && shape[1] === inputSize ? undefined : `has inputs of shape [${shape}]`;
}

function sizeFaultOf({ inputs, size }: Examples): string | undefined {
  const [examples] = inputs.shape;
  return size === examples ? undefined : `has the size ${describeValue(size)}, but ${examples} inputs`;
}
