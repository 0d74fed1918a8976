import { readFileSync } from 'node:fs';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { registerWasmKernels, unregisterWasmKernels } from '../src/stock';

type Layer = Parameters<ReturnType<typeof sequential>['add']>[0];
interface Kind {
  inputShape: number[];
  make: (shape: { inputShape: number[] }) => Layer[];
  /** The kind of inputs, if they are indices. */
  below?: number;
}

const features = [6];
const series = [8, 3];
const image = [8, 8, 2];
const volume = [4, 4, 4, 2];
const kernel = { filters: 3, kernelSize: 3 };
const { batchNormalization } = layers;

/** Models of one kind of layer, in the order of the README's table; each ends in a dense layer. */
const kinds: Record<string, Kind> = {
  dense: {
    inputShape: features,
    make: (shape) => [layers.dense({ ...shape, units: 4, activation: 'relu' })],
  },
  batchNormalization: {
    inputShape: features,
    make: (shape) => [layers.dense({ ...shape, units: 4 }), batchNormalization({})],
  },
  layerNormalization: {
    inputShape: features,
    make: (shape) => [layers.dense({ ...shape, units: 4 }), layers.layerNormalization({})],
  },
  dropout: {
    inputShape: features,
    make: (shape) => [layers.dense({ ...shape, units: 4 }), layers.dropout({ rate: 0.5, seed: 1 })],
  },
  embedding: {
    inputShape: [5],
    below: 7,
    make: ({ inputShape: [inputLength] }) => [
      layers.embedding({ inputDim: 7, outputDim: 4, inputLength }),
      layers.flatten(),
    ],
  },
  simpleRNN: {
    inputShape: series,
    make: (shape) => [layers.simpleRNN({ ...shape, units: 4, recurrentInitializer: 'glorotUniform' })],
  },
  lstm: {
    inputShape: series,
    make: (shape) => [layers.lstm({ ...shape, units: 4, recurrentInitializer: 'glorotUniform' })],
  },
  gru: {
    inputShape: series,
    make: (shape) => [layers.gru({ ...shape, units: 4, recurrentInitializer: 'glorotUniform' })],
  },
  conv1d: { inputShape: series, make: (shape) => [layers.conv1d({ ...shape, ...kernel }), layers.flatten()] },
  conv2d: { inputShape: image, make: (shape) => [layers.conv2d({ ...shape, ...kernel }), layers.flatten()] },
  conv2dTranspose: {
    inputShape: image,
    make: (shape) => [layers.conv2dTranspose({ ...shape, ...kernel }), layers.flatten()],
  },
  depthwiseConv2d: {
    inputShape: image,
    make: (shape) => [layers.depthwiseConv2d({ ...shape, kernelSize: 3 }), layers.flatten()],
  },
  separableConv2d: {
    inputShape: image,
    make: (shape) => [layers.separableConv2d({ ...shape, ...kernel }), layers.flatten()],
  },
  conv3d: { inputShape: volume, make: (shape) => [layers.conv3d({ ...shape, ...kernel }), layers.flatten()] },
  maxPooling2d: {
    inputShape: image,
    make: (shape) => [layers.dense({ ...shape, units: 2 }), layers.maxPooling2d({}), layers.flatten()],
  },
  averagePooling2d: {
    inputShape: image,
    make: (shape) => [layers.dense({ ...shape, units: 2 }), layers.averagePooling2d({}), layers.flatten()],
  },
  globalMaxPooling2d: {
    inputShape: image,
    make: (shape) => [layers.dense({ ...shape, units: 2 }), layers.globalMaxPooling2d({})],
  },
  globalAveragePooling2d: {
    inputShape: image,
    make: (shape) => [layers.dense({ ...shape, units: 2 }), layers.globalAveragePooling2d({})],
  },
  upSampling2d: {
    inputShape: image,
    make: (shape) => [layers.dense({ ...shape, units: 2 }), layers.upSampling2d({}), layers.flatten()],
  },
  maxPooling1d: {
    inputShape: series,
    make: (shape) => [layers.dense({ ...shape, units: 2 }), layers.maxPooling1d({}), layers.flatten()],
  },
  averagePooling3d: {
    inputShape: volume,
    make: (shape) => [
      layers.dense({ ...shape, units: 2 }),
      layers.averagePooling3d({ poolSize: 2 }),
      layers.flatten(),
    ],
  },
  maxPooling3d: {
    inputShape: volume,
    make: (shape) => [
      layers.dense({ ...shape, units: 2 }),
      layers.maxPooling3d({ poolSize: 2 }),
      layers.flatten(),
    ],
  },
};

/** The losses of a short training run that starts with the same weights every time; throws if the model cannot be trained. */
async function fit({ inputShape, make, below }: Kind): Promise<number[]> {
  const model = sequential({ layers: [...make({ inputShape }), layers.dense({ units: 1 })] });
  const shape = [12, ...inputShape];
  const x = tf.randomUniform(shape, below === undefined ? -1 : 0, below ?? 1, 'float32', 1);
  const inputs = below === undefined ? x : tf.floor(x);
  const y = tf.randomUniform([12, 1], -1, 1, 'float32', 2);
  const values = () => model.getWeights().map((weight) => Array.from(weight.dataSync()));
  try {
    const weights = model.getWeights().map(({ shape }, i) => tf.randomUniform(shape, 0, 1, 'float32', i + 3));
    model.setWeights(weights);
    tf.dispose(weights);
    const before = values();
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const { history } = await model.fit(inputs, y, { epochs: 2, batchSize: 6, shuffle: false, verbose: 0 });
    for (const [i, after] of values().entries())
      expect(after, `weight ${i} has learned`).not.toEqual(before[i]);
    return history.loss as number[];
  } finally {
    tf.dispose([x, inputs, y]);
    model.dispose();
  }
}

/** The rows of the README's table, by layer: whether it trains without and with the kernels, and what tfjs's own lack. */
const table = new Map(
  [
    ...readFileSync(new URL('../README.md', import.meta.url), 'utf8').matchAll(
      /^\| (`\w+`(?:, `\w+`)*) +\| (yes|no) +\| (yes|no) +\| (.*?) +\|$/gm,
    ),
  ].flatMap(([, names, without, by, missing]) =>
    names.split(', ').map((name) => [name.slice(1, -1), { without, by, missing }] as const),
  ),
);

describe('what the README says of the layers of tfjs', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
  });
  afterAll(unregisterWasmKernels);

  it('is of these', () => {
    expect([...table.keys()].sort()).toEqual(Object.keys(kinds).sort());
  });

  it.each(Object.entries(kinds))('is so: %s', async (name, kind) => {
    const { without, by, missing } = table.get(name)!;
    const lacks = `Kernel '${missing.slice(1, -1)}' not registered for backend 'wasm'`;
    unregisterWasmKernels();
    if (without === 'no') {
      await expect(fit(kind)).rejects.toThrow(lacks);
      await tf.setBackend('cpu');
    }
    const expected = await fit(kind);
    await tf.setBackend('wasm');
    await registerWasmKernels();
    expect(by).toBe('yes');
    expectAllClose(await fit(kind), expected, { relative: 1e-4 }, 'losses');
  });

  it.each(['conv2d', 'depthwiseConv2d', 'embedding'])('is so of a frozen layer: %s', async (name) => {
    const kind = kinds[name];
    const make: Kind['make'] = (shape) => {
      const [first, ...others] = kind.make(shape);
      first.trainable = false;
      return [first, ...others];
    };
    unregisterWasmKernels();
    await expect(fit({ ...kind, make })).rejects.toThrow('has learned');
  });
});
