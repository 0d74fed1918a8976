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

/** What a batch says of a model; whoever asked for it disposes it, by {@link Learner.update} or by hand. */
export interface BatchGradients {
  /** The mean loss of the batch. */
  readonly loss: Scalar;
  /** The sums of the metrics over the batch, in their order. */
  readonly metrics: Scalar[];
  /** The gradients of the loss by the variables' names. */
  readonly gradients: NamedTensorMap;
}

/**
 * A model, a task and an optimizer. What a step does are two calls, between which gradients can be accumulated over several
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

  /** @param metrics what is measured beside the loss. Default: what the task measures. */
  constructor(
    /** The model that is trained. */
    readonly model: Model,
    /** What steps. */
    readonly optimizer: Optimizer,
    /** What it is trained for. */
    readonly task: Task<B>,
    /** What is measured beside the loss. */
    readonly metrics: readonly Metric<B>[] = task.metrics,
  ) {
    this.#parameters = Object.values(model.parameters);
  }

  /**
   * The loss, the metrics and the gradients of a batch, as the model is. Statistics of the model move; parameters do not.
   *
   * @param dropoutKey the random stream of the dropout masks; a new one for each batch.
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

  /** One step of the optimizer; a parameter without a gradient stays. The gradients stay the caller's. */
  update(gradients: NamedTensorMap): void {
    // With its holes: stock optimizers keep their state by position.
    const list = this.#parameters.map(({ name }) => ({ name, tensor: gradients[name] }));
    this.optimizer.applyGradients(list);
  }
}
