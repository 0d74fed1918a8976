import { dense, type RandomKey, relu } from '@harmonic-mlp/core';
import { frequencyScaledWeights } from '@harmonic-mlp/harmonic-layer';
import {
  clone,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';

/**
 * A plain dense layer, `y = f(x·W + b)`, with weights from U(−1/√I, 1/√I): the output layer, and the hidden layers
 * that harmonic ones are compared with.
 */
export class DenseLayer {
  /** W, [inputSize, units]. */
  readonly kernel: Variable;
  /** b, [units]. */
  readonly bias: Variable;
  readonly #activation: 'relu' | 'linear';

  constructor({
    inputSize,
    units,
    activation,
    seed,
  }: { inputSize: number; units: number; activation: 'relu' | 'linear'; seed: RandomKey }) {
    // Equal periods make the frequency-scaled initialiser the uniform one.
    const initial = frequencyScaledWeights(inputSize, new Array(units).fill(1), seed);
    this.kernel = tidy(() => variable(tensor(initial.kernel, [inputSize, units])));
    this.bias = tidy(() => variable(tensor(initial.bias, [units])));
    this.#activation = activation;
  }

  /** Trained by the optimizer. */
  get weights(): Record<string, Variable> {
    return { kernel: this.kernel, bias: this.bias };
  }

  /** f(x·W + b), [batch, units], for x [batch, inputSize]. */
  apply(x: Tensor2D): Tensor2D {
    return tidy(() => {
      const z = this.preActivations(x);
      return this.#activation === 'linear' ? z : this.activate(z);
    });
  }

  /** The pre-activations `z = x·W + b`, [batch, units], a new tensor. */
  preActivations(x: Tensor2D): Tensor2D {
    return dense({ x, kernel: this.kernel as unknown as Tensor2D, bias: this.bias as unknown as Tensor1D });
  }

  /** The activation f of given pre-activations, [batch, units], a new tensor. */
  activate(z: Tensor2D): Tensor2D {
    return this.#activation === 'relu' ? relu({ x: z }) : clone(z);
  }

  /** Frees the weights. */
  dispose(): void {
    this.kernel.dispose();
    this.bias.dispose();
  }
}
