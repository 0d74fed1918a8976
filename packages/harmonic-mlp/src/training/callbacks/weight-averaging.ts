import { type KnownOptions, requireNumber, requireOptions } from '@harmonic-mlp/core';
import { add, dispose, keep, mul, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Position } from '../../records';
import type { Callback, Run } from '../callback';
import { copyNamed, copyWeights, named, putBack } from '../weights';

/** Settings of {@link weightAveraging}. */
export interface WeightAveragingOptions {
  /** d, in [0, 1): the fraction of the average that stays at each step. Default 0.999. */
  decay?: number;
  /** The first epoch whose weights are averaged, counted from 1. Default 1. */
  startEpoch?: number;
}

const known: KnownOptions<WeightAveragingOptions> = { decay: true, startEpoch: true };

/**
 * Keeps an exponential moving average of all variables of the model, `a ← d·a + (1 − d)·w` after each step (Polyak and
 * Juditsky, 1992). Validations use it, files contain it as the model, and the run leaves it in the model. Training itself
 * continues with the weights that are not averaged, in a resumed run too.
 *
 * @throws {HarmonicError} `INVALID_ARGUMENT` for an option out of bounds.
 * @example
 * ```ts
 * await model.fit(train, { validation: test, callbacks: [weightAveraging({ decay: 0.99 })] });
 * ```
 */
export function weightAveraging(options?: WeightAveragingOptions): Callback {
  const { decay = 0.999, startEpoch = 1 } = requireOptions(
    'options',
    options,
    'weightAveraging({ decay: 0.99 })',
    known,
  );
  requireNumber('decay', decay, { min: 0, below: 1 });
  requireNumber('startEpoch', startEpoch, { integer: true, min: 1 });

  let average: Tensor[] = [];
  /** The weights that training continues with, while the average is in the model. */
  let trained: Tensor[] = [];
  /** Whether the average lacks the last step. */
  let isBehind = false;
  const catchUp = ({ epoch }: Position, { model }: Run) => {
    if (!isBehind) return;
    isBehind = false;
    if (epoch < startEpoch) return;
    if (average.length === 0) {
      average = copyWeights(model);
      return;
    }
    const next = Object.values(model.variables).map((variable, i) =>
      tidy(() => keep(add(mul(average[i], decay), mul(variable as Tensor, 1 - decay)))),
    );
    dispose(average);
    average = next;
  };
  return {
    name: 'weightAveraging',
    beforeStep(_, { model }) {
      isBehind = true;
      if (trained.length === 0) return;
      putBack(model, trained);
      dispose(trained);
      trained = [];
    },
    onStep: catchUp,
    onPause(position, run) {
      // The checkpoint of another callback may come before this one's onStep.
      catchUp(position, run);
      if (average.length === 0 || trained.length > 0) return;
      trained = copyWeights(run.model);
      putBack(run.model, average);
    },
    saveState: () => ({ tensors: { ...named('average.', average), ...named('trained.', trained) } }),
    loadState({ tensors }) {
      average = copyNamed('average.', tensors);
      trained = copyNamed('trained.', tensors);
    },
    dispose() {
      dispose([average, trained]);
      average = [];
      trained = [];
      isBehind = false;
    },
  };
}
