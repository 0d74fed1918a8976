import { executorOf, type ProgramExecutor, type ProgramOutputs } from '@harmonic-mlp/core/program';
import { dispose, getBackend, keep, type Scalar, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { EpochBatch, Examples } from '../data';
import type { Model } from '../model';
import { isPure } from '../pure';
import { lossOf, type Metric, sumOf, type Task } from '../tasks';
import {
  type BatchResult,
  type BatchWork,
  CapturedBatches,
  noExecutor,
  type StepResult,
} from './captured-batches';

/** How the batches of an evaluation are computed. */
export interface Computation {
  /** Whether by a program. Default: if all that is computed is known to be pure. */
  readonly capture?: boolean | undefined;
  /** What executes it; undefined if nothing can. Default: the executor of the backend. */
  executor?(): ProgramExecutor | undefined;
}

/** The loss and the metrics of batches in inference mode, by programs where that is possible. The weights stay as they are. */
export class CapturedEvaluation<B extends Examples> implements BatchWork<B> {
  readonly #model: Model;
  readonly #task: Task<B>;
  readonly #metrics: readonly Metric<B>[];
  readonly #computation: Computation;
  readonly #batches = new CapturedBatches<B>(this);
  readonly #states = {};

  constructor(model: Model, task: Task<B>, metrics: readonly Metric<B>[], computation: Computation) {
    this.#model = model;
    this.#task = task;
    this.#metrics = metrics;
    this.#computation = computation;
  }

  /** Evaluates a batch. */
  evaluate(batch: EpochBatch<B>): StepResult {
    return this.#batches.take(batch, () => [0, 0]);
  }

  dispose(): void {
    this.#batches.dispose();
  }

  obstacle(): string | undefined {
    const { capture } = this.#computation;
    const functions = [this.#task.loss, ...this.#metrics.map(({ sum }) => sum)];
    const isKnown = this.#model.isPure === true && functions.every(isPure);
    if (capture === false || (!isKnown && capture === undefined))
      return 'it may not do the same with each batch';
    return this.executor() === undefined ? noExecutor() : undefined;
  }

  executor(): ProgramExecutor | undefined {
    const { executor } = this.#computation;
    return executor === undefined ? executorOf(getBackend()) : executor();
  }

  take(batch: B): BatchResult {
    const metrics: Tensor[] = [];
    try {
      const loss = tidy(() => {
        const outputs = this.#model.forward(batch.inputs);
        for (const metric of this.#metrics) metrics.push(keep(sumOf(metric, outputs, batch)));
        return keep(lossOf(this.#task, outputs, batch)) as Scalar;
      });
      return { loss, metrics };
    } catch (error) {
      dispose(metrics);
      throw error;
    }
  }

  states(): Record<string, Tensor> {
    return this.#states;
  }

  numbers(): Record<string, number> {
    return {};
  }

  unshare(): boolean {
    return false;
  }

  execute(...[compiled, scalars]: Parameters<BatchWork<B>['execute']>): ProgramOutputs {
    return compiled.execute(scalars);
  }

  onRefused(): void {}
}
