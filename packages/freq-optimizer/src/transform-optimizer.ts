import { requireOptions } from '@harmonic-mlp/core';
import type { Optimizer, Variable } from '@tensorflow/tfjs-core';
import type { NamedGradients } from './named-gradients';
import { StatefulOptimizer } from './stateful-optimizer';
import { type ParameterState, type Plan, planOf, requireTransform, type Transform } from './transforms';

/** Settings of {@link asOptimizer}. */
export interface TransformOptimizerOptions {
  /** At least 0. */
  learningRate: number;
}

/** An optimizer that steps by the updates of a transform: `w ← w − lr·u`. */
export class TransformOptimizer extends StatefulOptimizer {
  /** The name under which tfjs serializes it. */
  static readonly className: string = 'TransformOptimizer';

  readonly #transform: Transform;
  readonly #plan: Plan;
  readonly #config: object;
  /** Whether all its transforms are this package's: those of others may do something else at each step. */
  readonly isPure: boolean;

  /** @param config what {@link getConfig} returns, apart from the learning rate. */
  constructor(transform: Transform, learningRate: number, config: object, isPure: boolean) {
    super();
    this.isPure = isPure;
    this.learningRate = learningRate;
    this.#transform = transform;
    this.#plan = planOf(transform);
    this.#config = config;
  }

  /** Updates each variable that has a gradient; the caller keeps ownership of the gradients. */
  override applyGradients(gradients: NamedGradients): void {
    const { prepare, apply } = this.#plan;
    this.step(gradients, prepare, (update) => apply(update, this.learningRate));
  }

  override dispose(): void {
    super.dispose();
    this.#transform.dispose?.();
  }

  /** The settings, as plain data. */
  override getConfig(): ReturnType<Optimizer['getConfig']> {
    return { ...this.#config, learningRate: this.learningRate };
  }

  /** @hidden */
  protected override initState(parameter: Variable): ParameterState {
    return this.#transform.init?.(parameter) ?? {};
  }
}

/**
 * Makes a `tf.Optimizer` from a transform or a chain of transforms: `w ← w − lr·u`, where u is the transformed gradient. Its
 * state is saved by the paths of the parameters, such as `hidden.0/kernel/first_moment`. Disposing of the optimizer also
 * disposes of the transform.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for something that is not a transform, and for a learning rate that is missing or
 *   out of bounds.
 * @example
 * ```ts
 * const transform = chain(clipByGlobalNorm(1), addDecayedWeights(1e-4), momentum());
 * const optimizer = asOptimizer(transform, { learningRate: 0.01 });
 * optimizer.minimize(loss);
 * optimizer.learningRate = 0.001; // takes effect at the next step
 * ```
 */
export function asOptimizer(transform: Transform, options: TransformOptimizerOptions): TransformOptimizer {
  const example = 'asOptimizer(scaleByAdam(), { learningRate: 1e-3 })';
  const { learningRate } = requireOptions('options', options, example, { learningRate: true });
  const { name, settings } = requireTransform('transform', transform);
  return new TransformOptimizer(transform, learningRate, { transform: { name, settings } }, false);
}
