import { HarmonicError } from '@harmonic-mlp/core';
import { gather, type Tensor1D, type Tensor2D, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { type BatchOptions, batchIndices, epochOrder, type OrderOptions } from './batch-indices';
import type { Batch, LabeledDataset } from './dataset';

/** All examples as tensors, under the names that a {@link Batch} has for its own. The data set disposes them. */
export interface ExampleTensors {
  /** [size, inputSize], float32, normalized. */
  readonly inputs: Tensor2D;
  /** The class of each example, [size], int32. */
  readonly labels: Tensor1D;
}

/**
 * A data set whose normalized examples are kept in the active backend's memory as one tensor, 4 bytes a value (188 MB
 * for MNIST's 60,000 training images): a batch is gathered there, and only the indices of its examples are sent. It is
 * for backends that compute on a graphics card; on the wasm and cpu backends, a {@link LabeledDataset} is faster. Both
 * give the same batches, to the bit and in the same order.
 *
 * @example
 * ```ts
 * const onDevice = new DeviceDataset(train);
 * await model.fit(onDevice, { epochs: 1 });
 * onDevice.dispose();
 * ```
 */
export class DeviceDataset {
  /** The number of examples. */
  readonly size: number;
  /** The number of values in an example. */
  readonly inputSize: number;
  /** The number of classes. */
  readonly classes: number;

  readonly #examples: ExampleTensors;

  /** @param data what is copied to the active backend; not needed afterwards. */
  constructor(data: LabeledDataset) {
    this.size = data.size;
    this.inputSize = data.inputSize;
    this.classes = data.classes;
    const [{ inputs, labels }] = data.batches({ batchSize: data.size });
    this.#examples = { inputs, labels };
  }

  /**
   * Goes once through the data set, as `LabeledDataset.batches` does; the consumer disposes both tensors of each batch.
   *
   * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown option and one out of bounds: at once, not with the
   *   first batch; `UNSUPPORTED` after {@link dispose}.
   */
  batches(options: BatchOptions): Generator<Batch, void, undefined> {
    return this.#batches(this.tensors(), batchIndices(this.size, options));
  }

  *#batches(examples: ExampleTensors, batches: Iterable<Int32Array>) {
    for (const indices of batches) {
      const [inputs, labels] = tidy(() => {
        const rows = tensor1d(indices, 'int32');
        return [gather(examples.inputs, rows), gather(examples.labels, rows)];
      }) as [Tensor2D, Tensor1D];
      yield { inputs, labels, size: indices.length };
    }
  }

  /**
   * All examples at once, for those who gather batches themselves: batch `b` of {@link batches} is the rows
   * `order.subarray(b * batchSize, (b + 1) * batchSize)` of these tensors, where `order` is that of {@link order} for
   * the same `shuffle`. Do not dispose them.
   *
   * @throws {HarmonicError} `UNSUPPORTED` after {@link dispose}.
   */
  tensors(): ExampleTensors {
    if (!this.#examples.inputs.isDisposed) return this.#examples;
    throw new HarmonicError('UNSUPPORTED', {
      problem: 'This DeviceDataset has been disposed, and its examples are gone.',
      fix: 'Call dispose() last, or make another one.',
    });
  }

  /**
   * The order in which an epoch takes the examples, as `LabeledDataset.order` gives it.
   *
   * @throws {HarmonicError} `INVALID_ARGUMENT` for an unknown option, and unless `shuffle` is a seed or a random key.
   */
  order(options?: OrderOptions): Int32Array {
    return epochOrder(this.size, options);
  }

  /** Frees the examples. */
  dispose(): void {
    this.#examples.inputs.dispose();
    this.#examples.labels.dispose();
  }
}
