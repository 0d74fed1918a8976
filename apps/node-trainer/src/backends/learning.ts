import { LabeledDataset } from '@harmonic-mlp/mnist-data';
import { HarmonicMLP } from 'harmonic-mlp';
import { TrainerError } from '../errors';

/**
 * Trains a small network for 32 steps on the active backend, on examples of four classes.
 *
 * @returns the mean losses of the first and the last epoch.
 * @throws {TrainerError} `DEVICE_FAILED` when it does not learn.
 */
export async function lossesOfLearning(): Promise<[first: number, last: number]> {
  const [size, inputSize, classes] = [512, 64, 4];
  const labels = Uint8Array.from({ length: size }, (_, i) => i % classes);
  // In each class a different quarter of the values stands out from the noise.
  const inputs = Float32Array.from({ length: size * inputSize }, (_, i) => {
    const kind = labels[Math.floor(i / inputSize)];
    return (i % classes === kind ? 1 : 0) + 0.5 * Math.sin(7 * i * i);
  });
  const model = new HarmonicMLP({ inputSize, classes, hidden: [32], seed: 1 });
  const { history } = await model.fit(new LabeledDataset({ inputs, labels, inputSize, classes }), {
    epochs: 4,
    batchSize: 64,
  });
  model.dispose();
  const [first, last] = [history[0].trainLoss, history.at(-1)!.trainLoss];
  if (Number.isFinite(first) && first > last) return [first, last];
  throw new TrainerError(
    'DEVICE_FAILED',
    `A network that is trained on it does not learn: its loss went from ${first} to ${last}.`,
  );
}
