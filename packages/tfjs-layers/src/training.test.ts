import { dense } from '@harmonic-mlp/core';
import { FrequencyAwareOptimizer } from '@harmonic-mlp/freq-optimizer';
import { HarmonicLayer } from '@harmonic-mlp/harmonic-layer';
import * as tf from '@tensorflow/tfjs-core';
import { initializers, layers, regularizers, type Sequential, sequential } from '@tensorflow/tfjs-layers';
import { describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import { toTensor } from '../../../test/support/fixtures';
import { adamOptions, trajectories } from '../../../test/support/trajectory';
import { Adam, type FrequencyAwareOptions, frequencyAware, harmonicDense } from '.';
import { LayersFrequencyAwareOptimizer } from './frequency-aware';

const numbers = <T extends tf.Tensor>(...shape: number[]): T =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(7 * i + shape.length)),
    shape,
  ) as T;

/** Two harmonic layers, the first without a bias, and a linear one. */
const network = (): Sequential =>
  sequential({
    layers: [
      harmonicDense({ units: 6, maxFreq: 4, useBias: false, seed: 1, inputShape: [3] }),
      harmonicDense({ units: 4, baseFreq: 0.5, seed: 2 }),
      layers.dense({ units: 2, kernelInitializer: initializers.constant({ value: 0.3 }) }),
    ],
  });

/** The same by hand: HarmonicLayers, variables, and a FrequencyAwareOptimizer that is given the layers. */
function byHand(base: tf.Optimizer, options: FrequencyAwareOptions) {
  const hidden = [
    new HarmonicLayer({ inputSize: 3, units: 6, maxFreq: 4, useBias: false, seed: 1 }),
    new HarmonicLayer({ inputSize: 6, units: 4, baseFreq: 0.5, seed: 2 }),
  ];
  const kernel = tf.tidy(() => tf.variable(tf.fill([4, 2], 0.3)));
  const bias = tf.tidy(() => tf.variable(tf.zeros([2])));
  const variables = [...hidden.flatMap(({ weights }) => Object.values(weights)), kernel, bias];
  const optimizer = new FrequencyAwareOptimizer(base, hidden, options);
  return {
    variables,
    step(x: tf.Tensor2D, target: tf.Tensor2D): void {
      const loss = () => {
        const features = hidden.reduce((values, layer) => layer.apply(values), x);
        const y = dense({ x: features, kernel: kernel as never, bias: bias as never });
        return tf.mean(tf.squaredDifference(target, y)) as tf.Scalar;
      };
      optimizer.minimize(loss, false, variables);
    },
    dispose() {
      for (const layer of hidden) layer.dispose();
      tf.dispose([kernel, bias]);
      optimizer.dispose();
    },
  };
}

const bases: [name: string, make: () => tf.Optimizer][] = [
  ['Adam', () => new Adam({ learningRate: 0.01, weightDecay: 0.1 })],
  ['sgd', () => tf.train.sgd(0.005)],
  // With the usual small epsilon, scaled gradients have almost no effect.
  ['rmsprop', () => tf.train.rmsprop(0.01, 0.9, 0, 0.01)],
];
const scales = [{ freqScale: 'gradient' }, { freqScale: 'update', freqScaleFactor: 0.5 }] as const;

