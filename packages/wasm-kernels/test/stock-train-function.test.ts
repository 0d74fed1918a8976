import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import {
  input,
  LayersModel,
  layers,
  type ModelFitArgs,
  metrics,
  model as modelOf,
  regularizers,
  type SymbolicTensor,
  sequential,
} from '@tensorflow/tfjs-layers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { registerWasmKernels, unregisterWasmKernels } from '../src/stock';
import type { WasmBackend } from '../src/wasm-backend';
import { guardHeap } from './support/guarded-heap';
import { describeWithKernels } from './support/simd-levels';

tf.enableProdMode();

const made: { dispose(): unknown }[] = [];
afterEach(() => {
  for (const each of made.splice(0)) each.dispose();
});
const own = <T extends { dispose(): unknown }>(thing: T): T => {
  made.push(thing);
  return thing;
};

/** What tfjs's engine is asked for: the kernels of each training step. */
async function kernelsOfSteps(model: LayersModel, train: () => Promise<unknown>): Promise<number[]> {
  const engine = tf.engine() as unknown as { runKernelFunc?: (call: object) => unknown };
  const { runKernelFunc } = engine;
  const { optimizer } = model;
  const { applyGradients } = optimizer;
  const counts: number[] = [];
  let kernels = 0;
  engine.runKernelFunc = (call) => {
    kernels += 1;
    return runKernelFunc!.call(engine, call);
  };
  optimizer.applyGradients = (gradients) => {
    counts.push(kernels);
    applyGradients.call(optimizer, gradients);
    kernels = 0;
  };
  try {
    await train();
  } finally {
    delete engine.runKernelFunc;
    delete (optimizer as Partial<tf.Optimizer>).applyGradients;
  }
  return counts;
}

type Layer = Parameters<ReturnType<typeof sequential>['add']>[0];
interface Network {
  create: () => LayersModel;
  data: () => { x: tf.Tensor | tf.Tensor[]; y: tf.Tensor | tf.Tensor[] };
  settings?: ModelFitArgs;
}

const uniform = (shape: number[], seed: number, low = -1) => tf.randomUniform(shape, low, 1, 'float32', seed);
const classes = (count: number, of: number) =>
  tf.tidy(() =>
    tf.oneHot(
      tf.tensor1d(
        Array.from({ length: count }, (_, i) => (7 * i) % of),
        'int32',
      ),
      of,
    ),
  );
const initializer = (seed: number) => ({ className: 'GlorotUniform', config: { seed } }) as never;

const stack = (compiled: () => Parameters<LayersModel['compile']>[0], list: () => Layer[]) => () => {
  const model = sequential({ layers: list() });
  model.compile(compiled());
  return model;
};
const dense = (seed: number, settings: Partial<Parameters<typeof layers.dense>[0]> & { units: number }) =>
  layers.dense({ kernelInitializer: initializer(seed), ...settings });

