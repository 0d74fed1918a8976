import { layerNorm } from '@harmonic-mlp/core';
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

/**
 * Layer normalization (Ba et al., 2016) with PyTorch's default ε = 1e-5 (1e-4 on backends with 16-bit floats): each example is
 * normalized by itself, in training as in inference.
 */
export class LayerNormLayer {
  /** γ, the scale, [units]. */
  readonly gamma: Variable;
  /** β, the shift, [units]. */
  readonly beta: Variable;

  constructor(units: number) {
    this.gamma = tidy(() => variable(ones([units])));
    this.beta = tidy(() => variable(zeros([units])));
  }

  /** Trained by the optimizer. */
  get weights(): Record<string, Variable> {
    return { gamma: this.gamma, beta: this.beta };
  }

  /** None. */
  get statistics(): Record<string, Variable> {
    return {};
  }

  /** Normalizes each example. */
  apply(x: Tensor2D): Tensor2D {
    const { gamma, beta } = this as unknown as Record<string, Tensor1D>;
    return layerNorm({ x, gamma, beta }, { epsilon: epsilonNow() });
  }

  /** The same as {@link apply}. */
  applyTraining(x: Tensor2D): Tensor2D {
    return this.apply(x);
  }

  /** The same as {@link apply}. */
  applyToBatch(x: Tensor2D): Tensor2D {
    return this.apply(x);
  }

  /** Frees the weights. */
  dispose(): void {
    this.gamma.dispose();
    this.beta.dispose();
  }
}