describeOnEachBackend('model.compile with frequencyAware', () => {
  describe.each(bases)('around %s', (_, make) => {
    it.each(scales)('trains as HarmonicLayer and FrequencyAwareOptimizer do by hand: %j', async (options) => {
      const trained = network();
      const optimizer = frequencyAware(make(), options);
      trained.compile({ optimizer, loss: 'meanSquaredError' });
      const hand = byHand(make(), options);
      const plain = network();
      const plainOptimizer = make();
      plain.compile({ optimizer: plainOptimizer, loss: 'meanSquaredError' });
      const [x, y] = [numbers<tf.Tensor2D>(8, 3), numbers<tf.Tensor2D>(8, 2)];

      for (let step = 0; step < 20; step++) {
        await trained.trainOnBatch(x, y);
        await plain.trainOnBatch(x, y);
        hand.step(x, y);
      }
      const weights = trained.getWeights();
      expect(weights.length).toBe(hand.variables.length);
      for (const [i, weight] of weights.entries()) {
        // The gradient of the mean is summed in a different order, which moves biases near 0 by up to 2.9e-8.
        expectAllClose(weight, hand.variables[i], { relative: 1e-5, absolute: 1e-7 }, `weight ${i}`);
      }
      // The base alone ends up much farther away than that.
      const drift = tf.tidy(() =>
        Math.max(
          ...weights.slice(0, 3).map((weight, i) => {
            const difference = tf.max(tf.abs(tf.sub(weight, plain.getWeights()[i])));
            return difference.dataSync()[0];
          }),
        ),
      );
      expect(drift).toBeGreaterThan(1e-3);

      for (const each of [trained, plain]) each.dispose();
      for (const each of [optimizer, plainOptimizer, hand]) each.dispose();
      tf.dispose([x, y]);
    });
  });

  it('gives the same weights by fit, fitDataset and trainOnBatch', async () => {
    const [x, y] = [numbers<tf.Tensor2D>(8, 3), numbers<tf.Tensor2D>(8, 2)];
    const dataset = {
      iterator: async () => {
        let batches = 0;
        const next = async () => ({
          done: batches++ === 2,
          value: { xs: tf.clone(x), ys: tf.clone(y) },
        });
        return { next };
      },
    };
    const ways: ((model: Sequential) => Promise<unknown>)[] = [
      (model) => model.fit(x, y, { epochs: 2, batchSize: 8 }),
      (model) => model.fitDataset(dataset as never, { epochs: 1, batchesPerEpoch: 2, verbose: 0 }),
      async (model) => {
        for (let step = 0; step < 2; step++) await model.trainOnBatch(x, y);
      },
    ];
    const results: number[][][] = [];
    for (const train of ways) {
      const model = network();
      const optimizer = frequencyAware(new Adam(), { freqScale: 'update' });
      model.compile({ optimizer, loss: 'meanSquaredError' });
      await train(model);
      expect(optimizer.iterations).toBe(2);
      results.push(model.getWeights().map((weight) => [...weight.dataSync()]));
      model.dispose();
      optimizer.dispose();
    }
    // fit feeds the rows in a different order, and so sums in a different order.
    for (const [i, weight] of results[0].entries()) expectAllClose(weight, results[2][i]);
    expect(results[1]).toEqual(results[2]);
    tf.dispose([x, y]);
  });

  it('learns a product of waves that a straight line cannot follow', async () => {
    const model = sequential({
      layers: [
        harmonicDense({ units: 24, maxFreq: 5, seed: 1, inputShape: [2] }),
        layers.dense({ units: 1, kernelInitializer: initializers.glorotUniform({ seed: 1 }) }),
      ],
    });
    const optimizer = frequencyAware(new Adam({ learningRate: 0.02 }), { freqScale: 'update' });
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const points = Array.from({ length: 100 }, (_, i) => [(i % 10) / 5 - 0.9, Math.floor(i / 10) / 5 - 0.9]);
    const x = tf.tensor2d(points);
    const y = tf.tensor2d(points.map(([a, b]) => [Math.sin(3 * a) * Math.cos(2 * b)]));
    const { history } = await model.fit(x, y, { epochs: 60, batchSize: 20, shuffle: false });
    const losses = history.loss as number[];
    expect(losses[0]).toBeGreaterThan(0.1);
    expect(losses.at(-1)).toBeLessThan(0.02);
    model.dispose();
    optimizer.dispose();
    tf.dispose([x, y]);
  });

  it('keeps the count of tensors from step to step, and frees all', async () => {
    const before = tf.memory();
    const model = network();
    const optimizer = frequencyAware(new Adam(), { freqScale: 'update' });
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const [x, y] = [numbers(8, 3), numbers(8, 2)];
    await model.trainOnBatch(x, y);
    const { numTensors } = tf.memory();
    for (let step = 0; step < 3; step++) await model.trainOnBatch(x, y);
    expect(tf.memory().numTensors).toBe(numTensors);
    model.dispose();
    optimizer.dispose();
    tf.dispose([x, y]);
    const { numTensors: tensors, numDataBuffers, numBytes } = before;
    expect(tf.memory()).toMatchObject({ numTensors: tensors, numDataBuffers, numBytes });
  });

  it('finds the layers of a model that is built after it', async () => {
    const model = sequential();
    const optimizer = frequencyAware(tf.train.sgd(1), { freqScaleFactor: 1 });
    model.add(
      harmonicDense({ units: 3, inputShape: [1], kernelInitializer: initializers.zeros(), residual: 1 }),
    );
    model.compile({ optimizer, loss: (_, y) => tf.sum(y) });
    const bias = [...model.getWeights()[1].dataSync()];
    const [x, y] = [tf.ones([1, 1]), tf.zeros([1, 3])];
    await model.trainOnBatch(x, y);
    // From a kernel of 0, each unit moves by −dy/dz/(1 + p), where dy/dz = 1 + ω·cos ωb and ω = 2π/p.
    const expected = bias.map((b, i) => {
      const [period, omega] = [i + 1, (2 * Math.PI) / (i + 1)];
      return -(1 + omega * Math.cos(omega * b)) / (1 + period);
    });
    expectAllClose(model.getWeights()[0], { shape: [1, 3], data: expected });
    model.dispose();
    optimizer.dispose();
    tf.dispose([x, y]);
  });
});