/** Networks whose steps can be repeated; there are 20 examples or 17 in batches of 8, so that the last one of each epoch is smaller. */
const networks: Record<string, Network> = {
  classifier: {
    create: stack(
      () => ({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy', 'mse'] }),
      () => [
        dense(1, { units: 9, activation: 'relu', inputShape: [6] }),
        dense(2, { units: 7, activation: 'tanh' }),
        dense(3, { units: 3, activation: 'softmax' }),
      ],
    ),
    data: () => ({ x: uniform([20, 6], 1), y: classes(20, 3) }),
  },
  'one with weights of classes': {
    create: stack(
      () => ({ optimizer: 'sgd', loss: 'categoricalCrossentropy' }),
      () => [
        dense(1, { units: 9, activation: 'relu', inputShape: [6] }),
        dense(3, { units: 3, activation: 'softmax' }),
      ],
    ),
    data: () => ({ x: uniform([20, 6], 1), y: classes(20, 3) }),
    settings: { classWeight: { 0: 1, 1: 2, 2: 0.5 } },
  },
  'binary classifier': {
    create: stack(
      () => ({ optimizer: 'rmsprop', loss: 'binaryCrossentropy', metrics: ['accuracy'] }),
      () => [
        dense(1, { units: 9, activation: 'elu', inputShape: [6] }),
        dense(3, { units: 1, activation: 'sigmoid' }),
      ],
    ),
    data: () => ({ x: uniform([20, 6], 1), y: tf.round(uniform([20, 1], 2, 0)) }),
  },
  'sparse classifier': {
    create: stack(
      () => ({ optimizer: 'adagrad', loss: 'sparseCategoricalCrossentropy' }),
      () => [dense(3, { units: 3, activation: 'softmax', inputShape: [6] })],
    ),
    data: () => ({ x: uniform([20, 6], 1), y: tf.floor(uniform([20, 1], 2, 0)) }),
  },
  'regression with a regularizer': {
    create: stack(
      () => ({ optimizer: tf.train.momentum(0.1, 0.9), loss: tf.losses.huberLoss as never }),
      () => [
        dense(1, {
          units: 9,
          activation: 'swish',
          inputShape: [6],
          kernelRegularizer: regularizers.l1l2({ l1: 0.01, l2: 0.02 }),
        }),
        dense(3, { units: 2 }),
      ],
    ),
    data: () => ({ x: uniform([20, 6], 1), y: uniform([20, 2], 2) }),
  },
  'batch and layer normalization': {
    create: stack(
      () => ({ optimizer: 'adam', loss: 'meanSquaredError' }),
      () => [
        dense(1, { units: 9, inputShape: [6] }),
        layers.batchNormalization({}),
        layers.leakyReLU({}),
        dense(3, { units: 2 }),
        layers.layerNormalization({}),
      ],
    ),
    data: () => ({ x: uniform([20, 6], 1), y: uniform([20, 2], 2) }),
  },
  'convolutions and pooling': {
    create: stack(
      () => ({ optimizer: 'adam', loss: 'categoricalCrossentropy' }),
      () => [
        layers.conv2d({
          filters: 4,
          kernelSize: 3,
          inputShape: [8, 8, 2],
          kernelInitializer: initializer(1),
        }),
        layers.batchNormalization({}),
        layers.reLU({}),
        layers.maxPooling2d({}),
        layers.flatten(),
        dense(3, { units: 3, activation: 'softmax' }),
      ],
    ),
    data: () => ({ x: uniform([20, 8, 8, 2], 1), y: classes(20, 3) }),
  },
  embedding: {
    create: stack(
      () => ({ optimizer: 'adam', loss: 'meanAbsoluteError' }),
      () => [
        layers.embedding({
          inputDim: 7,
          outputDim: 4,
          inputLength: 5,
          embeddingsInitializer: initializer(1),
        }),
        layers.globalAveragePooling1d({}),
        dense(3, { units: 1 }),
      ],
    ),
    data: () => ({ x: tf.tidy(() => tf.floor(tf.mul(7, uniform([20, 5], 1, 0)))), y: uniform([20, 1], 2) }),
  },
  'several inputs and outputs': {
    create() {
      const [a, b] = [input({ shape: [4] }), input({ shape: [3] })];
      const joined = layers.concatenate().apply([a, dense(1, { units: 4 }).apply(b) as SymbolicTensor]);
      const first = dense(2, { units: 3, activation: 'softmax', name: 'first' }).apply(joined);
      const second = dense(3, { units: 2, name: 'second' }).apply(joined);
      const model = modelOf({ inputs: [a, b], outputs: [first, second] as SymbolicTensor[] });
      const loss = { first: 'categoricalCrossentropy', second: 'meanSquaredError' };
      model.compile({ optimizer: 'adam', loss, metrics: { first: 'accuracy' } });
      return model;
    },
    data: () => ({
      x: [uniform([20, 4], 1), uniform([20, 3], 2)],
      y: [classes(20, 3), uniform([20, 2], 3)],
    }),
  },
  attention: {
    create() {
      const [a, b] = [input({ shape: [4, 6] }), input({ shape: [6, 4] })];
      const keys = layers.add().apply([dense(1, { units: 4 }).apply(b) as SymbolicTensor, b]);
      const scores = layers.dot({ axes: [2, 1] }).apply([a, keys as SymbolicTensor]);
      const outputs = dense(2, { units: 1 }).apply(layers.flatten().apply(scores)) as SymbolicTensor;
      const model = modelOf({ inputs: [a, b], outputs });
      model.compile({ optimizer: tf.train.sgd(0.003), loss: 'meanSquaredError' });
      return model;
    },
    data: () => ({ x: [uniform([17, 4, 6], 1), uniform([17, 6, 4], 2)], y: uniform([17, 1], 3) }),
  },
  'a frozen layer': {
    create: stack(
      () => ({ optimizer: 'adam', loss: 'meanSquaredError' }),
      () => [
        dense(1, { units: 9, activation: 'relu', inputShape: [6], trainable: false }),
        dense(3, { units: 2 }),
      ],
    ),
    data: () => ({ x: uniform([20, 6], 1), y: uniform([20, 2], 2) }),
  },
};

/** The optimizer of a model, with a method of its own, so that no step is repeated. */
function withoutRepeating(model: LayersModel): LayersModel {
  const { optimizer } = model;
  optimizer.minimize = optimizer.minimize.bind(optimizer);
  return model;
}

const values = (model: LayersModel) => model.getWeights().map((weight) => Array.from(weight.dataSync()));

interface Learned {
  history: unknown;
  weights: number[][];
  kernels: number[];
}

/** What a new network learns in some epochs of fit. */
async function learn(
  { create, data, settings }: Network,
  prepare: (model: LayersModel) => LayersModel = (model) => model,
  more: ModelFitArgs = {},
): Promise<Learned> {
  const model = own(prepare(create()));
  const { x, y } = data();
  for (const each of [x, y].flat()) own(each);
  let history: unknown;
  const kernels = await kernelsOfSteps(model, async () => {
    const options = { epochs: 4, batchSize: 8, shuffle: false, verbose: 0 as const };
    ({ history } = await model.fit(x, y, { ...options, ...settings, ...more }));
  });
  return { history, weights: values(model), kernels };
}

/** Which steps have been repeated: for these, tfjs's engine is asked for little more than their batch, and sums of losses. */
const areRepeated = (kernels: readonly number[]) => kernels.map((count) => count < kernels[0] / 2);

describeWithKernels('the training steps of tfjs-layers', () => {
  let heap: ReturnType<typeof guardHeap>;
  beforeAll(() => {
    heap = guardHeap(tf.findBackend('wasm') as unknown as WasmBackend);
  });
  afterAll(() => {
    heap.release();
  });

  it.each(Object.entries(networks))(
    'are repeated with the same results, to the bit: %s',
    async (_, network) => {
      const expected = await learn(network, withoutRepeating);
      const found = await learn(network);
      expect(found.history).toEqual(expected.history);
      expect(found.weights).toEqual(expected.weights);
      // Two steps of each size of a batch are recorded.
      const inEpochs = [false, false, false, true, true, false, true, true, true, true, true, true];
      expect(areRepeated(found.kernels)).toEqual(inEpochs);
      expect(areRepeated(expected.kernels)).not.toContain(true);
    },
  );
});

describe('a training step of tfjs-layers', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
    await registerWasmKernels();
  });
  afterAll(unregisterWasmKernels);

  const { classifier } = networks;
  let hooked = 0;
  const frozen = networks['a frozen layer'];

  it.each<[string, Network, (model: LayersModel, step: number) => unknown]>([
    [
      'another learning rate',
      classifier,
      ({ optimizer }, step) => Object.assign(optimizer, { learningRate: 0.01 * step }),
    ],
    [
      'another learning rate of SGD',
      networks['one with weights of classes'],
      ({ optimizer }, step) => (optimizer as tf.SGDOptimizer).setLearningRate(0.05 * step),
    ],
    [
      'other weights',
      classifier,
      (model) => tf.tidy(() => model.setWeights(model.getWeights().map((w) => tf.mul(w, 0.9)))),
    ],
    [
      'other weights that are not trained',
      frozen,
      (model) =>
        tf.tidy(() => model.layers[0].setWeights(model.layers[0].getWeights().map((w) => tf.add(w, 0.1)))),
    ],
    [
      'layers that are no longer frozen, which takes another call of compile',
      frozen,
      (model, step) => Object.assign(model.layers[0], { trainable: step >= 7 }),
    ],
    [
      'layers that are frozen, which does not',
      classifier,
      (model, step) => Object.assign(model.layers[0], { trainable: step < 7 }),
    ],
    [
      'another momentum of batch normalization',
      networks['batch and layer normalization'],
      (model, step) => Object.assign(model.layers[1], { momentum: step < 8 ? 0.9 : 0.1 }),
    ],
    [
      'another slope of an activation',
      networks['batch and layer normalization'],
      (model, step) => Object.assign(model.layers[2], { alpha: step < 8 ? 0.3 : 0.1 }),
    ],
    [
      'another activation',
      classifier,
      (model, step) =>
        step === 8 &&
        Object.assign(model.layers[1], {
          activation: (model.layers[0] as never as { activation: unknown }).activation,
        }),
    ],
    [
      'another factor of a regularizer',
      networks['regression with a regularizer'],
      (model, step) =>
        Object.assign((model.layers[0] as never as { kernelRegularizer: object }).kernelRegularizer, {
          l2: step < 8 ? 0.02 : 5,
        }),
    ],
    [
      'a hook',
      classifier,
      (model, step) =>
        step === 8 &&
        model.layers[1].setCallHook(() => {
          hooked += 1;
        }),
    ],
    [
      'a prediction between steps',
      classifier,
      (model) => tf.tidy(() => void (model.predict(tf.ones([2, 6])) as tf.Tensor).dataSync()),
    ],
  ])('takes notice of %s', async (_, network, change) => {
    const run = (prepare: (model: LayersModel) => LayersModel) => {
      let step = 0;
      let model: LayersModel;
      const callbacks = { onBatchBegin: async () => void change(model, step++) };
      const prepareThis = (made: LayersModel) => {
        model = prepare(made);
        return model;
      };
      return learn(network, prepareThis, { callbacks });
    };
    const expected = await run(withoutRepeating);
    const calls = hooked;
    const found = await run((model) => model);
    expect(hooked - calls).toBe(calls);
    hooked = 0;
    expect(found.weights).toEqual(expected.weights);
    expect(found.history).toEqual(expected.history);
    expect(areRepeated(found.kernels)).toContain(true);
  });

  it('is another one after another call of compile', async () => {
    const run = async (prepare: (model: LayersModel) => LayersModel) => {
      // That of `sequential` makes a new model at each call.
      const { inputs, outputs } = classifier.create();
      const model = own(modelOf({ inputs, outputs }));
      const { x, y } = classifier.data();
      own(x as tf.Tensor);
      own(y as tf.Tensor);
      const options = { epochs: 3, batchSize: 10, shuffle: false, verbose: 0 } as const;
      const losses: unknown[] = [];
      for (const loss of ['categoricalCrossentropy', 'meanSquaredError', 'meanSquaredError']) {
        model.compile({ optimizer: tf.train.sgd(losses.length + 0.5), loss });
        losses.push((await prepare(model).fit(x, y, options)).history.loss);
      }
      return { losses, weights: values(model) };
    };
    expect(await run((model) => model)).toEqual(await run(withoutRepeating));
  });

  it('is taken on what trainOnBatch and fitDataset are given, too', async () => {
    const run = async (prepare: (model: LayersModel) => LayersModel) => {
      const model = own(prepare(classifier.create()));
      const batches = Array.from({ length: 6 }, (_, i) => ({
        xs: own(uniform([5, 6], i)),
        ys: own(classes(5, 3)),
      }));
      const kernels = await kernelsOfSteps(model, async () => {
        for (const { xs, ys } of batches) await model.trainOnBatch(xs, ys);
        const iterator = async () => {
          const rest = batches.map(({ xs, ys }) => ({ xs: tf.clone(xs), ys: tf.clone(ys) }));
          return { next: async () => ({ done: rest.length === 0, value: rest.shift() }) };
        };
        await model.fitDataset({ iterator, size: 6 } as never, { epochs: 2, verbose: 0 });
      });
      return { kernels, weights: values(model) };
    };
    const found = await run((model) => model);
    expect(found.weights).toEqual((await run(withoutRepeating)).weights);
    expect(areRepeated(found.kernels)).toEqual([false, false, ...Array(16).fill(true)]);
  });

  it('tells inputs from targets that are the same tensor', async () => {
    const create = stack(
      () => ({ optimizer: 'sgd', loss: 'meanSquaredError' }),
      () => [dense(1, { units: 4, inputShape: [4] })],
    );
    const run = async (prepare: (model: LayersModel) => LayersModel) => {
      const model = own(prepare(create()));
      const [x, y] = [own(uniform([5, 4], 1)), own(uniform([5, 4], 2))];
      const targets = [x, x, y, y, x, y, y];
      const losses: unknown[] = [];
      for (const target of targets) losses.push(await model.trainOnBatch(x, target));
      return { losses, weights: values(model) };
    };
    expect(await run((model) => model)).toEqual(await run(withoutRepeating));
  });

  it('goes on without the kernels, with them again, and on another backend', async () => {
    const losses = async (change: (epoch: number) => unknown) => {
      const { history } = await learn(classifier, undefined, {
        epochs: 8,
        callbacks: { onEpochBegin: async (epoch) => void (await change(epoch)) },
      });
      await tf.setBackend('wasm');
      return (history as { loss: number[] }).loss;
    };
    const expected = await losses(() => {});
    const found = await losses(async (epoch) => {
      if (epoch === 2) unregisterWasmKernels();
      if (epoch === 4) await registerWasmKernels();
      if (epoch === 6) await tf.setBackend('cpu');
      if (epoch === 7) await tf.setBackend('wasm');
    });
    expectAllClose(found, expected, { relative: 1e-4 });
  });

  it("is tfjs-layers' own again after unregisterWasmKernels", async () => {
    const { prototype } = LayersModel;
    const current = () => (prototype as unknown as Record<string, unknown>).makeTrainFunction;
    unregisterWasmKernels();
    const earlier = current();
    await registerWasmKernels();
    await registerWasmKernels();
    expect(current()).not.toBe(earlier);
    unregisterWasmKernels();
    expect(current()).toBe(earlier);
    await registerWasmKernels();
  });

  class Doubled extends layers.Layer {
    static className = 'Doubled';
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      return tf.mul(2, Array.isArray(inputs) ? inputs[0] : inputs);
    }
  }

  it.each<[string, () => LayersModel]>([
    [
      'with a layer of one’s own',
      stack(
        () => ({ optimizer: 'sgd', loss: 'meanSquaredError' }),
        () => [dense(1, { units: 2, inputShape: [6] }), new Doubled({})],
      ),
    ],
    [
      'with a loss of one’s own',
      stack(
        () => ({ optimizer: 'sgd', loss: (y, z) => tf.mean(tf.square(tf.sub(y, z)), -1) }),
        () => [dense(1, { units: 2, inputShape: [6] })],
      ),
    ],
    [
      'with a metric of one’s own',
      stack(
        () => ({
          optimizer: 'sgd',
          loss: 'meanSquaredError',
          metrics: [(y, z) => metrics.meanAbsoluteError(y, z)],
        }),
        () => [dense(1, { units: 2, inputShape: [6] })],
      ),
    ],
    [
      'with a regularizer of one’s own',
      stack(
        () => ({ optimizer: 'sgd', loss: 'meanSquaredError' }),
        () => {
          const apply = (x: tf.Tensor) => tf.sum(tf.abs(x)) as tf.Scalar;
          const kernelRegularizer = Object.assign(regularizers.l2({ l2: 1 }), { apply });
          return [dense(1, { units: 2, inputShape: [6], kernelRegularizer })];
        },
      ),
    ],
    [
      'with a hook',
      stack(
        () => ({ optimizer: 'sgd', loss: 'meanSquaredError' }),
        () => {
          const layer = dense(1, { units: 2, inputShape: [6] });
          layer.setCallHook(() => {});
          return [layer];
        },
      ),
    ],
    [
      'with a method of its own',
      stack(
        () => ({ optimizer: 'sgd', loss: 'meanSquaredError' }),
        () => {
          const layer = dense(1, { units: 2, inputShape: [6] });
          layer.call = layer.call.bind(layer);
          return [layer];
        },
      ),
    ],
    [
      'with dropout',
      stack(
        () => ({ optimizer: 'sgd', loss: 'meanSquaredError' }),
        () => [dense(1, { units: 2, inputShape: [6] }), layers.dropout({ rate: 0.5 })],
      ),
    ],
    [
      'with a recurrent layer',
      stack(
        () => ({ optimizer: 'sgd', loss: 'meanSquaredError' }),
        () => [
          layers.reshape({ targetShape: [3, 2], inputShape: [6] }),
          layers.lstm({ units: 2, recurrentInitializer: 'glorotUniform' }),
        ],
      ),
    ],
  ])('is left to tfjs-layers %s', async (_, create) => {
    const data = () => ({ x: uniform([20, 6], 1), y: uniform([20, 2], 2) });
    const { kernels } = await learn({ create, data });
    expect(areRepeated(kernels)).not.toContain(true);
  });

  it('is left to tfjs-layers where somebody looks at its kernels', async () => {
    const model = own(classifier.create());
    const { x, y } = classifier.data();
    own(x as tf.Tensor);
    own(y as tf.Tensor);
    const train = () => model.trainOnBatch(x, y);
    for (let i = 0; i < 4; i++) await train();
    const { kernels } = await tf.profile((async () => {
      await train();
    }) as never);
    expect(kernels.length).toBeGreaterThan(40);
  });

  it('leaves the model and the heap as they were if a kernel fails', async () => {
    const model = own(classifier.create());
    const { x, y } = classifier.data();
    own(x as tf.Tensor);
    own(y as tf.Tensor);
    const train = () => model.trainOnBatch(x, y);
    for (let i = 0; i < 3; i++) await train();
    const weights = values(model);
    const counts = () => ({ ...tf.memory(), onHeap: tf.backend().numDataIds() });
    const before = counts();
    const softmax = tf.getKernel('Softmax', 'wasm');
    const fail = () => {
      throw new RangeError('no memory');
    };
    tf.unregisterKernel('Softmax', 'wasm');
    tf.registerKernel({ ...softmax, kernelFunc: fail });
    try {
      await expect(train()).rejects.toThrow('no memory');
    } finally {
      tf.unregisterKernel('Softmax', 'wasm');
      tf.registerKernel(softmax);
    }
    expect(counts()).toEqual(before);
    expect(values(model)).toEqual(weights);
    await train();
    expect(values(model)).not.toEqual(weights);
  });

  it('keeps little, however many models there are, and nothing without the kernels', async () => {
    const onHeap = () => tf.backend().numDataIds();
    const train = async () => {
      const { create, data } = networks['batch and layer normalization'];
      const model = create();
      const { x, y } = data();
      for (let i = 0; i < 3; i++) await model.trainOnBatch(x, y);
      model.dispose();
      model.optimizer.dispose();
      tf.dispose([x, y]);
      return onHeap();
    };
    unregisterWasmKernels();
    const before = onHeap();
    await registerWasmKernels();
    const counts: number[] = [];
    for (let i = 0; i < 20; i++) counts.push(await train());
    expect(counts[0]).toBeGreaterThan(before);
    expect(counts[7]).toBeGreaterThan(counts[6]);
    expect(new Set(counts.slice(7)).size).toBe(1);
    unregisterWasmKernels();
    expect(onHeap()).toBe(before);
    await registerWasmKernels();
  });

  it('keeps no values of what compile has replaced', async () => {
    const { inputs, outputs } = classifier.create();
    const model = own(modelOf({ inputs, outputs }));
    const { x, y } = classifier.data();
    own(x as tf.Tensor);
    own(y as tf.Tensor);
    const counts: number[] = [];
    for (let i = 0; i < 4; i++) {
      model.compile({ optimizer: own(tf.train.sgd(0.1)), loss: 'categoricalCrossentropy' });
      for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
      counts.push(tf.backend().numDataIds());
    }
    // One more for the learning rate of each optimizer.
    expect(counts.map((count, i) => count - counts[0] - i)).toEqual([0, 0, 0, 0]);
  });

  it('calls the kernels that others register, before and after', async () => {
    const model = own(classifier.create());
    const { x, y } = classifier.data();
    own(x as tf.Tensor);
    own(y as tf.Tensor);
    const train = () => model.trainOnBatch(x, y);
    const multiply = tf.getKernel('Multiply', 'wasm');
    let calls = 0;
    const counting = {
      ...multiply,
      kernelFunc: ((given) => {
        calls += 1;
        return multiply.kernelFunc(given);
      }) as typeof multiply.kernelFunc,
    };
    const exchange = (kernel: typeof multiply) => {
      tf.unregisterKernel('Multiply', 'wasm');
      tf.registerKernel(kernel);
    };
    for (let i = 0; i < 4; i++) await train();
    try {
      exchange(counting);
      const kernels = await kernelsOfSteps(model, async () => {
        for (let i = 0; i < 4; i++) {
          calls = 0;
          await train();
          expect(calls, `step ${i}`).toBeGreaterThan(3);
        }
      });
      expect(areRepeated(kernels)).toEqual([false, false, true, true]);
    } finally {
      exchange(multiply);
    }
  });

  it('is believed only as far as kernels compute it', async () => {
    unregisterWasmKernels();
    const { prototype } = LayersModel;
    const methods = prototype as unknown as Record<string, unknown>;
    const { makeTrainFunction } = methods;
    const [loss, one, two] = [own(tf.scalar(0.5)), own(tf.ones([6, 1])), own(tf.fill([6, 1], 2))];
    let gradient = one;
    // As something else that repeats steps does it.
    methods.makeTrainFunction = function (this: LayersModel) {
      const [{ name }] = this.trainableWeights.map((weight) => weight.read() as tf.Variable);
      return () => {
        this.optimizer.applyGradients([{ name, tensor: gradient }]);
        return [tf.clone(loss)];
      };
    };
    try {
      await registerWasmKernels();
      const create = stack(
        () => ({ optimizer: tf.train.sgd(1), loss: 'meanSquaredError' }),
        () => [dense(1, { units: 1, inputShape: [6], useBias: false })],
      );
      const model = own(create());
      const [x, y] = [own(uniform([5, 6], 1)), own(uniform([5, 1], 2))];
      const changes: number[] = [];
      for (let step = 0; step < 6; step++) {
        gradient = step < 4 ? one : two;
        const [[before]] = values(model);
        await model.trainOnBatch(x, y);
        changes.push(Math.round(before - values(model)[0][0]));
      }
      expect(changes).toEqual([1, 1, 1, 1, 2, 2]);
    } finally {
      unregisterWasmKernels();
      methods.makeTrainFunction = makeTrainFunction;
      await registerWasmKernels();
    }
  });

  it('is no constant where another copy of the package repeats it', async () => {
    const model = own(classifier.create());
    const [x, y] = [own(uniform([8, 6], 1)), own(classes(8, 3))];
    const optimizer = model.optimizer as tf.AdamOptimizer;
    const train = async () =>
      Number(([] as number[]).concat((await model.trainOnBatch(x, y)) as number[])[0]);
    for (let i = 0; i < 3; i++) await train();
    const other = await import(new URL('../dist/stock.js', import.meta.url).href);
    await other.registerWasmKernels();
    try {
      Object.assign(optimizer, { learningRate: 0 });
      const still = [await train(), await train(), await train()];
      expect(new Set(still).size).toBe(1);
      Object.assign(optimizer, { learningRate: 0.05 });
      const losses = [await train(), await train(), await train()];
      expect(losses[2]).toBeLessThan(losses[1]);
    } finally {
      other.unregisterWasmKernels();
    }
  });
});
