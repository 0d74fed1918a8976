import { dispose, oneHot, type Tensor2D, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { layers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import { type Comparison, compare } from '../comparison';
import type { Batch } from '../contender';
import { interleave } from '../interleave';
import { withKernels } from '../kernels';
import { classes, inputSize } from '../published-model';

/** `model.fit` of a plain ReLU network in tfjs-layers, which knows nothing of this project. */
export async function timeLayersFit(
  batches: readonly Batch[],
  rounds: number,
  onTurn: (where: string) => void,
): Promise<Comparison> {
  const { inputs, labels } = join(batches);
  const fit = async (model: Sequential) => {
    const options = { epochs: 1, batchSize: batches[0].size, verbose: 0 } as const;
    const started = performance.now();
    const { history } = await model.fit(inputs, labels, options);
    const milliseconds = performance.now() - started;
    const loss = Number(history.loss[0]);
    if (!(loss < 3)) throw new Error(`The loss of the tfjs-layers model is ${loss}.`);
    return milliseconds / batches.length;
  };
  const [replaced, stock] = [reluNetwork(), reluNetwork()];
  const entrants = [
    { name: 'stock replacements alone', run: () => withKernels('stock', () => fit(replaced)) },
    { name: 'stock tfjs', run: () => fit(stock) },
  ];
  const times = await interleave(entrants, { rounds }, onTurn);
  dispose([inputs, labels]);
  for (const model of [replaced, stock]) model.dispose();
  return compare(
    `A step of tfjs-layers' fit, ReLU 784-512-256-10, batch ${batches[0].size} (${rounds} rounds of ${batches.length})`,
    times,
  );
}

function reluNetwork(): Sequential {
  const model = sequential({
    layers: [
      layers.dense({ units: 512, activation: 'relu', inputShape: [inputSize] }),
      layers.dense({ units: 256, activation: 'relu' }),
      layers.dense({ units: classes, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  return model;
}

function join(batches: readonly Batch[]): { inputs: Tensor2D; labels: Tensor2D } {
  const size = batches.reduce((total, batch) => total + batch.size, 0);
  const values = new Float32Array(size * inputSize);
  const numbers = new Int32Array(size);
  let at = 0;
  for (const { inputs, targets, size } of batches) {
    values.set(inputs, at * inputSize);
    numbers.set(targets, at);
    at += size;
  }
  const indices = tensor1d(numbers, 'int32');
  const labels = oneHot(indices, classes) as Tensor2D;
  indices.dispose();
  return { inputs: tensor2d(values, [size, inputSize]), labels };
}
