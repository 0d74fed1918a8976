import { HarmonicError } from '@harmonic-mlp/core';
import {
  ones,
  Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { disposeBatch, type ExampleSource, type Examples } from '../data';

/**
 * The units of a regression's targets: the model computes `(targets − mean)/deviation`. Both are measured on the training data of
 * the first run, and saved with the model.
 */
export class TargetUnits {
  /** [outputs]; zeros until it is measured. */
  readonly mean: Variable;
  /** The standard deviation, [outputs]; ones until it is measured, and where targets do not vary. */
  readonly deviation: Variable;
  /** The number of examples that they were measured on, [1]; 0 until then. */
  readonly count: Variable;

  constructor(outputs: number) {
    this.mean = tidy(() => variable(zeros([outputs]), false));
    this.deviation = tidy(() => variable(ones([outputs]), false));
    this.count = tidy(() => variable(zeros([1]), false));
  }

  /** By name. */
  get statistics(): Record<string, Variable> {
    return { mean: this.mean, deviation: this.deviation, count: this.count };
  }

  /** The mean and the deviation as tensors. */
  get tensors(): { mean: Tensor1D; deviation: Tensor1D } {
    return { mean: this.mean as unknown as Tensor1D, deviation: this.deviation as unknown as Tensor1D };
  }

  /**
   * Measures the targets of a data set, unless it has been measured before.
   *
   * @throws {HarmonicError} `INVALID_DATA` for a target that is not finite.
   */
  async measure(train: Pick<ExampleSource<Examples>, 'batches'>): Promise<void> {
    if ((await this.count.data())[0] > 0) return;
    const [outputs] = this.mean.shape;
    const means = new Float64Array(outputs);
    const squares = new Float64Array(outputs);
    let count = 0;
    for await (const batch of train.batches({ batchSize: 1024 })) {
      try {
        const { targets } = batch as { targets?: unknown };
        // What is wrong with a batch's form is for the training to say.
        if (!(targets instanceof Tensor) || targets.size !== batch.size * outputs) return;
        const values = await targets.data();
        // Welford's method, which does not lose a small variance beside a large mean.
        for (let row = 0; row < batch.size; row++) {
          count += 1;
          for (let i = 0; i < outputs; i++) {
            const value = values[row * outputs + i];
            if (!Number.isFinite(value)) throw notFinite(outputs, count - 1, i, value);
            const before = value - means[i];
            means[i] += before / count;
            squares[i] += before * (value - means[i]);
          }
        }
      } finally {
        disposeBatch(batch);
      }
    }
    // That the model was disposed meanwhile is for the training to say.
    if (count === 0 || this.count.isDisposed) return;
    const deviations = squares.map((square) => Math.sqrt(square / count) || 1);
    tidy(() => {
      this.mean.assign(tensor1d(Array.from(means)));
      this.deviation.assign(tensor1d(Array.from(deviations)));
      this.count.assign(tensor1d([count]));
    });
  }

  /** Frees the variables. */
  dispose(): void {
    for (const each of Object.values(this.statistics)) each.dispose();
  }
}

const notFinite = (outputs: number, example: number, column: number, value: number) =>
  new HarmonicError('INVALID_DATA', {
    argument: 'targets',
    value,
    allowed: 'a finite number',
    problem: `The ${outputs === 1 ? 'target' : `target ${column}`} of example ${example} of the training data is ${value}; it must be a finite number.`,
    fix: 'Correct it, or leave the example out. (Examples and targets are counted from 0.)',
  });
