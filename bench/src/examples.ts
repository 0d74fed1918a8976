import { foldIn, randomKey, randomUniform } from '@harmonic-mlp/core';
import type { LabeledDataset } from '@harmonic-mlp/mnist-data';
import { loadDataset } from '@harmonic-mlp/mnist-data/node';
import type { Batch } from './contender';

/**
 * MNIST, because four fifths of its pixels are background, which a kernel may exploit; see {@link withoutBackground} for
 * inputs where it cannot.
 */
export const loadExamples = () => loadDataset('mnist');

/** The number of examples that training cycles through, whatever the batch size. */
const examplesPerPass = 2048;

/** Some batches of a data set, in its own order. */
export function someBatches(data: LabeledDataset, batchSize: number): Batch[] {
  const batches: Batch[] = [];
  for (const { inputs, labels, size } of data.batches({ batchSize, dropLast: true })) {
    batches.push({
      inputs: inputs.dataSync<'float32'>().slice(),
      targets: labels.dataSync<'int32'>().slice(),
      size,
    });
    inputs.dispose();
    labels.dispose();
    if (batches.length * batchSize >= examplesPerPass) break;
  }
  return batches;
}

/** The same batches with noise over the images, so that no two pixels are equal, and a kernel has no background to exploit. */
export function withoutBackground(batches: readonly Batch[]): Batch[] {
  const key = randomKey(0, 'noise');
  return batches.map((batch, i) => {
    const noise = randomUniform(foldIn(key, i), batch.inputs.length);
    return { ...batch, inputs: batch.inputs.map((value, at) => value + noise[at] - 0.5) };
  });
}

/** The first images of a data set, normalized. */
export function someImages(data: LabeledDataset, count: number): Float32Array {
  const [batch] = data.batches({ batchSize: count });
  const values = batch.inputs.dataSync<'float32'>().slice();
  batch.inputs.dispose();
  batch.labels.dispose();
  return values;
}

/** All batches as values, as a program has them that calls `fit`. */
export function joined(batches: readonly Batch[]): Pick<Batch, 'inputs' | 'targets'> {
  const [first] = batches;
  const inputs = new Float32Array(batches.length * first.inputs.length);
  const count = batches.length * first.targets.length;
  const targets = first.targets instanceof Int32Array ? new Int32Array(count) : new Float32Array(count);
  batches.forEach((batch, i) => {
    inputs.set(batch.inputs, i * first.inputs.length);
    targets.set(batch.targets, i * first.targets.length);
  });
  return { inputs, targets };
}
