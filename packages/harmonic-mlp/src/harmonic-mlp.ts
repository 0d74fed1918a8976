import { softmax, type Tensor2D, tidy } from '@tensorflow/tfjs-core';
import { assignStored, type Checkpoint, decodeModel, encodeModelFile } from './checkpoint';
import type { ExampleSource, Examples } from './data';
import { type HarmonicMLPOptions, Network, type SummaryOptions, summarize } from './model';
import type { Evaluation } from './records';
import type { AccuracyOf, Batch } from './tasks';
import { type EvaluateOptions, evaluate, type FitOptions, type FitResult, fit } from './training';

/**
 * A multilayer perceptron with harmonic units: for each hidden layer `sin(2π·z/p) + r·z`, batch normalization and
 * dropout, then a linear layer that gives the logits. The defaults are those of the published experiment:
 * 784 → 512 (periods 1 to 4 once each, then 5) → 256 (1 and 2 once each, then 3) → 10.
 *
 * It runs on any tfjs backend; set one and await `tf.ready()` first. Call {@link dispose} when it is no longer needed.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds.
 * @example
 * ```ts
 * const model = new HarmonicMLP({ hidden: [128], seed: 1 });
 * const { history } = await model.fit(train, { epochs: 3, validation: test });
 * const probabilities = model.predict(test.batch([0]).inputs);
 * probabilities.shape; // => [ 1, 10 ]
 * ```
 */
export class HarmonicMLP extends Network {
  constructor(options?: HarmonicMLPOptions) {
    super(options);
  }

  /**
   * The class probabilities, softmax of the logits.
   *
   * @param x [batch, inputSize].
   * @returns [batch, classes], a new tensor.
   * @throws {HarmonicError} As {@link logits}.
   */
  predict(x: Tensor2D): Tensor2D {
    return tidy(() => softmax(this.logits(x)));
  }

  /**
   * Trains the model; see {@link FitOptions} for the settings, their defaults and the events. One run at a time: until it has
   * ended, the model, the optimizer and the schedule are its own.
   *
   * @throws {HarmonicError} Before anything is changed, what an option or the data lack, by name, and `IN_USE` where another
   *   run has the model, the optimizer or the schedule. Later `DIVERGED` when a loss or a weight is no longer finite, or
   *   `INVALID_DATA` where the data are the reason, once the last good weights are back.
   */
  fit<B extends Examples = Batch>(
    train: ExampleSource<B>,
    options?: FitOptions<B>,
  ): Promise<FitResult<AccuracyOf<B>>> {
    return fit(this, train, options);
  }

  /**
   * The mean loss and the accuracy over a data set.
   *
   * @throws {HarmonicError} `INVALID_DATA` when the loss is not finite because of the data, `IN_USE` when a run trains the
   *   model meanwhile.
   */
  evaluate<B extends Examples = Batch>(
    data: ExampleSource<B>,
    options?: EvaluateOptions<B>,
  ): Promise<Evaluation<AccuracyOf<B>>> {
    return evaluate(this, data, options);
  }

  /** A table of the layers, their shapes and parameter counts. */
  summary(options?: SummaryOptions): string {
    return summarize(this, options);
  }

  /**
   * The model as one safetensors file, with its configuration in the metadata.
   *
   * @param metadata more strings to keep in the file's metadata.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for metadata that are not strings, `UNSUPPORTED` when the model was disposed.
   */
  async toBytes(metadata?: Record<string, string>): Promise<Uint8Array<ArrayBuffer>> {
    this.requireAlive();
    return encodeModelFile(this, this.variables, metadata);
  }

  /**
   * The model of a file that {@link toBytes} or a training checkpoint gave, in this or an earlier release.
   *
   * @param file all of its bytes, or what `readCheckpoint` decoded of them.
   * @throws {HarmonicError} `INVALID_DATA` when it is not such a file, `INVALID_ARGUMENT` when it is not bytes.
   */
  static fromBytes(file: Uint8Array | ArrayBuffer | Checkpoint): HarmonicMLP {
    const { config, tensors } = decodeModel(file);
    const model = new HarmonicMLP(config);
    try {
      assignStored(model.variables, tensors);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  }
}
