import { requireNumber } from '@harmonic-mlp/core';

/** What one training of a contender gives. */
export interface Figures {
  /** The error on data that was not trained on, by which learning rates are compared; Infinity for a run that diverged. */
  readonly validation: number;
  readonly [name: string]: number;
}

/** A kind of network whose learning rate is to be tuned. */
export interface Contender<F extends Figures = Figures> {
  readonly name: string;
  /** The learning rates to compare, in ascending order; one that is given alone is not compared. */
  readonly rates: readonly number[];
  /** Trains a new network. */
  train(run: { readonly learningRate: number; readonly seed: number }): Promise<F>;
}

/** The result of {@link tuneAndRepeat}. */
export interface Tuned<F extends Figures = Figures> {
  readonly name: string;
  /** The best learning rate. */
  readonly learningRate: number;
  /** The validation error of each rate with seed 0; empty for a single rate. */
  readonly tuning: readonly { readonly learningRate: number; readonly validation: number }[];
  /** The figures of seeds 1, 2, … with the best rate. */
  readonly runs: readonly F[];
}

/** How many rates may be added to a grid at each end. */
const mostSteps = 3;

/**
 * Tunes the learning rate by the validation error of seed 0, then trains with the best one from seeds 1, 2, …. While the best
 * rate is the lowest or highest of the grid, the grid grows by its last ratio.
 */
export async function tuneAndRepeat<F extends Figures>(
  { name, rates, train }: Contender<F>,
  { seeds, onProgress }: { seeds: number; onProgress: (where: string) => void },
): Promise<Tuned<F>> {
  requireNumber('seeds', seeds, { integer: true, min: 1 });
  const tuning: { learningRate: number; validation: number }[] = [];
  const isTuned = rates.length > 1;
  const tryRate = async (learningRate: number) => {
    onProgress(`${name}, tuning, learning rate ${learningRate}`);
    const { validation } = await train({ learningRate, seed: 0 });
    tuning.push({ learningRate, validation });
    tuning.sort((a, b) => a.learningRate - b.learningRate);
  };
  const bestPlace = () => {
    const errors = tuning.map(({ validation }) => (Number.isNaN(validation) ? Infinity : validation));
    return errors.indexOf(Math.min(...errors));
  };
  if (isTuned) {
    for (const rate of rates) await tryRate(rate);
    const [low, high] = [rates[1] / rates[0], rates[rates.length - 1] / rates[rates.length - 2]];
    for (let step = 0; step < mostSteps && bestPlace() === 0; step++)
      await tryRate(rounded(tuning[0].learningRate / low));
    for (let step = 0; step < mostSteps && bestPlace() === tuning.length - 1; step++)
      await tryRate(rounded(tuning[tuning.length - 1].learningRate * high));
  }
  const learningRate = isTuned ? tuning[bestPlace()].learningRate : rates[0];
  const runs: F[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    onProgress(`${name}, learning rate ${learningRate}, seed ${seed} of ${seeds}`);
    runs.push(await train({ learningRate, seed }));
  }
  return { name, learningRate, tuning, runs };
}

/** Without the last digits, which come from rounding. */
const rounded = (rate: number): number => Number(rate.toPrecision(6));
