import type { RandomKey } from '@harmonic-mlp/core';
import {
  dispose,
  keep,
  type NamedTensorMap,
  type Optimizer,
  type Scalar,
  type Variable,
} from '@tensorflow/tfjs-core';
import type { Examples } from '../data';
import type { Model } from '../model';
import type { Metric, Task } from '../tasks';

/** The loss, metrics, and gradients of a batch; whoever asks for them disposes them. */
export interface BatchGradients {
  /** The mean loss of the batch. */
  readonly loss: Scalar;
  /** The sums of the metrics over the batch, in order. */
  readonly metrics: Scalar[];
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

  /** @param metrics what to measure besides the loss. Default: the task's metrics. */
  constructor(
    /** The model that is trained. */
    readonly model: Model,
    /** The optimizer that trains it. */
    readonly optimizer: Optimizer,
    /** The task that it is trained for. */
    readonly task: Task<B>,
    /** What is measured besides the loss. */
    readonly metrics: readonly Metric<B>[] = task.metrics,
  ) {
    this.#parameters = Object.values(model.parameters);
  }

  /**
   * Computes the loss, the metrics, and the gradients of a batch. The model's statistics move; its parameters do not.
   *
   * @param dropoutKey the random stream of the dropout masks; use a new one for each batch.
   */
  gradients(batch: B, dropoutKey: RandomKey): BatchGradients {
    const metrics: Scalar[] = [];
    try {
      const { value, grads } = this.optimizer.computeGradients(() => {
        const outputs = this.model.forward(batch.inputs, dropoutKey);
        for (const metric of this.metrics) metrics.push(keep(metric.sum(outputs, batch)));
        return this.task.loss(outputs, batch);
      }, this.#parameters);
      return { loss: value, metrics, gradients: grads };
    } catch (error) {
      dispose(metrics);
      throw error;
    }
  }

  /** Takes a step of the optimizer; a parameter without a gradient stays. The caller keeps the gradients. */
  update(gradients: NamedTensorMap): void {
    // Including missing ones: stock optimizers keep their state by position.
    const list = this.#parameters.map(({ name }) => ({ name, tensor: gradients[name] }));
    this.optimizer.applyGradients(list);
  }
}
