import { HarmonicMLP, type HarmonicMLPOptions } from 'harmonic-mlp';
import type { MadeDataset } from 'harmonic-mlp/made-data';
import type { Setting } from '../../harness';
import { plainNetworks } from './as-they-come';
import { examplesOf, proposedFor } from './functions';

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
  for (const { name, model, isProposed } of plainNetworks) {
    onProgress(`${dataset.name}, curve of ${name}`);
    const options: HarmonicMLPOptions = isProposed ? await proposedFor(train, { ...model, seed: 1 }) : model;
    const network = new HarmonicMLP({
      task: 'regression',
      inputSize: 1,
      norm: 'none',
      dropout: 0,
      ...options,
      seed: 1,
    });
    await network.fit(train, {
      ...{ steps: quick ? 2 : 1600, batchSize: 32, learningRate: 0.005, schedule: null },
      onWarning: () => {},
    });
    const drawn = network.predict(x.map((each) => [each]));
    curves[name] = [...(await drawn.data())];
    drawn.dispose();
    network.dispose();
  }
  const [inputs, targets] = [train.inputs, train.targets].map((values) => [...(values as Float32Array)]);
  return { examples: { inputs, targets }, x, curves };
}
