// The common part of a user's page and a user's Node program: it trains a little and reports the result.
import { HarmonicError, randomKey, randomUniform } from '@harmonic-mlp/core';
import { Adam, FrequencyAwareOptimizer } from '@harmonic-mlp/freq-optimizer';
import { HarmonicLayer } from '@harmonic-mlp/harmonic-layer';
import { LabeledDataset, sha256 } from '@harmonic-mlp/mnist-data';
import { registerWasmKernels, unregisterWasmKernels } from '@harmonic-mlp/wasm-kernels';
import * as tf from '@tensorflow/tfjs-core';
import { HarmonicMLP } from 'harmonic-mlp';

export async function train(options) {
  await tf.setBackend('wasm');
  await tf.ready();

  const inputs = Float32Array.from(randomUniform(randomKey(1), 96 * 4));
  const data = new LabeledDataset({
    inputs,
    // Whether the first of an example's four numbers is larger than the second.
    labels: Uint8Array.from({ length: 96 }, (_, i) => Number(inputs[4 * i] > inputs[4 * i + 1])),
    inputSize: 4,
    classes: 2,
  });
  const model = new HarmonicMLP({ inputSize: 4, classes: 2, hidden: [8], maxFreq: 1, seed: 1 });
  const optimizer = new FrequencyAwareOptimizer(new Adam({ learningRate: 0.02 }), model.harmonicLayers, {
    scale: 'update',
  });
  const { history, captured, threads } = await model.fit(data, {
    epochs: 4,
    batchSize: 16,
    optimizer,
    ...options,
  });
  const file = await model.toBytes();
  const layer = new HarmonicLayer({ inputSize: 4, units: 3, seed: 2 });
  const batch = data.batch([0, 1, 2]);
  const probabilities = model.predict(batch.inputs);

  return {
    backend: tf.getBackend(),
    losses: history.map(({ trainLoss }) => trainLoss),
    probabilities: await probabilities.array(),
    activations: await layer.apply(batch.inputs).array(),
    reloaded: HarmonicMLP.fromBytes(file).summary() === model.summary(),
    hash: await sha256(new Uint8Array([1, 2, 3])),
    steps: { captured, threads, weights: await sha256(file) },
    error: await Promise.resolve()
      .then(() => new HarmonicMLP({ hidden: [0] }))
      .catch((error) => error instanceof HarmonicError && error.code),
  };
}

/** The same with the SIMD kernels, and the report of their registration. */
export async function trainWithKernels() {
  const { simd, active, inactive } = await registerWasmKernels();
  const result = await train();
  unregisterWasmKernels();
  return { simd, active: active.length, reasons: [...new Set(inactive.map(({ reason }) => reason))], result };
}

/** How steps are taken with these numbers of threads, and the hash of what they make of the weights. */
export async function trainOnThreads(...counts) {
  await registerWasmKernels();
  const found = [];
  for (const threads of counts) found.push((await train({ threads })).steps);
  unregisterWasmKernels();
  return found;
}
