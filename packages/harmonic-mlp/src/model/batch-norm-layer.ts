import { batchNorm, batchNormInference } from '@harmonic-mlp/core';
import {
  ones,
  type Tensor1D,
  type Tensor2D,
  tidy,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { epsilonNow } from './epsilon';

const momentum = 0.1;

/**
 * Batch normalization (Ioffe and Szegedy, 2015) with PyTorch's defaults: ε = 1e-5 (1e-4 on backends with 16-bit floats), and
 * running statistics that move a tenth of the way toward the mean and unbiased variance of each batch.
 */
export class BatchNormLayer {
  /** γ, the scale, [units]. */
  readonly gamma: Variable;
  /** β, the shift, [units]. */
  readonly beta: Variable;
  /** The mean in inference, [units]. */
  readonly runningMean: Variable;
  /** The variance in inference, unbiased, [units]. */
  readonly runningVariance: Variable;

  constructor(units: number) {
    this.gamma = tidy(() => variable(ones([units])));
    this.beta = tidy(() => variable(zeros([units])));
    this.runningMean = tidy(() => variable(zeros([units]), false));
    this.runningVariance = tidy(() => variable(ones([units]), false));
  }

  /** Trained by the optimizer. */
  get weights(): Record<string, Variable> {
    return { gamma: this.gamma, beta: this.beta };
  }

  /** Moved by {@link applyTraining}. */
  get statistics(): Record<string, Variable> {
    return { running_mean: this.runningMean, running_variance: this.runningVariance };
  }

  /** Normalizes by the running statistics. */
  apply(x: Tensor2D): Tensor2D {
    return batchNormInference({ x, ...this.#tensors() }, { epsilon: epsilonNow() });
  }

  /** Normalizes by the batch's statistics, and moves the running ones toward them. */
  applyTraining(x: Tensor2D): Tensor2D {
    const [y, , , mean, variance] = this.#normalized(x);
    this.runningMean.assign(mean);
    this.runningVariance.assign(variance);
    return y as Tensor2D;
  }

  /** Normalizes by the batch's statistics, and leaves the running ones. */
  applyToBatch(x: Tensor2D): Tensor2D {
    return this.#normalized(x)[0] as Tensor2D;
  }

  /** Frees the weights and the statistics. */
  dispose(): void {
    for (const variable of [this.gamma, this.beta, this.runningMean, this.runningVariance])
      variable.dispose();
  }

  #normalized(x: Tensor2D) {
    return batchNorm({ x, ...this.#tensors() }, { epsilon: epsilonNow(), momentum });
  }

  #tensors() {
    const { gamma, beta, runningMean, runningVariance } = this as unknown as Record<string, Tensor1D>;
    return { gamma, beta, runningMean, runningVariance };
  }
}
