import { HarmonicError, type KnownOptions, requireNumber, requireOptions } from '@harmonic-mlp/core';
import { type OptimizerName, setLearningRate } from '@harmonic-mlp/freq-optimizer';
import { Optimizer } from '@tensorflow/tfjs-core';
import type { EpochBatch, ExampleSource, Examples } from '../data';
import { type Model, requireModel } from '../model';
import { refused } from '../refused';
import type { Batch } from '../tasks';
import { createOptimizer, type OptimizerOptions } from './create-optimizer';
import { type FitOptions, requireFitOptions } from './fit-options';
import { Pacer } from './pacer';
import { prepareRun } from './prepare-run';
import { type RateSuggestions, suggestRates } from './rate-suggestions';
import { snapshotsOf } from './snapshot';

/** Options of {@link lrRangeTest}; the defaults are those of the published experiment. */
export interface LrRangeTestOptions<B extends Examples = Batch>
  extends Pick<FitOptions<B>, 'batchSize' | 'dropLast' | 'seed' | 'task' | 'signal' | 'capture' | 'threads'> {
  /** The first learning rate, greater than 0. Default 1e-7. */
  start?: number;
  /** The last learning rate, greater than `start`. Default 10. */
  end?: number;
  /** The number of steps from the first rate to the last, at least 1: one batch more than this is trained on. Default 100. */
  steps?: number;
  /** The weight of the earlier losses in the smoothed one, in [0, 1). Default 0.95. */
  smoothing?: number;
  /** The test ends when the smoothed loss is more than this many times its lowest value, if that is above 0; at least 1. Default 4. */
  divergence?: number;
  /**
   * The optimizer to test: the name of one, or its settings as for {@link createOptimizer}. It starts without state, and its own
   * learning rate is not used. Default: `adam`.
   */
  optimizer?: OptimizerName | OptimizerOptions;
  /** Called after each step. */
  onStep?: (point: RangeTestPoint) => unknown;
}

/** One step of a range test. */
export interface RangeTestPoint {
  /** The number of the step, from 0. */
  readonly step: number;
  /** The rate of the step. */
  readonly learningRate: number;
  /** The loss of the batch, before the step. */
  readonly loss: number;
  /** `s ← smoothing·s + (1 − smoothing)·loss`; the first one is the loss itself. */
  readonly smoothed: number;
}

/** What a range test has found. */
export interface RangeTestResult {
  /** The steps whose loss is finite, in order. */
  readonly points: readonly RangeTestPoint[];
  /** Why it ended, unless it reached the last rate: the loss grew too far, was not finite, or the signal was aborted. */
  readonly ended?: 'diverged' | 'notFinite' | 'aborted';
  /** What the curve of smoothed losses suggests. */
  readonly suggestions: RateSuggestions;
}

const numbers = {
  start: { above: 0 },
  end: { above: 0 },
  steps: { integer: true, min: 1 },
  smoothing: { min: 0, below: 1 },
  divergence: { min: 1 },
} as const;

const known: KnownOptions<LrRangeTestOptions> = {
  start: true,
  end: true,
  steps: true,
  smoothing: true,
  divergence: true,
  optimizer: true,
  onStep: true,
  batchSize: true,
  dropLast: true,
  seed: true,
  task: true,
  signal: true,
  capture: true,
  threads: true,
};

/** A learning-rate range test of any model; see {@link HarmonicMLP.lrRangeTest}. */
export async function lrRangeTest<B extends Examples = Batch>(
  model: Model,
  train: ExampleSource<B>,
  options?: LrRangeTestOptions<B>,
): Promise<RangeTestResult> {
  requireModel(model);
  const given = requireOptions(
    'options',
    options,
    'lrRangeTest(model, train, { end: 1 })',
    known as KnownOptions<LrRangeTestOptions<B>>,
  );
  for (const [name, bounds] of Object.entries(numbers)) {
    const value = given[name as keyof typeof numbers];
    if (value !== undefined) requireNumber(name, value, bounds);
  }
  const { start = 1e-7, end = 10, steps = 100, smoothing = 0.95, divergence = 4, onStep, ...others } = given;
  if (end <= start) throw refused('end', end, `more than start, which is ${start}`);
  if (!Number.isFinite(end / start))
    throw refused('end', end, `less than 1e300 times start, which is ${start}`);
  if (onStep != null && typeof onStep !== 'function')
    throw refused('onStep', onStep, 'a function that takes the point');
  const { optimizer: chosen = 'adam', ...ofRun } = others;
  if (typeof chosen !== 'string' && (Object(chosen) !== chosen || chosen instanceof Optimizer))
    throw refused('optimizer', chosen, "a name or settings, such as { optimizer: 'sgd', clipNorm: 1 }");
  const optimizer = createOptimizer(
    model,
    typeof chosen === 'string' ? { optimizer: chosen } : (chosen as OptimizerOptions),
  );
  try {
    const prepared = prepareRun(
      model,
      train,
      requireFitOptions(model, train, { ...ofRun, optimizer, schedule: null, steps: steps + 1 }),
    );
    const { run, plan } = prepared;
    const weights = snapshotsOf(model)();
    let failure: unknown[] = [];
    const points: RangeTestPoint[] = [];
    let lowest = Infinity;
    let ended: RangeTestResult['ended'];
    try {
      await model.prepare?.(train);
      await run.start();
      const pacer = new Pacer();
      while (ended === undefined && points.length <= steps) {
        for await (const batch of plan.batches(run.position)) {
          ended = await take(batch);
          if (ended !== undefined || points.length > steps) break;
          const turn = pacer.turn();
          if (turn !== undefined) await turn;
        }
        if (given.signal?.aborted && points.length <= steps) ended ??= 'aborted';
        if (run.position.step === run.position.stepsPerEpoch) run.endEpoch(undefined, 0);
      }
    } catch (error) {
      failure = [run.reasonOf(error)];
    }
    try {
      if (!model.isDisposed) weights.restore();
    } finally {
      weights.dispose();
      prepared.release(...failure);
    }
    const suggestions = suggestRates(
      points.map(({ learningRate }) => learningRate),
      points.map(({ smoothed }) => smoothed),
    );
    return { points, ...(ended && { ended }), suggestions };

    async function take(batch: EpochBatch<B>): Promise<RangeTestResult['ended']> {
      const step = points.length;
      const learningRate = start * (end / start) ** (step / steps);
      try {
        if (given.signal?.aborted) return 'aborted';
        setLearningRate(optimizer, learningRate);
        run.take(batch);
      } finally {
        batch.dispose();
      }
      const { losses } = (await run.readMetrics())!;
      const { starting } = run;
      if (starting !== undefined) await starting;
      const loss = losses[0];
      if (!Number.isFinite(loss)) {
        const { epoch, step: at } = run.position;
        // Of data that cannot be read again, nothing can be said.
        const fault = await plan.findFault(epoch, at, at).catch(() => undefined);
        if (fault !== undefined) throw new HarmonicError('INVALID_DATA', fault);
        return 'notFinite';
      }
      const before = points.at(-1)?.smoothed;
      const smoothed = before === undefined ? loss : smoothing * before + (1 - smoothing) * loss;
      const point = { step, learningRate, loss, smoothed };
      points.push(point);
      await onStep?.(point);
      lowest = Math.min(lowest, smoothed);
      // Of a loss that is not above 0, there is no multiple that is larger.
      return lowest > 0 && smoothed > divergence * lowest ? 'diverged' : undefined;
    }
  } finally {
    optimizer.dispose();
  }
}
