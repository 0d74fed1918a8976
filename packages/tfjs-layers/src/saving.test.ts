import {
  dispose,
  memory,
  type Optimizer,
  type serialization,
  type Tensor,
  tensor,
  tidy,
  train,
} from '@tensorflow/tfjs-core';
import {
  initializers,
  input,
  type LayersModel,
  layers,
  model,
  models,
  regularizers,
  sequential,
} from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import { loaded, saved } from '../test/memory';
import { Adam, frequencyAware, harmonicDense, registerHarmonicLayers } from '.';

const numbers = (shape: number[]): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(7 * i)),
    shape,
  );

const networks: [name: string, inputShape: number[], make: () => LayersModel][] = [
  [
    'a stack',
    [3],
    () =>
      sequential({
        layers: [
          harmonicDense({ units: 6, baseFreq: 0.5, maxFreq: 2, residual: 0, inputShape: [3] }),
          layers.dropout({ rate: 0.2 }),
          harmonicDense({
            units: 4,
            useBias: false,
            seed: [3, 2 ** 32 - 1],
            trainable: false,
            kernelInitializer: initializers.glorotUniform({ seed: 1 }),
            kernelRegularizer: regularizers.l2({ l2: 0.5 }),
          }),
          layers.dense({ units: 2, activation: 'softmax' }),
        ],
      }),
  ],
  [
    'a graph with a shared layer',
    [3],
    () => {
      const x = input({ shape: [3] });
      const shared = harmonicDense({ units: 3, name: 'waves' });
      const once = shared.apply(x);
      const outputs = layers.add().apply([once, shared.apply(once)] as never) as never;
      return model({ inputs: x, outputs });
    },
  ],
  [
    'a layer in a wrapper',
    [4, 3],
    () =>
      sequential({
        layers: [layers.timeDistributed({ layer: harmonicDense({ units: 2 }), inputShape: [4, 3] })],
      }),
  ],
];

/** Frees a model, even one that uses a layer twice: tfjs-layers counts the uses, and disposes of each layer once. */
function free(network: LayersModel): void {
  network.dispose();
  const shared = network.layers.find(({ name }) => name === 'waves');
  shared?.dispose();
}

describeOnEachBackend('A saved model', () => {
  beforeAll(registerHarmonicLayers);

  describe.each(networks)('of %s', (_, inputShape, make) => {
    it('predicts the same after loading, to the bit', async () => {
      const network = make();
      const artifacts = await saved(network);
      const again = await loaded(artifacts);
      tidy(() => {
        const x = numbers([5, ...inputShape]);
        const [expected, actual] = [network, again].map((each) => each.predict(x) as Tensor);
        expect(actual.dataSync()).toEqual(expected.dataSync());
      });
      expect((await saved(again)).modelTopology).toEqual(artifacts.modelTopology);
      free(network);
      free(again);
    });

    it('has the same initial weights when it is made from its topology alone', async () => {
      const network = make();
      const again = await models.modelFromJSON(JSON.parse(network.toJSON() as string));
      const kernels = [network, again].map((each) => {
        const layer = each.layers.find((layer) => /harmonic|waves|time/.test(layer.name));
        return layer?.getWeights().map((weight) => [...weight.dataSync()]);
      });
      expect(kernels[1]).toEqual(kernels[0]);
      free(network);
      free(again);
    });
  });

  it('that is loaded and disposed leaves nothing behind', async () => {
    const network = networks[0][2]();
    const artifacts = await saved(network);
    const { numTensors } = memory();
    free(await loaded(artifacts));
    expect(memory().numTensors).toBe(numTensors);
    free(network);
  });

  it('takes the configuration of an earlier one, which says scale for freqScale', () => {
    const optimizer = frequencyAware(train.sgd(0.01), { freqScale: 'update', freqScaleFactor: 0.5 });
    const { freqScale, ...config } = optimizer.getConfig();
    const LoadedOptimizer =
      optimizer.constructor as never as serialization.SerializableConstructor<Optimizer>;
    const again = LoadedOptimizer.fromConfig(LoadedOptimizer, { ...config, scale: freqScale }) as Optimizer;
    expect(freqScale).toBe('update');
    expect(again.getConfig()).toEqual(optimizer.getConfig());
    optimizer.dispose();
    again.dispose();
  });

  const optimizers: [name: string, make: () => Optimizer][] = [
    ['Adam, scaled updates', () => frequencyAware(new Adam({ learningRate: 0.01 }), { freqScale: 'update' })],
    [
      'Adam with decay, scaled gradients',
      () =>
        frequencyAware(new Adam({ weightDecay: 0.1, weightDecayMode: 'decoupled', epsilon: 0.1 }), {
          freqScaleFactor: 0.5,
        }),
    ],
    ['Adam by itself', () => new Adam({ learningRate: 0.01 })],
    ['sgd', () => frequencyAware(train.sgd(0.01))],
    ['rmsprop', () => frequencyAware(train.rmsprop(0.01), { freqScale: 'update' })],
  ];

  it.each(optimizers)('goes on training as if it had never stopped, to the bit: %s', async (name, make) => {
    const network = sequential({
      layers: [
        harmonicDense({ units: 6, seed: 1, inputShape: [3] }),
        harmonicDense({ units: 4, seed: 2 }),
        layers.dense({ units: 2, kernelInitializer: initializers.glorotUniform({ seed: 3 }) }),
      ],
    });
    const optimizer = make();
    network.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [numbers([8, 3]), numbers([8, 2])];
    for (let step = 0; step < 3; step++) await network.trainOnBatch(x, y);

    const { numTensors } = memory();
    const artifacts = await saved(network, { includeOptimizer: true });
    const again = await loaded(artifacts);
    expect(again.optimizer.getClassName()).toBe(optimizer.getClassName());
    expect(again.optimizer.getConfig()).toEqual(optimizer.getConfig());
    expect(again.optimizer.iterations).toBe(3);
    // If saved again before taking a step, it is the same.
    const unchanged = await saved(again, { includeOptimizer: true });
    expect(unchanged.weightSpecs?.map(({ shape }) => shape)).toEqual(
      artifacts.weightSpecs?.map(({ shape }) => shape),
    );
    expect(unchanged.weightData).toEqual(artifacts.weightData);

    for (let step = 0; step < 4; step++) {
      const [loss, lossAgain] = [await network.trainOnBatch(x, y), await again.trainOnBatch(x, y)];
      expect(lossAgain).toBe(loss);
    }
    for (const [i, weight] of again.getWeights().entries()) {
      expect(weight.dataSync()).toEqual(network.getWeights()[i].dataSync());
    }
    again.dispose();
    again.optimizer.dispose();
    if (name.startsWith('Adam')) expect(memory().numTensors).toBe(numTensors + 2);
    network.dispose();
    optimizer.dispose();
    dispose([x, y]);
  });
});
