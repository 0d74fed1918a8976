// A user's program. The tests copy it into a project with the packages installed from their tarballs, compile it there to ESM
// and CJS, and run both. It is also type-checked there, so each @ts-expect-error shows that the packages' types are found.
import '@tensorflow/tfjs-backend-wasm';
import { HarmonicError, randomKey, randomUniform, relu } from '@harmonic-mlp/core';
import { Adam, FrequencyAwareOptimizer } from '@harmonic-mlp/freq-optimizer';
import { HarmonicLayer } from '@harmonic-mlp/harmonic-layer';
import { LabeledDataset, sha256 } from '@harmonic-mlp/mnist-data';
import { loadDataset } from '@harmonic-mlp/mnist-data/node';
import * as tf from '@tensorflow/tfjs-core';
import { HarmonicMLP } from 'harmonic-mlp';

/** The error that `action` throws, recognized as ours. */
async function errorOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (HarmonicError.is(error)) return error.code;
    throw error;
  }
  throw new Error('There was no error.');
}

async function main() {
  await tf.setBackend('wasm');

  const data = new LabeledDataset({
    inputs: Float32Array.from(randomUniform(randomKey(1), 64 * 4)),
    labels: Uint8Array.from({ length: 64 }, (_, i) => i % 2),
    inputSize: 4,
    classes: 2,
  });
  const model = new HarmonicMLP({ inputSize: 4, classes: 2, hidden: [8], seed: 1 });
  const layer = new HarmonicLayer({ inputSize: 4, units: 3, seed: 2 });
  const optimizer = new FrequencyAwareOptimizer(new Adam(), [layer], { scale: 'update' });
  await model.fit(data, { epochs: 2, batchSize: 16 });
  const probabilities = model.predict(data.batch([0, 1]).inputs);
  const bytes = await model.toBytes();
  const { test } = await loadDataset('mnist');

  const results = {
    probabilities: await probabilities.array(),
    rectified: await relu({ x: layer.apply(data.batch([2]).inputs) }).array(),
    learningRate: optimizer.learningRate,
    model: await sha256(bytes),
    reloaded: HarmonicMLP.fromBytes(bytes).summary() === model.summary(),
    testImages: test.size,
    errors: [
      // @ts-expect-error: a number.
      await errorOf(() => new HarmonicLayer({ inputSize: 4, units: 'three' })),
      // @ts-expect-error: an array.
      await errorOf(() => new HarmonicMLP({ hidden: 8 })),
      await errorOf(() => loadDataset('mnist', { directory: 'nowhere' })),
      await errorOf(() => new Adam({ learningRate: -1 })),
    ],
  };
  console.log(JSON.stringify(results));
}

main();
