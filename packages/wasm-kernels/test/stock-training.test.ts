import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { registerWasmKernels, unregisterWasmKernels } from '../src/stock';
import type { WasmBackend } from '../src/wasm-backend';

tf.enableProdMode();

const examples = 50;
const data = () => ({
  x: tf.randomUniform([examples, 30], -1, 1, 'float32', 1),
  y: tf.tidy(() =>
    tf.cast(
      tf.oneHot(
        tf.tensor1d(
          [...Array(examples).keys()].map((i) => i % 5),
          'int32',
        ),
        5,
      ),
      'float32',
    ),
  ),
});

function classifier(optimizer: string): LayersModel {
  const initialize = (seed: number) => ({ className: 'GlorotUniform', config: { seed } }) as never;
  const model = sequential({
    layers: [
      layers.dense({ units: 23, activation: 'relu', inputShape: [30], kernelInitializer: initialize(1) }),
      layers.dense({ units: 17, activation: 'tanh', kernelInitializer: initialize(2) }),
      layers.dense({ units: 5, activation: 'softmax', kernelInitializer: initialize(3) }),
    ],
  });
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

/** Trains a new model and returns its losses, its weights as `model.save` writes them, and its predictions. */
async function train(optimizer: string) {
  const { x, y } = data();
  const model = classifier(optimizer);
  const { history } = await model.fit(x, y, { epochs: 4, batchSize: 16, shuffle: false, verbose: 0 });
  let weights = new Float32Array();
  await model.save(
    tf.io.withSaveHandler(async ({ weightData }) => {
      weights = new Float32Array(weightData as ArrayBuffer);
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const predictions = model.predict(x) as tf.Tensor;
  const results = { losses: history.loss as number[], weights, predictions: predictions.dataSync() };
  tf.dispose([x, y, predictions]);
  model.dispose();
  return results;
}

describe('model.fit of tfjs-layers', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
  });
  afterAll(unregisterWasmKernels);

  it.each(['adam', 'sgd'])('with %s learns the same as without the kernels', async (optimizer) => {
    unregisterWasmKernels();
    const stock = await train(optimizer);
    await registerWasmKernels();
    const { losses, weights, predictions } = await train(optimizer);
    expect(losses).toHaveLength(4);
    expect(losses[3]).toBeLessThan(losses[0]);
    expectAllClose(losses, stock.losses, { relative: 1e-4 }, 'losses');
    expectAllClose(weights, stock.weights, { relative: 1e-3 }, 'weights');
    expectAllClose(predictions, stock.predictions, { relative: 1e-3 }, 'predictions');
  });

  it('leaves nothing behind', async () => {
    await registerWasmKernels();
    const { x, y } = data();
    const model = classifier('adam');
    const fit = () => model.fit(x, y, { epochs: 1, batchSize: 16, verbose: 0 });
    const counts = () => ({ ...tf.memory(), onHeap: tf.backend().numDataIds() });
    // What repeats steps on batches of both sizes has been used after three.
    for (let i = 0; i < 3; i++) await fit();
    const before = counts();
    await fit();
    await fit();
    expect(counts()).toEqual(before);
    tf.dispose([x, y]);
    model.dispose();
  });

  it('leaves nothing behind in 10,000 steps of convolutions, pooling, and embeddings', {
    tags: 'long',
    timeout: 300_000,
  }, async () => {
    await registerWasmKernels();
    const { conv2d, conv2dTranspose, depthwiseConv2d, embedding, flatten, maxPooling2d, reshape } = layers;
    const model = sequential({
      layers: [
        embedding({ inputDim: 9, outputDim: 4, inputLength: 9 }),
        reshape({ targetShape: [3, 3, 4] }),
        conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2 }),
        conv2d({ filters: 5, kernelSize: 3, padding: 'same', activation: 'relu' }),
        maxPooling2d({}),
        depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2 }),
        flatten(),
        layers.dense({ units: 1 }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const x = tf.floor(tf.randomUniform([100, 9], 0, 9, 'float32', 1));
    const y = tf.ones([100, 1]);
    const counts = () => ({ ...tf.memory(), onHeap: tf.backend().numDataIds() });
    const heapSize = () => (tf.backend() as unknown as WasmBackend).wasm.HEAPU8.length;
    const fit = (epochs: number) =>
      model.fit(x, y, { epochs, batchSize: 2, verbose: 0, yieldEvery: 'never' });
    await fit(2);
    const before = [counts(), heapSize()];
    await fit(200);
    expect([counts(), heapSize()]).toEqual(before);
    tf.dispose([x, y]);
    model.dispose();
  });

  it('has the kernels of the backend again once they are unregistered', async () => {
    unregisterWasmKernels();
    const kernels = () => new Map(tf.getKernelsForBackend('wasm').map((each) => [each.kernelName, each]));
    const before = kernels();
    const { active } = await registerWasmKernels();
    const added = active.filter((name) => !before.has(name));
    expect(added).toEqual([
      'Conv2DBackpropFilter',
      'DepthwiseConv2dNativeBackpropInput',
      'DepthwiseConv2dNativeBackpropFilter',
      'UnsortedSegmentSum',
    ]);
    unregisterWasmKernels();
    const after = kernels();
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [name, kernel] of before) expect(after.get(name), name).toBe(kernel);
  });

  it('leaves nothing behind in 10,000 steps of recurrent layers', {
    tags: 'long',
    timeout: 600_000,
  }, async () => {
    await registerWasmKernels();
    const initializer = { className: 'GlorotUniform', config: { seed: 1 } } as never;
    const model = sequential({
      layers: [
        layers.gru({
          units: 4,
          recurrentInitializer: initializer,
          returnSequences: true,
          inputShape: [3, 2],
        }),
        layers.lstm({ units: 4, recurrentInitializer: initializer }),
        layers.dense({ units: 2, activation: 'softmax' }),
      ],
    });
    model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
    const x = tf.randomUniform([400, 3, 2], -1, 1, 'float32', 1);
    const y = tf.tidy(() =>
      tf.oneHot(
        tf.tensor1d(
          [...Array(400).keys()].map((i) => i % 2),
          'int32',
        ),
        2,
      ),
    );
    const fit = (epochs: number) => model.fit(x, y, { epochs, batchSize: 4, verbose: 0 });
    const counts = () => ({ ...tf.memory(), onHeap: tf.backend().numDataIds() });
    await fit(1);
    const before = counts();
    const { wasm } = tf.backend() as unknown as WasmBackend;
    const bytes = wasm.HEAPU8.length;
    await fit(100);
    expect(counts()).toEqual(before);
    expect(wasm.HEAPU8.length).toBe(bytes);
    tf.dispose([x, y]);
    model.dispose();
  });
});
