import { HarmonicError, type KnownOptions, requireNumber, requireOptions } from '@harmonic-mlp/core';
import {
  batchesInOrder,
  checkedBatches,
  type ExampleSource,
  type Examples,
  findUnusableData,
  requireSource,
} from '../data';
import { type Model, requireModel } from '../model';
import type { Evaluation } from '../records';
import {
  type AccuracyOf,
  type Batch,
  classification,
  type Metric,
  metricValue,
  requireMetrics,
  requireTask,
  type Task,
} from '../tasks';
import { throwIfAborted } from './abort';
import type { StepResult } from './captured-batches';
import { CapturedEvaluation, type Computation } from './captured-evaluation';
import { requireSignal } from './fit-options';
import { type LastChange, lastChangeOf } from './in-use';
import { Pacer } from './pacer';
import { disposeResults, readResults } from './step-results';

/** Options of an evaluation. */
export interface EvaluateOptions<B extends Examples = Batch> {
  /** The number of examples in a batch, at least 1; it only affects speed and memory. Default 256. */
  batchSize?: number;
  /** The task that the model was trained for. Default: that of a `HarmonicMLP`, otherwise `classification`. */
  task?: Task<B>;
  /** What to measure besides the loss and the task's own metrics. Default: nothing. */
  metrics?: readonly Metric<B>[];
  /** Ends the evaluation early, with the signal's reason as the error. */
  signal?: AbortSignal;
}

const known: KnownOptions<EvaluateOptions> = { batchSize: true, task: true, metrics: true, signal: true };

/** Evaluates any model in inference mode; see {@link HarmonicMLP.evaluate}. */
export const evaluate = <B extends Examples>(
  model: Model,
  data: ExampleSource<B>,
  options?: EvaluateOptions<B>,
): Promise<Evaluation<AccuracyOf<B>>> => evaluateBy({}, model, data, options);

/** Like {@link evaluate}, computed in some way. */
export async function evaluateBy<B extends Examples>(
  computation: Computation,
  model: Model,
  data: ExampleSource<B>,
  options?: EvaluateOptions<B>,
): Promise<Evaluation<AccuracyOf<B>>> {
  requireModel(model);
  requireSource('The data to evaluate', data, model.inputSize);
  const {
    batchSize = 256,
    signal,
    task = classification as Task<Examples> as Task<B>,
    metrics: others = [],
  } = requireOptions(
    'options',
    options,
    'model.evaluate(test, { batchSize: 256 })',
    known as KnownOptions<EvaluateOptions<B>>,
  );
  requireNumber('batchSize', batchSize, { integer: true, min: 1 });
  requireSignal(signal);
  requireTask(task).requireData('The data to evaluate', data, model.outputSize);
  requireMetrics('metrics', others, task.metrics);
  throwIfAborted(signal);
  const metrics = [...task.metrics, ...others];
  const lastChange = lastChangeOf(model);
  const pacer = new Pacer();
  const sizes: number[] = [];
  const results: StepResult[] = [];
  const evaluation = new CapturedEvaluation(model, task, metrics, computation);
  try {
    for await (const batch of batchesInOrder(data, { batchSize, signal }, task)) {
      try {
        requireUnchanged(model, lastChange);
        results.push(evaluation.evaluate(batch));
      } finally {
        batch.dispose();
      }
      sizes.push(batch.size);
      await pacer.turn();
      throwIfAborted(signal);
    }
    throwIfAborted(signal);
    const values = await readResults(results.splice(0));
    const bad = values.findIndex(([[loss]]) => !Number.isFinite(loss));
    if (bad >= 0) await requireUsableBatch(bad);
    const loss = sizes.reduce((total, size, i) => total + values[i][0][0] * size, 0) / data.size;
    const totals = metrics.map((): number[] => []);
    for (const [, ...batchSums] of values) {
      for (const [i, sums] of batchSums.entries())
        sums.forEach((sum, k) => {
          totals[i][k] = (totals[i][k] ?? 0) + sum;
        });
    }
    const measured = metrics.map((metric, i) => [metric.name, metricValue(metric, totals[i], data.size)]);
    return { loss, ...Object.fromEntries(measured) } as Evaluation<AccuracyOf<B>>;
  } finally {
    evaluation.dispose();
    disposeResults(results);
  }

  /** The data may be the cause of a loss that is not finite. */
  async function requireUsableBatch(start: number): Promise<void> {
    const request = { batchSize, start, signal };
    const fault = await findUnusableData(data, checkedBatches(data, request, task), {
      request,
      count: 1,
      findTarget: (batch) => task.findUnusable(batch, model.outputSize),
      nameOf: (batch) => `batch ${batch} of ${batchSize}`,
    }).catch(() => undefined);
    if (fault !== undefined) throw new HarmonicError('INVALID_DATA', fault);
  }
}

function requireUnchanged(model: Model, lastChange: LastChange): void {
  if (lastChangeOf(model) === lastChange) return;
  throw new HarmonicError('IN_USE', {
    argument: 'model',
    problem: 'The model was trained while it was being evaluated.',
    fix: 'Await fit before evaluate, or await evaluate in onEpoch, while fit waits.',
  });
}
