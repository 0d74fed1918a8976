import {
  HarmonicError,
  type KnownOptions,
  requireNumber,
  requireOneOf,
  requireOptions,
} from '@harmonic-mlp/core';
import { clone, dispose, keep, type Tensor } from '@tensorflow/tfjs-core';
import type { Evaluation } from '../../records';
import { requireSetting } from '../../setting';
import type { Callback, Run } from '../callback';
import { copyWeights, putBack } from '../weights';

/** Settings of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** What is watched of the validation: `loss` (default), `accuracy`, or another metric by its name. */
  metric?: string;
  /** Whether lower (`min`) or higher (`max`) is better. Default: `min` for a loss, `max` for everything else. */
  mode?: 'min' | 'max';
  /** How many evaluations in a row without a better value are tolerated: the next one ends the run. Default 5. */
  patience?: number;
  /** By how much a value must be better than the best to count, at least 0. Default 0. */
  minDelta?: number;
  /** Whether the run leaves the model with the weights that were the best, rather than with the last ones. Default true. */
  restoreBest?: boolean;
}

const known: KnownOptions<EarlyStoppingOptions> = {
  metric: true,
  mode: true,
  patience: true,
  minDelta: true,
  restoreBest: true,
};

/**
 * Ends a run when a metric of the validation data has stopped getting better, and puts the best weights back.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds; in the run, for one without `validation`, or whose
 *   evaluations do not have the metric.
 * @example
 * ```ts
 * await model.fit(train, { epochs: 100, validation: test, callbacks: [earlyStopping({ patience: 3 })] });
 * ```
 */
export function earlyStopping(options?: EarlyStoppingOptions): Callback {
  const {
    metric = 'loss',
    mode = metric === 'loss' ? 'min' : 'max',
    patience = 5,
    minDelta = 0,
    restoreBest = true,
  } = requireOptions('options', options, 'earlyStopping({ patience: 3 })', known);
  requireSetting('metric', metric, { kind: 'text' });
  requireOneOf('mode', mode, ['min', 'max']);
  requireNumber('patience', patience, { integer: true, min: 0 });
  requireNumber('minDelta', minDelta, { min: 0 });
  requireSetting('restoreBest', restoreBest, { kind: 'flag', default: true });

  let best: number | undefined;
  let bad = 0;
  let weights: Tensor[] = [];

  const isBetter = (value: number) =>
    best === undefined || (mode === 'min' ? value < best - minDelta : value > best + minDelta);

  return {
    name: 'earlyStopping',
    onEvaluate({ validation }, run) {
      const value = metricOf(validation, metric);
      if (isBetter(value)) {
        best = value;
        bad = 0;
        if (restoreBest) {
          dispose(weights);
          weights = copyWeights(run.model);
        }
        return;
      }
      bad += 1;
      if (bad > patience)
        run.stop(`The validation ${metric} has not been better than ${best} for ${bad} evaluations.`);
    },
    onEpoch({ validation }) {
      if (validation !== undefined) return;
      throw new HarmonicError('INVALID_ARGUMENT', {
        argument: 'validation',
        value: undefined,
        problem: 'earlyStopping watches the validation data, and there are none.',
        fix: 'Give fit { validation }.',
      });
    },
    onEnd(_, { model }: Run) {
      if (weights.length > 0) putBack(model, weights);
    },
    saveState: () => ({
      values: { best: best ?? null, bad },
      tensors: Object.fromEntries(weights.map((tensor, i) => [String(i), tensor])),
    }),
    loadState({ values, tensors }) {
      const saved = values as { best: number | null; bad: number };
      best = saved.best ?? undefined;
      bad = saved.bad;
      dispose(weights);
      weights = Object.values(tensors ?? {}).map((tensor) => keep(clone(tensor)));
    },
    dispose: () => dispose(weights),
  };
}

function metricOf(validation: Evaluation, metric: string): number {
  const value = validation[metric];
  if (typeof value === 'number') return value;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: 'metric',
    value: metric,
    allowed: `one of ${Object.keys(validation).join(', ')}`,
  });
}
