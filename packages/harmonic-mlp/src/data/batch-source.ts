import { describeValue, HarmonicError, option, type RandomKey } from '@harmonic-mlp/core';
import { dispose, Tensor, type Tensor2D } from '@tensorflow/tfjs-core';

/**
 * A batch of examples: their inputs, and the tensors that a task compares the outputs with, whose first axis is the examples
 * too. The caller disposes them.
 */
export interface Examples {
  /** [size, inputSize], float32. */
  readonly inputs: Tensor2D;
  /** The number of examples. */
  readonly size: number;
}

/** How {@link ExampleSource.batches} goes through the examples. */
export interface BatchRequest {
  /** The number of examples in a batch; the last one may have fewer. */
  batchSize: number;
  /** The random stream of the order. Default: the data set's own order. */
  shuffle?: RandomKey;
  /** The index of the first batch: where a resumed epoch continues. Default 0. */
  start?: number;
  /** The epoch that the batches are for, counted from 1; only in training. */
  epoch?: number;
  /** Ends the run: a source that is waiting for data should stop waiting and give no more batches. */
  signal?: AbortSignal;
}

/** Examples as arrays in row-major order, under the names of a batch's tensors. */
export type ExampleArrays<B extends Examples> = {
  readonly [Name in keyof B as B[Name] extends Tensor ? Name : never]: Name extends 'inputs'
    ? Float32Array
    : Float32Array | Int32Array;
};

/** All examples as tensors, under the names of a batch's tensors. The source disposes them. */
export type ExampleTensors<B extends Examples> = {
  readonly [Name in keyof B as B[Name] extends Tensor ? Name : never]: B[Name];
};

/**
 * A data set that gives its examples in batches. If all examples are present, it may also offer them whole, as arrays or on the
 * device, together with the order of an epoch: batch `b` is then the rows `order.subarray(b * batchSize, (b + 1) * batchSize)`
 * of each, so code that executes steps elsewhere, such as on a graphics card or in other threads, can gather batches itself.
 */
export interface ExampleSource<B extends Examples> {
  /** The number of examples. */
  readonly size: number;
  /** The width of an input. */
  readonly inputSize: number;
  /**
   * The examples in batches. A source that has to wait for its examples, such as while they are being fetched, returns an
   * asynchronous iterable.
   */
  batches(request: BatchRequest): Iterable<B> | AsyncIterable<B>;
  /** The order in which {@link batches} takes the examples, [size]: each of 0 … size − 1 once. */
  order?(request: Pick<BatchRequest, 'shuffle' | 'epoch'>): Int32Array;
  /** All examples as arrays, which are read-only. */
  arrays?(): ExampleArrays<B>;
  /** The batch of these examples, in an epoch of training. Offered with {@link order}, and {@link gather} or {@link tensors}. */
  batch?(rows: Int32Array, at?: Pick<BatchRequest, 'epoch'>): B;
  /**
   * Writes the examples of a batch into arrays, for code that keeps batches in memory of its own: the same values as those of
   * {@link batch}. The fields are those of the batch's tensors.
   */
  gather?(rows: Int32Array, into: ExampleArrays<B>, at?: Pick<BatchRequest, 'epoch'>): void;
  /** All examples as tensors, for a source that keeps them on the active backend. */
  tensors?(): ExampleTensors<B>;
}

/** The form of a task's batches; each batch is checked for it. */
export interface BatchForm<B extends Examples> {
  /** The form, in words that follow "It must be": `{ inputs, labels, size }: …`. */
  describeBatch(inputSize: number): string;
  /** What is wrong with a batch's targets, in words that follow "A batch of the data set"; undefined if nothing is. */
  faultOf(batch: Partial<B>): string | undefined;
}

/**
 * Checks that something is a data set whose inputs fit a model.
 *
 * @param argument its name in error messages.
 * @throws {HarmonicError} `INVALID_ARGUMENT` if it is not a data set; `INVALID_SHAPE` if it is empty or does not fit.
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
      fix: 'Make one with new LabeledDataset({ inputs, labels, inputSize, classes }) of @harmonic-mlp/mnist-data, pass an object with size, inputSize, classes, and batches(), or give a HarmonicMLP { inputs, targets }.',
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
 * The batches of a source, each checked before it is used; the tensors of a bad batch are disposed.
 *
 * @throws {HarmonicError} `INVALID_DATA` if the source does not give batches, or gives one whose parts do not fit together.
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
      problem: `batches() of the data set gave ${describeValue(batches)}; it must return an iterable, such as a generator: *batches(request) or async *batches(request).`,
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
