import { registerWasmKernels, unregisterWasmKernels } from '@harmonic-mlp/wasm-kernels/stock';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers, sequential } from '@tensorflow/tfjs-layers';

/** What tfjs-layers' own `fit` comes to without and with the kernels, and how many kernels the engine is asked for in the last step. */
export async function fitLayers() {
  await tf.setBackend('wasm');
  const stock = await trained();
  await registerWasmKernels();
  const withKernels = await trained();
  unregisterWasmKernels();
  return { stock, withKernels };
}

async function trained() {
  const kernelInitializer = initializers.glorotUniform({ seed: 1 });
  const model = sequential({
    layers: [
      layers.dense({ units: 8, activation: 'relu', inputShape: [4], kernelInitializer }),
      layers.dense({ units: 2, activation: 'softmax', kernelInitializer }),
    ],
  });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const x = tf.randomUniform([32, 4], -1, 1, 'float32', 1);
  const y = tf.oneHot(
    tf.tensor1d(
      [...Array(32).keys()].map((i) => i % 2),
      'int32',
    ),
    2,
  );
  const engine = tf.engine();
  const { runKernelFunc } = engine;
  let kernels = 0;
  let kernelsOfStep = 0;
  engine.runKernelFunc = (call) => {
    kernels += 1;
    return runKernelFunc.call(engine, call);
  };
  const callbacks = {
    onBatchBegin: async () => {
      kernels = 0;
    },
    onBatchEnd: async () => {
      kernelsOfStep = kernels;
    },
  };
  const { history } = await model.fit(x, y, {
    epochs: 5,
    batchSize: 16,
    shuffle: false,
    verbose: 0,
    callbacks,
  });
  delete engine.runKernelFunc;
  model.dispose();
  tf.dispose([x, y]);
  return { losses: history.loss, kernelsOfStep };
}
