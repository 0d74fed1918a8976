import { type KnownOptions, requireNumber, requireOneOf, requireOptions } from '@harmonic-mlp/core';
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import { requireSetting } from '../../setting';
import type { Callback, Run } from '../callback';
import { copyNamed, copyWeights, named, putBack } from '../weights';
import { metricOf, modeOf } from './metric-of';

/** Settings of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** The validation metric to monitor: `loss` (default), `accuracy`, or another metric by its name. */
  metric?: string;
  /** Whether lower (`min`) or higher (`max`) is better. Default: `min` for a loss or an error, such as `rmse`, by its name; otherwise `max`. */
  mode?: 'min' | 'max';
  /** How many evaluations in a row without an improvement are tolerated; the next one ends the run. Default 5. */
  patience?: number;
  /** By how much a value must beat the best one to count as an improvement, at least 0. Default 0. */
  minDelta?: number;
  /** Whether to leave the best weights in the model, rather than the last ones. Default true. */
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
 * Ends a run when a validation metric has stopped improving, and restores the best weights. A checkpoint of its end has them as
 * the model; a resumed run continues with the last ones, or ends at once if its `patience` is over already.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds; in the run, if there is no `validation`, or if its
 *   evaluations do not have the metric.
 * @example
 * ```ts
 * await model.fit(train, { epochs: 100, validation: test, callbacks: [earlyStopping({ patience: 3 })] });
 * ```
 */
export function earlyStopping(options?: EarlyStoppingOptions): Callback {
  const {
    metric = 'loss',
    mode = modeOf(metric),
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
  /** The weights that training continues with, while the best are in the model at the end of a run. */
  let last: Tensor[] = [];

  const isBetter = (value: number) =>
    best === undefined || (mode === 'min' ? value < best - minDelta : value > best + minDelta);

  const stopIfWorse = (run: Run) => {
    if (bad > patience)
      run.stop(
        `The validation ${metric} has not improved on ${Number(best!.toPrecision(6))} in ${bad} ${bad === 1 ? 'evaluation' : 'evaluations'}.`,
      );
  };
  return {
    name: 'earlyStopping',
    needsValidation: true,
    onStart(_, run) {
      if (last.length > 0) {
        putBack(run.model, last);
        dispose(last);
        last = [];
      }
      stopIfWorse(run);
    },
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
      stopIfWorse(run);
    },
    onEnd(_, { model }) {
      if (weights.length === 0) return;
      last = copyWeights(model);
      putBack(model, weights);
    },
    saveState: () => ({
      values: { metric, mode, best: best ?? null, bad },
      tensors: { ...named('', weights), ...named('last.', last) },
    }),
    loadState({ values, tensors }) {
      // Older files do not say the metric.
      const saved = { metric, mode, ...values } as {
        metric: string;
        mode: string;
        best: number | null;
        bad: number;
      };
      last = copyNamed('last.', tensors);
      if (saved.metric !== metric || saved.mode !== mode) return;
      best = saved.best ?? undefined;
      bad = saved.bad;
      weights = copyNamed('', tensors);
    },
    dispose() {
      dispose([weights, last]);
      weights = [];
      last = [];
      best = undefined;
      bad = 0;
    },
  };
}
