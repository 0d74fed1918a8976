import type { MadeDataset } from 'harmonic-mlp/made-data';
import { predictions, type Setting, toDraw, withTrained } from '../../harness';
import { learningOf, plainNetworks } from './as-they-come';
import { examplesOf } from './functions';

/** What a network draws after {@link learnAsTheyCome} with seed 1, or the examples that all of them learned. */
export interface Curve {
  readonly kind: 'curve' | 'examples';
  readonly dataset: string;
  readonly network?: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** Draws a function as the networks have learned it. */
export async function draw(dataset: MadeDataset, { quick, onProgress }: Setting): Promise<Curve[]> {
  const { train } = examplesOf(dataset, quick ? 16 : 256);
  const x = Array.from({ length: 801 }, (_, i) => i / 400 - 1);
  const [inputs, targets] = [train.inputs, train.targets].map((values) => toDraw(values as Float32Array));
  const results: Curve[] = [{ kind: 'examples', dataset: dataset.name, x: inputs, y: targets }];
  for (const network of plainNetworks) {
    onProgress(`${dataset.name}, curve of ${network.name}`);
    const drawn = await withTrained(await learningOf(network, { train, seed: 1, quick }), (model) =>
      predictions(
        model,
        x.map((each) => [each]),
      ),
    );
    results.push({
      ...{ kind: 'curve', dataset: dataset.name, network: network.name },
      ...{ x, y: toDraw(drawn ?? []) },
    });
  }
  return results;
}