describe('frequencyAware', () => {
  it.each<[string, unknown]>([
    ['freqScaleFactor', -1],
    ['freqScale', 'both'],
    ['freqscale', 'update'],
    ['factor', 1],
  ])('refuses %s %j', (argument, value) => {
    expect(() => frequencyAware(new Adam(), { [argument]: value })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
    );
  });

  it.each([5, null, 'update', [1]])('refuses %j as options', (options) => {
    expect(() => frequencyAware(new Adam(), options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'options', value: options }),
    );
  });

  it.each(['adam', undefined, {}])('refuses the base %j', (base) => {
    expect(() => frequencyAware(base as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('tf.Optimizer'),
      }),
    );
  });

  it.each<[string, unknown, unknown]>([
    ['base', undefined, undefined],
    ['base', 'sgd', 'sgd'],
    ['base.className', 'Lion', { className: 'Lion', config: {} }],
    ['base.config', null, { className: 'SGD', config: null }],
  ])('refuses %s %j when a model is loaded with it', (argument, value, base) => {
    const config = { base, freqScaleFactor: 0.1, freqScale: 'gradient' } as never;
    expect(() =>
      LayersFrequencyAwareOptimizer.fromConfig(LayersFrequencyAwareOptimizer as never, config),
    ).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }));
  });

  it('says what a misspelled option may mean', () => {
    expect(() => frequencyAware(new Adam(), { freqScalefactr: 1 } as never)).toThrow(
      'frequencyAware has no option "freqScalefactr". Did you mean freqScaleFactor?',
    );
  });
});

