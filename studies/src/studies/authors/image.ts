import { exponential } from '@harmonic-mlp/freq-optimizer';
import type { HarmonicMLPOptions } from 'harmonic-mlp';
import { type Contender, type Setting, type Tuned, trainRegression, tuneAndRepeat } from '../../harness';
import { mandrill } from './mandrill';

interface Network {
  readonly name: string;
  readonly model: HarmonicMLPOptions;
  readonly rates: readonly number[];
}

/** FINER's authors leave the biases as PyTorch draws them, from U(−1/√2, 1/√2) for two inputs. */
const biasRange = Math.SQRT1_2;

const networks = {
  siren: { name: 'SIREN, ω = 30', model: { activation: 'siren' }, rates: [1e-3, 2e-3, 4e-3] },
  finer: {
    name: 'FINER, ω = 30, k = 1/√2',
    model: { activation: 'finer', biasRange },
    rates: [1e-3, 2e-3, 4e-3],
  },
  wideFiner: {
    name: 'FINER, ω = 30, k = 5',
    model: { activation: 'finer', biasRange: 5 },
    rates: [1e-3, 2e-3, 4e-3],
  },
  wire: { name: 'WIRE, ω = 20, s = 10', model: { activation: 'wire' }, rates: [1e-3, 5e-3, 2e-2] },
  tanh: { name: 'tanh', model: { activation: 'tanh' }, rates: [2e-3, 5e-3, 1e-2] },
  relu: { name: 'ReLU', model: { activation: 'relu' }, rates: [2e-3, 5e-3, 1e-2] },
} satisfies { [name: string]: Network };

export type ImageResults = { readonly [name in keyof typeof networks]: Tuned };

/**
 * Fits an image with each network, the rate decaying to a tenth as in the code of WIRE's and FINER's authors. There is nothing
 * but the image, so the error on it also tunes the learning rate.
 */
export async function fitImage({ seeds, quick, onProgress }: Setting): Promise<ImageResults> {
  const image = mandrill(quick ? 16 : 1);
  const batchSize = (image.targets as number[]).length;
  const contender = ({ name, model, rates }: Network): Contender => ({
    name,
    rates: quick ? rates.slice(0, 1) : rates,
    train: ({ learningRate, seed }) =>
      trainRegression(
        {
          model: { inputSize: 2, hidden: quick ? [8] : [64, 64, 64], ...model },
          train: image,
          steps: quick ? 3 : 400,
          batchSize,
          schedule: exponential({ final: 0.1 }),
          learningRate,
          seed,
        },
        { validation: image },
      ),
  });
  const results: [string, Tuned][] = [];
  for (const [key, network] of Object.entries(networks))
    results.push([key, await tuneAndRepeat(contender(network), { seeds, onProgress })]);
  return Object.fromEntries(results) as ImageResults;
}
