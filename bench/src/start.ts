import { HarmonicMLP } from 'harmonic-mlp';
import type { Start, Weights } from './contender';
import { type Network, seed } from './network';

/** The published settings of the optimizer, with weights that are the same for every contender. */
export const startOf = async (network: Network): Promise<Start> => ({
  network,
  weights: await initialWeights(network),
  dropout: network.dropout,
  learningRate: network.learningRate,
  weightDecay: 1e-5,
});

async function initialWeights({ options }: Network): Promise<Weights> {
  const model = new HarmonicMLP({ ...options, seed });
  const entries = Object.entries(model.variables)
    .filter(([path]) => /^(hidden\.|output\/)/.test(path))
    .map(
      async ([path, variable]) =>
        [path, { shape: variable.shape, data: (await variable.data()).slice() as Float32Array }] as const,
    );
  const weights = Object.fromEntries(await Promise.all(entries));
  model.dispose();
  return weights;
}
