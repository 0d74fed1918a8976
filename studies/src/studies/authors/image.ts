import { exponential } from '@harmonic-mlp/freq-optimizer';
import type { HarmonicMLPOptions } from 'harmonic-mlp';
import { type Contender, type Setting, type Tuned, trainRegression, tuneAndRepeat } from '../../harness';
import { mandrill } from './mandrill';

interface Network {
  readonly name: string;
  readonly model: HarmonicMLPOptions;
  readonly rates: readonly number[];
  /** Default 1,000. */
  readonly steps?: number;
}

/** FINER's authors leave the biases as PyTorch draws them, from U(−1/√2, 1/√2) for two inputs. */
const biasRange = Math.SQRT1_2;

const networks = {
  siren: { name: 'SIREN', model: { activation: 'siren' }, rates: [1e-3, 2e-3, 4e-3] },
  finer: {
    name: 'FINER, k = 1/√2',
    model: { activation: 'finer', biasRange },
    rates: [1e-3, 2e-3, 4e-3],
  },
  earlySiren: {
    name: 'SIREN, 200 steps',
    model: { activation: 'siren' },
    rates: [2e-3, 4e-3, 8e-3],
    steps: 200,
  },
  earlyFiner: {
    name: 'FINER, 200 steps',
    model: { activation: 'finer', biasRange },
    rates: [2e-3, 4e-3, 8e-3],
    steps: 200,
  },
  wideFiner: {
    name: 'FINER, k = 5',
    model: { activation: 'finer', biasRange: 5 },
    rates: [1e-3, 2e-3, 4e-3],
  },
  wire: { name: 'WIRE', model: { activation: 'wire' }, rates: [1e-3, 5e-3, 2e-2] },
  tanh: { name: 'tanh', model: { activation: 'tanh' }, rates: [5e-3, 1e-2, 2e-2] },
  relu: { name: 'ReLU', model: { activation: 'relu' }, rates: [5e-3, 1e-2, 2e-2] },
} satisfies { [name: string]: Network };

/** How well a network has fitted an image. */
export interface ImageResult extends Tuned {
  readonly task: 'image';
  readonly key: keyof typeof networks;
}

export type ImageResults = { readonly [key in ImageResult['key']]: ImageResult };

/**
 * Fits an image with each network, the rate decaying to a tenth as in the code of WIRE's and FINER's authors. There is nothing
 * but the image, so the error on it also tunes the learning rate.
 */
export async function fitImage({ seeds, quick, onProgress }: Setting): Promise<ImageResult[]> {
  const image = mandrill(quick ? 8 : 64);
  const batchSize = (image.targets as number[]).length;
  const contender = ({ name, model, rates, steps = 1000 }: Network): Contender => ({
    name,
    rates: quick ? rates.slice(0, 1) : rates,
    train: ({ learningRate, seed }) =>
      trainRegression(
        {
          model: { inputSize: 2, hidden: quick ? [8] : [32, 32, 32], ...model },
          train: image,
          steps: quick ? 3 : steps,
          batchSize,
          schedule: exponential({ final: 0.1 }),
          learningRate,
          seed,
        },
        { validation: image },
      ),
  });
  const results: ImageResult[] = [];
  for (const [key, network] of Object.entries(networks)) {
    const of = { task: 'image', key: key as ImageResult['key'] } as const;
    results.push({ ...of, ...(await tuneAndRepeat(contender(network), { seeds, onProgress })) });
  }
  return results;
}
