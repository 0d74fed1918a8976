import { type KnownOptions, requireNumber, requireOptions } from '@harmonic-mlp/core';
import { add, clone, dispose, keep, mul, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Callback, Run } from '../callback';
import { copyWeights, putBack } from '../weights';

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

  const useTrained = ({ model }: Run) => {
    if (trained.length === 0) return;
    putBack(model, trained);
    dispose(trained);
    trained = [];
  };

  return {
    name: 'weightAveraging',
    beforeStep: (_, run) => useTrained(run),
    onStep({ epoch }, { model }) {
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
    },
    onPause(_, { model }) {
      if (average.length === 0 || trained.length > 0) return;
      trained = copyWeights(model);
      putBack(model, average);
    },
    saveState: () => ({
      values: {},
      tensors: Object.fromEntries([
        ...average.map((tensor, i) => [`average.${i}`, tensor] as const),
        ...trained.map((tensor, i) => [`trained.${i}`, tensor] as const),
      ]),
    }),
    loadState({ tensors = {} }) {
      const of = (kind: string) =>
        Object.entries(tensors)
          .filter(([name]) => name.startsWith(`${kind}.`))
          .map(([, tensor]) => keep(clone(tensor)));
      dispose([average, trained]);
      average = of('average');
      trained = of('trained');
    },
    dispose: () => dispose([average, trained]),
  };
}