describeOnEachBackend('A kernelRegularizer', () => {
  it('is followed by training: its loss is added, and its gradient', async () => {
    const make = (options: object) =>
      sequential({ layers: [harmonicDense({ units: 2, seed: 1, inputShape: [3], ...options })] });
    const kernelRegularizer = regularizers.l2({ l2: 0.1 });
    const [plain, decayed] = [make({}), make({ kernelRegularizer })];
    const [x, y] = [numbers<tf.Tensor2D>(8, 3), numbers<tf.Tensor2D>(8, 2)];
    const losses: number[] = [];
    const kernels: number[][] = [[...plain.getWeights()[0].dataSync()]];
    const optimizers = [plain, decayed].map(() => tf.train.sgd(0.1));
    for (const [i, each] of [plain, decayed].entries()) {
      each.compile({ optimizer: optimizers[i], loss: 'meanSquaredError' });
      const { history } = await each.fit(x, y, { epochs: 1, batchSize: 8, shuffle: false });
      losses.push(history.loss[0] as number);
      kernels.push([...each.getWeights()[0].dataSync()]);
    }
    const [before, after, afterDecay] = kernels;
    const squares = before.reduce((sum, weight) => sum + weight ** 2, 0);
    expect(losses[1] - losses[0]).toBeCloseTo(0.1 * squares, 5);
    // w ← w − rate·(gradient + 2·l2·w)
    expectAllClose(
      afterDecay,
      after.map((weight, i) => weight - 0.1 * 2 * 0.1 * before[i]),
    );
    for (const each of [plain, decayed, ...optimizers]) each.dispose();
    tf.dispose([x, y]);
  });
});

// Consecutive training steps of PyTorch 2.13 in float64, from given weights (tools/reference).
describeOnEachBackend("PyTorch's training trajectory", () => {
  const { model: shape, initial, batches, runs } = trajectories;

  it.each(runs)('is followed by a model of tfjs-layers: $name', async (reference) => {
    const { inputs, hidden, classes } = shape;
    const norm = () => layers.batchNormalization({ epsilon: 1e-5 });
    const model = sequential({
      layers: [
        harmonicDense({ ...hidden[0], inputShape: [inputs], name: 'hidden.0' }),
        norm(),
        harmonicDense({ ...hidden[1], name: 'hidden.1' }),
        norm(),
        layers.dense({ units: classes, name: 'output' }),
      ],
    });
    // The trained weights of the model, in the model's order.
    const paths = [
      ...[0, 1].flatMap((i) =>
        ['kernel', 'bias', 'norm/gamma', 'norm/beta'].map((name) => `hidden.${i}/${name}`),
      ),
      'output/kernel',
      'output/bias',
    ];
    tf.tidy(() => {
      for (const [i, path] of paths.entries()) model.trainableWeights[i].write(toTensor(initial[path]));
    });
    const { base, learningRate, freqScaleFactor, mode } = reference.optimizer;
    const optimizer = frequencyAware(
      base === 'sgd' ? tf.train.sgd(learningRate) : new Adam(adamOptions(reference.optimizer)),
      { freqScaleFactor, freqScale: mode },
    );
    model.compile({ optimizer, loss: (labels, logits) => tf.losses.softmaxCrossEntropy(labels, logits) });

    // Weights and losses deviate by up to 3.6e-7, as PyTorch's own float32 does.
    const tolerance = { relative: 0, absolute: 1e-6 };
    const losses: number[] = [];
    const compared: number[] = [];
    for (const [i, batch] of batches.slice(0, reference.losses.length).entries()) {
      const x = toTensor(batch.x);
      const labels = tf.tidy(() => tf.cast(tf.oneHot(toTensor(batch.labels, 'int32'), classes), 'float32'));
      losses.push((await model.trainOnBatch(x, labels)) as number);
      tf.dispose([x, labels]);
      const snapshot = reference.snapshots.find(({ step }) => step === i + 1);
      if (snapshot === undefined) continue;
      compared.push(snapshot.step);
      for (const [k, path] of paths.entries()) {
        const label = `${path} after step ${snapshot.step}`;
        expectAllClose(model.trainableWeights[k].read(), snapshot.weights[path], tolerance, label);
      }
    }
    expect(compared).toEqual(reference.snapshots.map(({ step }) => step));
    expectAllClose(losses, reference.losses, tolerance, 'losses');
    model.dispose();
    optimizer.dispose();
  });
});
