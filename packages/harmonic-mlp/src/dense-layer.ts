import { dense, type RandomKey, relu } from '@harmonic-mlp/core';
import { frequencyScaledWeights } from '@harmonic-mlp/harmonic-layer';
import { type Tensor1D, type Tensor2D, tensor, tidy, type Variable, variable } from '@tensorflow/tfjs-core';

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
      const z = dense({
        x,
        kernel: this.kernel as unknown as Tensor2D,
        bias: this.bias as unknown as Tensor1D,
      });
      return this.#activation === 'relu' ? relu({ x: z }) : z;
    });
  }

  /** Frees the weights. */
  dispose(): void {
    this.kernel.dispose();
    this.bias.dispose();
  }
}
