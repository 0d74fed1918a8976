import { HarmonicError, nearestName, type RandomKey } from '@harmonic-mlp/core';
import { requireOptimizer } from '@harmonic-mlp/freq-optimizer';
import {
  dispose,
  keep,
  type NamedTensorMap,
  type Optimizer,
  type Scalar,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Examples } from '../data';
import { type Model, requireModel } from '../model';
import { lossOf, type Metric, requireMetrics, requireTask, sumOf, type Task } from '../tasks';

/** The loss, metrics, and gradients of a batch; the caller disposes them. */
export interface BatchGradients {
  /** The mean loss of the batch. */
  readonly loss: Scalar;
  /** The sums of the metrics over the batch, in order: a scalar, or a vector for a metric of several sums. */
  readonly metrics: Tensor[];
  /** The gradients of the loss, by the names of the variables. */
  readonly gradients: NamedTensorMap;
}

/**
 * A model, an optimizer, and a task. A training step is two calls, between which gradients can be accumulated over several
 * batches, clipped, or exchanged with other learners.
 *
 * @example
 * ```ts
 * import { randomKey } from '@harmonic-mlp/core';
 * import { Adam } from '@harmonic-mlp/freq-optimizer';
 *
 * const learner = new Learner(model, new Adam({ learningRate: 1e-3 }), classification);
 * for (const batch of train.batches({ batchSize: 128 })) {
 *   const { loss, metrics, gradients } = learner.gradients(batch, randomKey(0));
 *   learner.update(gradients);
 *   tf.dispose([loss, ...metrics, gradients, batch.inputs, batch.labels]);
 * }
 * ```
 */
export class Learner<B extends Examples> {
  readonly #parameters: Variable[];

  /**
   * @param metrics what to measure besides the loss. Default: the task's metrics.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for something that is not a model, an optimizer, a task, or a list of metrics.
   */
  constructor(
    /** The model that is trained. */
    readonly model: Model,
    /** The optimizer that trains it. */
    readonly optimizer: Optimizer,
    /** The task that it is trained for. */
    readonly task: Task<B>,
    /** What is measured besides the loss. */
    readonly metrics: readonly Metric<B>[] = task?.metrics,
  ) {
    requireModel(model);
    requireOptimizer('optimizer', optimizer);
    requireTask(task);
    requireMetrics('metrics', metrics, []);
    this.#parameters = Object.values(model.parameters);
  }

  /**
   * Computes the loss, the metrics, and the gradients of a batch. The model's statistics move; its parameters do not.
   *
   * @param dropoutKey the random stream of the dropout masks; use a new one for each batch.
   * @throws {HarmonicError} `INVALID_ARGUMENT` without a key, and for a loss or metric that is not a scalar tensor.
   */
  gradients(batch: B, dropoutKey: RandomKey): BatchGradients {
    // Without a key, a model computes as in inference.
    if (!Array.isArray(dropoutKey)) {
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'dropoutKey',
        value: dropoutKey,
        allowed: 'a random key, such as randomKey(0)',
      });
    }
    const metrics: Tensor[] = [];
    try {
      const { value, grads } = this.optimizer.computeGradients(() => {
        const outputs = this.model.forward(batch.inputs, dropoutKey);
        for (const metric of this.metrics) metrics.push(keep(sumOf(metric, outputs, batch)));
        return lossOf(this.task, outputs, batch);
      }, this.#parameters);
      return { loss: value, metrics, gradients: grads };
    } catch (error) {
      dispose(metrics);
      throw error;
    }
  }

  /**
   * Takes a step of the optimizer; a parameter without a gradient stays. The caller keeps the gradients.
   *
   * @param gradients by the names of the variables, as {@link Learner.gradients} returns them.
   * @throws {HarmonicError} `INVALID_ARGUMENT` for a name that no parameter's variable has.
   */
  update(gradients: NamedTensorMap): void {
    const strange = Object.keys(gradients).find((key) => this.#parameters.every(({ name }) => name !== key));
    if (strange !== undefined) {
      const path = nearestName(strange, Object.keys(this.model.parameters));
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'gradients',
        value: strange,
        problem: `There is a gradient for "${strange}", but no parameter of the model is a variable of that name.`,
        fix: path && `Did you mean model.parameters["${path}"].name?`,
      });
    }
    // Including missing ones: stock optimizers keep their state by position.
    const list = this.#parameters.map(({ name }) => ({ name, tensor: gradients[name] }));
    this.optimizer.applyGradients(list);
    this.model.constrain?.();
  }
}
