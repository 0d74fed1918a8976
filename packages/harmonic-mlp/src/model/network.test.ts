import '@tensorflow/tfjs-backend-cpu';
import { add, foldIn, gaussianNoise, type RandomKey, randomKey } from '@harmonic-mlp/core';
import {
  activations,
  FourierFeatures,
  fanInUniform,
  makeLayer,
  registerActivation,
} from '@harmonic-mlp/harmonic-layer';
import {
  abs,
  max,
  memory,
  type Rank,
  setBackend,
  type Tensor2D,
  tensor2d,
  tidy,
  zeros,
} from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../../test/support/allclose';
import { type HarmonicMLPOptions, Network } from '.';

beforeAll(() => setBackend('cpu'));

const shape = { inputSize: 3, classes: 2, hidden: [4, 5], seed: 7 };

describe('Network', () => {
  it('says what a run asks of it', () => {
    const [network, linear] = [new Network(shape), new Network({ ...shape, hidden: [] })];
    expect([network.inputSize, network.outputSize, network.seed]).toEqual([3, 2, 7]);
    expect([network.smallestBatch, linear.smallestBatch]).toEqual([2, 1]);
    expect(network.parameterCount).toBe((3 + 1) * 4 + 8 + (4 + 1) * 5 + 10 + (5 + 1) * 2);
    network.dispose();
    linear.dispose();
  });

  it('gives its memory back, and says that it is gone', () => {
    const before = memory().numTensors;
    const network = new Network(shape);
    expect(() => network.requireAlive()).not.toThrow();
    expect(network.isDisposed).toBe(false);
    network.dispose();
    expect(memory().numTensors).toBe(before);
    expect(network.isDisposed).toBe(true);
    expect(() => network.requireAlive()).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining('was disposed') }),
    );
  });

  it('gives back what it made before a layer that cannot be made', () => {
    const failure = new Error('no weights');
    const initialize: typeof fanInUniform = (layer, key) => {
      if (!layer.isFirst) throw failure;
      return fanInUniform(layer, key);
    };
    registerActivation({ ...activations.relu, name: 'failing', initialize });
    const before = memory().numTensors;
    expect(() => new Network({ ...shape, activation: 'failing', fourierFeatures: 'gaussian' })).toThrow(
      failure,
    );
    expect(memory().numTensors).toBe(before);
    delete (activations as Record<string, unknown>).failing;
  });

  it('draws its parts from streams of its seed', () => {
    const network = new Network({ ...shape, fourierFeatures: 'gaussian:2', maxFreq: 5 });
    const stream = (name: string) => foldIn(foldIn(randomKey(7), 'weights'), name);
    const parts = [
      new FourierFeatures({ inputSize: 3, encoding: 'gaussian:2', seed: stream('fourier') }),
      makeLayer({ inputSize: 4, units: 4, activation: 'harmonic', maxFreq: 5, seed: stream('hidden.0') }),
      makeLayer({ inputSize: 4, units: 5, activation: 'harmonic', maxFreq: 5, seed: stream('hidden.1') }),
      makeLayer({ inputSize: 5, units: 2, activation: 'linear', seed: stream('output') }),
    ];
    const drawn = parts.map((part) => ('frequencies' in part ? part.frequencies : part.kernel).dataSync());
    const names = ['fourier/frequencies', 'hidden.0/kernel', 'hidden.1/kernel', 'output/kernel'];
    expect(names.map((name) => network.variables[name].dataSync())).toEqual(drawn);
    network.dispose();
    for (const part of parts) part.dispose();
  });

  it.each(['after', 'before'] as const)(
    'normalizes as many columns as there are %s the activation',
    (norm) => {
      // Of FAN's columns, some make two units.
      const network = new Network({ ...shape, activation: 'fan', norm, hidden: [8] });
      const widths = network.hidden.map((block) => block.norm!.weights.gamma.size);
      expect(widths).toEqual([norm === 'before' ? network.hidden[0].layer.kernel.shape[1] : 8]);
      expect(network.targetUnits).toBeUndefined();
      network.dispose();
    },
  );

  it.each<Partial<HarmonicMLPOptions>>([
    {},
    { norm: 'before' },
    { norm: 'none', activation: 'siren' },
    { hidden: [4, 4, 4], skipConnections: true },
    { fourierFeatures: 'gaussian', standardizeInputs: true },
    { hidden: [] },
  ])('has hidden activations, the last of which the outputs are computed from: %j', (options) => {
    const network = new Network({ ...shape, ...options });
    const x = tensor2d([0.5, -1, 2, 0.1, 0.2, 0.3], [2, 3]);
    const before = memory().numTensors;
    const activations = network.hiddenActivations(x);
    const { hidden } = network.config;
    expect(Object.entries(activations).map(([path, { shape }]) => [path, ...shape])).toEqual(
      hidden.map((units, i) => [`hidden.${i}`, 2, units]),
    );
    expect(memory().numTensors - before).toBe(hidden.length);
    if (hidden.length > 0) {
      const last = activations[`hidden.${hidden.length - 1}`];
      expectAllClose(network.output.apply(last), network.logits(x));
    }
    network.dispose();
  });

  it('adds noise to the inputs and the arguments of the activations, by the key', () => {
    const network = new Network({ ...shape, hidden: [4], noise: 0.5, inputNoise: 0.25, dropout: 0 });
    const [{ layer, norm }] = network.hidden;
    tidy(() => {
      const key = [1, 2] as const;
      const x = tensor2d([1, 2, 3, 3, 1, 2], [2, 3]);
      const noisy = (a: Tensor2D, deviation: number, stream: RandomKey) =>
        add({ a, b: gaussianNoise({}, { shape: a.shape, deviation, key: stream }) });
      const z = noisy(
        layer.preActivations(noisy(x, 0.25, foldIn(key, 'input'))),
        0.5,
        foldIn(foldIn(key, 0), 'noise'),
      );
      const expected = network.output.apply(norm!.applyTraining(layer.activate(z)));
      expectAllClose(network.trainingLogits(x, key), expected);
    });
    network.dispose();
  });

  it('looks at the layers that have periods, from eight examples on', async () => {
    const options = {
      ...shape,
      activation: 'harmonic-relu',
      periods: 'constant:1000',
      norm: 'none',
    } as const;
    // A tenth of five units is one, and of four none.
    const network = new Network({ ...options, hidden: [5, 4, 4, 5], share: 0.1 });
    expect(network.harmonicLayers).toEqual([0, 3].map((i) => network.hidden[i].layer));
    const [seven, eight] = [7, 8].map((rows) =>
      tensor2d(Array.from({ length: rows }, (_, i) => [i, -i, i * i])),
    );
    const before = memory().numTensors;
    expect(await network.findConcerns(seven)).toEqual([]);
    expect(await network.findConcerns(eight)).toMatchObject(
      ['hidden.0', 'hidden.3'].map((layer) => ({ kind: 'long-periods', layer })),
    );
    expect(memory().numTensors).toBe(before);
    for (const each of [seven, eight, network]) each.dispose();
  });

  it('infers without a key for dropout, and trains with one', () => {
    const network = new Network(shape);
    tidy(() => {
      const x = tensor2d([1, 2, 3, 3, 1, 2], [2, 3]);
      expect(network.forward(x).dataSync()).toEqual(network.logits(x).dataSync());
      const training = network.forward(x, [0, 1]).dataSync();
      expect(training).toEqual(network.trainingLogits(x, [0, 1]).dataSync());
      expect(training).not.toEqual(network.logits(x).dataSync());
    });
    network.dispose();
  });

  it('has its parameters trained, and not its statistics', () => {
    const network = new Network(shape);
    const trainable = Object.entries(network.variables).filter(([, variable]) => variable.trainable);
    expect(trainable.map(([path]) => path)).toEqual(Object.keys(network.parameters));
    expect(Object.keys(network.variables)).toContain('hidden.0/norm/running_mean');
    network.dispose();
  });

  it('has periods only where its activation is harmonic', () => {
    for (const [activation, count] of [
      ['harmonic', 2],
      ['relu', 0],
    ] as const) {
      const network = new Network({ ...shape, activation });
      expect(network.harmonicLayers).toHaveLength(count);
      network.dispose();
    }
  });

  it('tells an activation of the layer that it draws weights for', () => {
    const layers: unknown[] = [];
    registerActivation({
      name: 'noted',
      summary: 'z',
      hyperparameters: {},
      hasPeriods: false,
      initialize({ inputSize, units, isFirst }, key) {
        layers.push([inputSize, units, isFirst]);
        return fanInUniform({ inputSize, units, isFirst, periods: undefined, hyperparameters: {} }, key);
      },
      activate: ({ z }) => z,
    });
    const network = new Network({ ...shape, activation: 'noted' });
    expect(layers).toEqual([
      [3, 4, true],
      [4, 5, false],
    ]);
    expect(network.harmonicLayers).toEqual([]);
    network.dispose();
    delete (activations as Record<string, unknown>).noted;
  });

  it('starts its outputs as the activation of its hidden units says', () => {
    const largest = (options: HarmonicMLPOptions) => {
      const network = new Network({ inputSize: 3, hidden: [4, 96], classes: 10, ...options });
      const { weights, activation } = network.output;
      expect(activation.name).toBe('linear');
      const size = max(abs(weights.kernel)).dataSync()[0];
      network.dispose();
      return size;
    };
    // √(6/96)/ω, and 1/√n otherwise.
    expect(largest({ activation: 'siren', omega: 5 }) / 0.05).toBeCloseTo(1, 1);
    expect(largest({ activation: 'relu' }) / 0.102062).toBeCloseTo(1, 1);
    expect(largest({ activation: 'siren', omega: 5, hidden: [] }) / 0.57735).toBeCloseTo(1, 1);
  });

  it('drops nothing at a rate of 0, and as the key says at any other', () => {
    const logits = (dropout: number, key: [number, number]) => {
      const network = new Network({ ...shape, dropout });
      const values = tidy(() => {
        const x = tensor2d([1, 2, 3, 3, 1, 2], [2, 3]);
        return [...network.forward(x, key).dataSync()];
      });
      network.dispose();
      return values;
    };
    expect(logits(0, [1, 2])).toEqual(logits(0, [3, 4]));
    expect(logits(0.5, [1, 2])).toEqual(logits(0.5, [1, 2]));
    expect(logits(0.5, [1, 2])).not.toEqual(logits(0.5, [3, 4]));
    expect(logits(0.5, [1, 2])).not.toEqual(logits(0, [1, 2]));
  });

  it.each<[number[], string | undefined]>([
    [[2, 4], undefined],
    [[3, 2], undefined],
    [[2, 3, 1], undefined],
    [[4], undefined],
    [[3], 'Make a batch of one of it: tf.reshape(x, [1, 3]).'],
  ])('refuses an input of shape %j', (given, fix) => {
    const network = new Network(shape);
    const x = zeros<Rank.R2>(given as [number, number]);
    const before = memory().numTensors;
    for (const use of [() => network.logits(x), () => network.trainingLogits(x, [0, 0])]) {
      expect(use).toThrow(
        expect.objectContaining({
          code: 'INVALID_SHAPE',
          argument: 'x',
          allowed: 'a tensor of shape [batch, 3]',
          fix,
        }),
      );
    }
    expect(memory().numTensors).toBe(before);
    x.dispose();
    network.dispose();
  });
});
