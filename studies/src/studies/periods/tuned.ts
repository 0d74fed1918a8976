import type { HarmonicMLPOptions } from 'harmonic-mlp';
import type { MadeDataset } from 'harmonic-mlp/made-data';
import {
  type Contender,
  type Figures,
  type Setting,
  type Tuned,
  trainRegression,
  tuneAndRepeat,
} from '../../harness';
import { examplesOf, proposedFor, varianceOf } from './functions';

/** A network and what is tuned of it besides the learning rate. */
interface Network {
  readonly name: string;
  readonly model: HarmonicMLPOptions;
  readonly isProposed?: boolean;
  /** The angular frequencies of a SIREN to choose from. */
  readonly omegas?: readonly number[];
}

export const networks: readonly Network[] = [
  { name: 'harmonic, proposed periods', model: {}, isProposed: true },
  { name: 'SIREN', model: { activation: 'siren' }, omegas: [3, 10, 30, 100] },
  { name: 'tanh', model: { activation: 'tanh' } },
  { name: 'GELU', model: { activation: 'gelu' } },
  { name: 'ReLU', model: { activation: 'relu' } },
];

/** The hidden layers of the two comparisons: 193 and 1,153 parameters. */
export const shapes: readonly (readonly number[])[] = [[64], [32, 32]];

interface Errors extends Figures {
  /** The fraction of the test targets' variance that remains unexplained. */
  readonly test: number;
}

export interface TunedNetwork extends Tuned<Errors> {
  readonly omega?: number;
}

const rates = [1e-3, 3e-3, 1e-2, 3e-2];

/** Learns a function with each network, whose learning rate, and ω of a SIREN, are tuned on validation data. */
export async function learnTuned(
  dataset: MadeDataset,
  hidden: readonly number[],
  { seeds, quick, onProgress }: Setting,
): Promise<TunedNetwork[]> {
  const { train, validation, test } = examplesOf(dataset, quick ? 16 : 256);
  const variance = varianceOf(test);
  const results: TunedNetwork[] = [];
  for (const { name, model, isProposed, omegas } of networks) {
    const contender = (
      label: string,
      tried: readonly number[],
      own: HarmonicMLPOptions = {},
    ): Contender<Errors> => ({
      name: `${dataset.name}, ${hidden.join('-')}, ${label}`,
      rates: tried,
      async train({ learningRate, seed }) {
        const given = { hidden, ...model, ...own };
        const options = isProposed
          ? await proposedFor(train, { ...given, seed })
          : { ...given, standardizeInputs: true };
        const errors = await trainRegression(
          {
            model: { inputSize: 1, ...options },
            ...{ train, steps: quick ? 2 : 1600, batchSize: 32, schedule: 'cosine', learningRate, seed },
          },
          { validation, test },
        );
        return { validation: errors.validation, test: errors.test ** 2 / variance };
      },
    });
    const grid = quick ? rates.slice(0, 1) : rates;
    if (omegas === undefined) {
      const { name: _, ...tuned } = await tuneAndRepeat(contender(name, grid), { seeds, onProgress });
      results.push({ name, ...tuned });
    } else {
      const { omega, learningRate, tuning } = await tuneOmega(quick ? omegas.slice(0, 1) : omegas);
      const best = contender(`${name} ω ${omega}`, [learningRate], { omega });
      const { runs } = await tuneAndRepeat(best, { seeds, onProgress });
      results.push({ name, omega, learningRate, tuning, runs });
    }

    /** The ω with the least validation error at its best rate. */
    async function tuneOmega(all: readonly number[]) {
      let best: { omega: number; error: number; learningRate: number; tuning: Tuned['tuning'] } | undefined;
      for (const omega of all) {
        const label = `${name} ω ${omega}`;
        const tried = await tuneAndRepeat(contender(label, grid, { omega }), { seeds: 1, onProgress });
        const error = Math.min(...tried.tuning.map(({ validation }) => validation));
        if (best === undefined || error < best.error) best = { omega, error, ...tried };
      }
      return best!;
    }
  }
  return results;
}
