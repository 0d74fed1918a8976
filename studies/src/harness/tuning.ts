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

/** The result of {@link tune}. */
export interface BestRate {
  readonly learningRate: number;
  /** The validation error of each rate, the mean over the seeds it was tuned with, Infinity if one diverged; empty for a single rate. */
  readonly tuning: readonly { readonly learningRate: number; readonly validation: number }[];
}

/** The result of {@link tuneAndRepeat}. */
export interface Tuned<F extends Figures = Figures> extends BestRate {
  readonly name: string;
  /** The figures of seeds 1, 2, … with the best rate. */
  readonly runs: readonly F[];
}

type Report = (where: string) => void;

/** What a rate is tuned with. */
interface TuneOptions {
  /** Default: seed 0 alone. */
  readonly tuningSeeds?: readonly number[];
  readonly onProgress: Report;
}

/** How many rates may be added to a grid at each end. */
const mostSteps = 3;

/**
 * Finds the learning rate with the least validation error. While the best rate is the lowest or highest of the grid, the
 * grid grows by its last ratio.
 */
export async function tune(
  { name, rates, train }: Contender,
  { tuningSeeds = [0], onProgress }: TuneOptions,
): Promise<BestRate> {
  const [only, ...more] = rates;
  if (more.length === 0) return { learningRate: only, tuning: [] };
  const tuning: { learningRate: number; validation: number }[] = [];
  const tryRate = async (learningRate: number) => {
    onProgress(`${name}, tuning, learning rate ${learningRate}`);
    let validation = 0;
    for (const seed of tuningSeeds)
      validation += (await train({ learningRate, seed })).validation / tuningSeeds.length;
    tuning.push({
      learningRate,
      validation: Number.isNaN(validation) ? Number.POSITIVE_INFINITY : validation,
    });
    tuning.sort((a, b) => a.learningRate - b.learningRate);
  };
  const bestPlace = () => {
    const errors = tuning.map(({ validation }) => validation);
    return errors.indexOf(Math.min(...errors));
  };
  for (const rate of rates) await tryRate(rate);
  const [low, high] = [rates[1] / rates[0], rates[rates.length - 1] / rates[rates.length - 2]];
  for (let step = 0; step < mostSteps && bestPlace() === 0; step++)
    await tryRate(rounded(tuning[0].learningRate / low));
  for (let step = 0; step < mostSteps && bestPlace() === tuning.length - 1; step++)
    await tryRate(rounded(tuning[tuning.length - 1].learningRate * high));
  return { learningRate: tuning[bestPlace()].learningRate, tuning };
}

/** Trains from seeds 1, 2, …, which were not used to tune. */
export async function repeat<F extends Figures>(
  { name, train }: Contender<F>,
  { learningRate, seeds, onProgress }: { learningRate: number; seeds: number; onProgress: Report },
): Promise<F[]> {
  requireNumber('seeds', seeds, { integer: true, min: 1 });
  const runs: F[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    onProgress(`${name}, learning rate ${learningRate}, seed ${seed} of ${seeds}`);
    runs.push(await train({ learningRate, seed }));
  }
  return runs;
}

/** Tunes the learning rate of a contender, then trains it with the best one. */
export async function tuneAndRepeat<F extends Figures>(
  contender: Contender<F>,
  { seeds, ...options }: TuneOptions & { seeds: number },
): Promise<Tuned<F>> {
  const { onProgress } = options;
  const best = await tune(contender, options);
  const runs = await repeat(contender, { ...best, seeds, onProgress });
  return { name: contender.name, ...best, runs };
}

/** Tunes several contenders, such as those that differ in an option, and trains the best one from more seeds. */
export async function tuneAndChoose<C extends Contender<F>, F extends Figures>(
  contenders: readonly (C & Contender<F>)[],
  { seeds, ...options }: TuneOptions & { seeds: number },
): Promise<BestRate & { readonly contender: C; readonly runs: readonly F[] }> {
  const tuned = [];
  for (const contender of contenders) tuned.push({ contender, ...(await tune(contender, options)) });
  const best = tuned.reduce((a, b) => (errorOf(b) < errorOf(a) ? b : a));
  const { onProgress } = options;
  const runs = await repeat(best.contender, { ...best, seeds, onProgress });
  return { ...best, runs };
}

/** The validation error at the best rate. */
const errorOf = ({ tuning }: BestRate): number => Math.min(...tuning.map(({ validation }) => validation));

/** Without the last digits, which come from rounding. */
const rounded = (rate: number): number => Number(rate.toPrecision(6));
