import { describeValue, HarmonicError, type RandomKey } from '@harmonic-mlp/core';
import { dispose, Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';

/** Some examples; whoever asked for them disposes both tensors. */
export interface Batch {
  /** [size, inputSize], float32. */
  readonly inputs: Tensor2D;
  /** [size], int32 class numbers less than the model's classes; a data set checks that when it is made. */
  readonly labels: Tensor1D;
  /** The number of examples. */
  readonly size: number;
}

/** How {@link BatchSource.batches} is asked to go through the examples. */
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

/** A labelled data set that can be walked in batches: a `LabelledDataset` of mnist-data, or anything of its shape. */
export interface BatchSource {
  /** The number of examples. */
  readonly size: number;
  /** The width of an input. */
  readonly inputSize: number;
  /** The number of classes. */
  readonly classes: number;
  /**
   * The examples in batches. A source that has to wait for them, as while they are still being fetched, gives an
   * asynchronous iterable.
   */
  batches(request: BatchRequest): Iterable<Batch> | AsyncIterable<Batch>;
}

/**
 * Checks that something is a data set that fits a model.
 *
 * @param name what the errors call it.
 * @throws {HarmonicError} `INVALID_ARGUMENT` when it is none, such as a tensor; `INVALID_SHAPE` when it is empty or does not
 *   fit.
 */
export function requireDataset(
  name: string,
  data: BatchSource,
  { inputSize, classes }: { inputSize: number; classes: number },
): void {
  if (typeof (data as Partial<BatchSource> | null | undefined)?.batches !== 'function') {
    throw new HarmonicError(
      'INVALID_ARGUMENT',
      `${name} must be a data set, but is ${describeValue(data)}. Make one with new LabelledDataset({ inputs, labels, inputSize, classes }) of @harmonic-mlp/mnist-data, or give an object with size, inputSize, classes and batches().`,
    );
  }
  if (!(data.size >= 1 && Number.isSafeInteger(data.size))) {
    throw new HarmonicError(
      'INVALID_SHAPE',
      `The data set has size ${data.size}; it must have at least one example.`,
    );
  }
  if (data.inputSize !== inputSize) {
    throw new HarmonicError(
      'INVALID_SHAPE',
      `The data set's inputs are ${data.inputSize} wide, but the model takes ${inputSize}. Make the model with inputSize ${data.inputSize}.`,
    );
  }
  if (!(data.classes <= classes)) {
    throw new HarmonicError(
      'INVALID_SHAPE',
      `The data set has ${data.classes} classes, but the model has ${classes}. Make the model with classes ${data.classes}.`,
    );
  }
}

/**
 * The batches of a source, each checked before anything is computed with it; one that is no batch is disposed as far as it
 * can be.
 *
 * @throws {HarmonicError} `INVALID_DATA` when the source gives no batches, or one whose inputs, labels and size do not
 *   belong together.
 */
export async function* checkedBatches(
  source: BatchSource,
  request: BatchRequest,
): AsyncGenerator<Batch, void, undefined> {
  const batches = source.batches(request);
  const iterable = Object(batches) as Partial<Iterable<Batch> & AsyncIterable<Batch>>;
  if (iterable[Symbol.iterator] === undefined && iterable[Symbol.asyncIterator] === undefined) {
    throw new HarmonicError(
      'INVALID_DATA',
      `batches() of the data set gave ${describeValue(batches)}; it must give something to loop over, as a generator is: *batches(request) or async *batches(request).`,
    );
  }
  for await (const batch of batches) {
    const fault = faultOf(batch, source);
    if (fault !== undefined) {
      const { inputs, labels } = Object(batch) as Partial<Batch>;
      dispose([inputs, labels].filter((part) => part instanceof Tensor));
      throw new HarmonicError(
        'INVALID_DATA',
        `A batch of the data set ${fault}. It must be { inputs, labels, size }: a tensor [size, ${source.inputSize}], an int32 tensor [size], and the number of examples.`,
      );
    }
    yield batch;
  }
}

function faultOf(batch: Batch, { inputSize }: BatchSource): string | undefined {
  const { inputs, labels, size } = Object(batch) as Partial<Batch>;
  if (!(inputs instanceof Tensor)) return `has inputs that are ${describeValue(inputs)}`;
  if (!(labels instanceof Tensor)) return `has labels that are ${describeValue(labels)}`;
  const [shape, labelShape]: number[][] = [inputs.shape, labels.shape];
  if (shape.length !== 2 || shape[1] !== inputSize) return `has inputs of shape [${shape}]`;
  if (labelShape.length !== 1 || labelShape[0] !== shape[0])
    return `has labels of shape [${labelShape}] for inputs of shape [${shape}]`;
  if (labels.dtype !== 'int32') return `has labels of ${labels.dtype}`;
  return size === shape[0] ? undefined : `has the size ${describeValue(size)}, but ${shape[0]} inputs`;
}
