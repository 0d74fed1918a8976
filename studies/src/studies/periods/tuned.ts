import type { HarmonicMLPOptions } from 'harmonic-mlp';
import type { MadeDataset } from 'harmonic-mlp/made-data';
import {
  type Figures,
  proposedFor,
  type Setting,
  type Tuned,
  trainRegression,
  tuneAndChoose,
  varianceOf,
} from '../../harness';
import { examplesOf } from './functions';

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

/** What a network has learned of a function at its best learning rate. */
export interface TunedNetwork extends Omit<Tuned<Errors>, 'name'> {
  readonly kind: 'tuned';
  readonly dataset: string;
  readonly shape: string;
  readonly network: string;
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
  for (const { name, model, isProposed, omegas = [undefined] } of networks) {
    const contenders = (quick ? omegas.slice(0, 1) : omegas).map((omega) => ({
      omega,
      name: [dataset.name, hidden.join('-'), name, ...(omega === undefined ? [] : [`ω ${omega}`])].join(', '),
      rates: quick ? rates.slice(0, 1) : rates,
      async train({ learningRate, seed }: { learningRate: number; seed: number }): Promise<Errors> {
        const given = { hidden, ...model, omega };
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
    }));
    const { contender, ...best } = await tuneAndChoose(contenders, { seeds, onProgress });
    const of = { kind: 'tuned', dataset: dataset.name, shape: hidden.join('-'), network: name } as const;
    results.push({ ...of, omega: contender.omega, ...best });
  }
  return results;
}
