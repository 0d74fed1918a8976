import type { Tensor } from '@tensorflow/tfjs-core';
import type { MadeDataset } from 'harmonic-mlp/made-data';
import { type Setting, withTrained } from '../../harness';
import { learningOf, plainNetworks } from './as-they-come';
import { examplesOf } from './functions';

/** What some networks draw after {@link learnAsTheyCome} with seed 1, and the examples that they learned. */
export interface Curves {
  readonly examples: { readonly inputs: readonly number[]; readonly targets: readonly number[] };
  readonly x: readonly number[];
  readonly curves: { readonly [network: string]: readonly number[] };
}

/** Draws a function as the networks have learned it. */
export async function draw(dataset: MadeDataset, { quick, onProgress }: Setting): Promise<Curves> {
  const { train } = examplesOf(dataset, quick ? 16 : 256);
  const x = Array.from({ length: 801 }, (_, i) => i / 400 - 1);
  const curves: { [network: string]: number[] } = {};
  for (const network of plainNetworks) {
    onProgress(`${dataset.name}, curve of ${network.name}`);
    const drawn = await withTrained(await learningOf(network, { train, seed: 1, quick }), (model) =>
      numbersOf(model.predict(x.map((each) => [each]))),
    );
    curves[network.name] = drawn ?? [];
  }
  const [inputs, targets] = [train.inputs, train.targets].map((values) => [...(values as Float32Array)]);
  return { examples: { inputs, targets }, x, curves };
}

async function numbersOf(tensor: Tensor): Promise<number[]> {
  const values = await tensor.data();
  tensor.dispose();
  return [...values];
}
