import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
import { registerWasmKernels, unregisterWasmKernels } from '../src/stock';
import type { WasmBackend } from '../src/wasm-backend';
import { guardHeap } from './support/guarded-heap';
import { describeWithKernels } from './support/simd-levels';

tf.enableProdMode();

type Name = 'lstm' | 'gru';
const names: Name[] = ['lstm', 'gru'];
type Settings = Parameters<typeof layers.lstm>[0] & Parameters<typeof layers.gru>[0];
interface Sizes {
  batch: number;
  times: number;
  features: number;
}

const product = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);
const values = (random: FuzzRandom, shape: readonly number[], range = 1) =>
  Float32Array.from({ length: product(shape) }, () => (range * (random.integer(2001) - 1000)) / 1000);
const read = (tensor: tf.Tensor) => ({ shape: tensor.shape, data: Array.from(tensor.dataSync()) });

/** A layer's outputs, and the gradients of its inputs and weights, of some sum of the outputs, on a backend. */
async function results(backend: string, name: Name, settings: Settings, sizes: Sizes, seed: number) {
  await tf.setBackend(backend);
  const random = new FuzzRandom(seed);
  const { batch, times, features } = sizes;
  const layer = (layers[name] as typeof layers.lstm)({ recurrentInitializer: 'glorotUniform', ...settings });
  const x = tf.tensor(values(random, [batch, times, features], 2), [batch, times, features]);
  tf.dispose(layer.apply(x) as tf.Tensor);
  const weights = layer.getWeights().map(({ shape }) => tf.tensor(values(random, shape, 1.5), shape));
  layer.setWeights(weights);
  tf.dispose(weights);
  const outputShape = layer.computeOutputShape([batch, times, features]) as number[];
  const factors = tf.tensor(values(random, outputShape), outputShape);
  const variables = layer.trainableWeights.map((each) => each.read() as tf.Variable);
  const found = tf.tidy(() => {
    const apply = () => layer.apply(x, { training: true }) as tf.Tensor;
    const inputGradient = tf.grad((x) => tf.sum(tf.mul(layer.apply(x) as tf.Tensor, factors)))(x);
    const { value, grads } = tf.variableGrads(() => tf.sum(tf.mul(apply(), factors)) as tf.Scalar, variables);
    return [apply(), inputGradient, value, ...variables.map((each) => grads[each.name])].map(read);
  });
  tf.dispose([x, factors]);
  layer.dispose();
  return found;
}

/** How many kernels a layer runs. */
async function kernelsOf(layer: ReturnType<typeof layers.lstm>, x: tf.Tensor): Promise<number> {
  const { kernels } = await tf.profile(() => layer.apply(x) as tf.Tensor);
  return kernels.length;
}

describeWithKernels('the recurrent layers of tfjs-layers', () => {
  let heap: ReturnType<typeof guardHeap>;
  beforeAll(() => {
    heap = guardHeap(tf.findBackend('wasm') as unknown as WasmBackend);
  });
  afterAll(() => {
    heap.release();
  });

  it.each(names)('%s agrees with the cpu backend, with its gradients', async (name) => {
    for (let number = 0; number < 24; number++) {
      const random = new FuzzRandom(number);
      const settings: Settings = {
        units: 1 + random.integer(random.pick([3, 12, 40])),
        recurrentActivation: random.pick(['sigmoid', 'hardSigmoid']),
        useBias: random.chance(0.7),
        returnSequences: random.chance(0.5),
      };
      const sizes = {
        batch: 1 + random.integer(9),
        // tfjs's own gradient of a single time fails.
        times: 2 + random.integer(6),
        features: 1 + random.integer(random.pick([3, 30])),
      };
      const label = `case ${number} of FUZZ_SEED=${fuzzSeed}: ${JSON.stringify({ name, ...settings, ...sizes })}`;
      const expected = await results('cpu', name, settings, sizes, 100 + number);
      const actual = await results('wasm', name, settings, sizes, 100 + number);
      expect(actual, label).toHaveLength(expected.length);
      actual.forEach((each, i) => {
        const largest = Math.max(...expected[i].data.map(Math.abs), 1);
        expectAllClose(each, expected[i], { relative: 1e-4, absolute: 2e-5 * largest }, `${label}, ${i}`);
      });
    }
  });

  it('write nothing but their outputs', () => {
    heap.release();
    expect(heap.checked()).toBeGreaterThan(1000);
    expect(heap.damage).toEqual([]);
  });
});

describe('a recurrent layer', () => {
  beforeAll(async () => {
    await tf.setBackend('wasm');
    await registerWasmKernels();
  });
  afterAll(unregisterWasmKernels);
  const sizes = { batch: 2, times: 5, features: 3 };
  const input = () => tf.randomUniform([sizes.batch, sizes.times, sizes.features], -1, 1, 'float32', 1);
  const initial = { recurrentInitializer: 'glorotUniform' } as const;

  it.each(names)('%s is one call', async (name) => {
    const x = input();
    const layer = (layers[name] as typeof layers.lstm)({ units: 4, ...initial });
    layer.apply(x);
    expect(await kernelsOf(layer, x)).toBeLessThan(10);
    unregisterWasmKernels();
    expect(await kernelsOf(layer, x)).toBeGreaterThan(50);
    await registerWasmKernels();
    x.dispose();
    layer.dispose();
  });

  it.each<[string, Settings, object?]>([
    ['dropout', { units: 4, dropout: 0.5 }],
    ['recurrent dropout', { units: 4, recurrentDropout: 0.5 }],
    ['another activation', { units: 4, activation: 'relu' }],
    ['another activation of its gates', { units: 4, recurrentActivation: 'tanh' }],
    ['its states as outputs', { units: 4, returnState: true }],
    ['the sequence backward', { units: 4, goBackwards: true }],
    ['states that it keeps', { units: 4, stateful: true, batchInputShape: [2, 5, 3] }],
  ])('with %s is left to tfjs-layers', async (_, settings) => {
    for (const name of names) {
      const x = input();
      const layer = (layers[name] as typeof layers.lstm)({ ...initial, ...settings });
      layer.apply(x);
      expect(await kernelsOf(layer, x)).toBeGreaterThan(50);
      x.dispose();
      layer.dispose();
    }
  });

  it('with a mask or an initial state is left to tfjs-layers', async () => {
    const x = tf.tensor2d([[1, 2, 0]]);
    const model = sequential({
      layers: [
        layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true, inputLength: 3 }),
        layers.gru({ units: 4, ...initial }),
      ],
    });
    const predict = () => tf.tidy(() => read(model.predict(x) as tf.Tensor).data);
    const actual = predict();
    unregisterWasmKernels();
    expectAllClose(actual, predict(), {});
    await registerWasmKernels();
    x.dispose();
    model.dispose();

    const series = input();
    const layer = layers.gru({ units: 4, ...initial });
    const apply = (value: number) =>
      tf.tidy(() => read(layer.apply(series, { initialState: [tf.fill([2, 4], value)] }) as tf.Tensor).data);
    expect(apply(0)).not.toEqual(apply(1));
    series.dispose();
    layer.dispose();
  });

  it.each(names)('%s has the gradients of finite differences', (name) => {
    const settings = { units: 3, recurrentActivation: 'sigmoid', ...initial } as const;
    const layer = (layers[name] as typeof layers.lstm)(settings);
    const x = input();
    layer.apply(x);
    const loss = () => tf.sum(tf.square(layer.apply(x) as tf.Tensor)) as tf.Scalar;
    const variables = layer.trainableWeights.map((each) => each.read() as tf.Variable);
    const { value, grads } = tf.variableGrads(loss, variables);
    const step = 1e-2;
    for (const variable of variables) {
      const own = variable.dataSync();
      const lossAt = (i: number, change: number) => {
        const moved = tf.tensor(
          own.map((value, k) => (k === i ? value + change : value)),
          variable.shape,
        );
        variable.assign(moved);
        moved.dispose();
        return tf.tidy(() => loss().dataSync()[0]);
      };
      const slopes = Array.from(own, (_, i) => (lossAt(i, step) - lossAt(i, -step)) / (2 * step));
      lossAt(-1, 0);
      // Of a loss near 1 in float32, and of the third derivative.
      expectAllClose(
        read(grads[variable.name]).data,
        slopes,
        { relative: 1e-2, absolute: 1e-3 },
        variable.name,
      );
    }
    tf.dispose([x, value, grads]);
    layer.dispose();
  });

  it('has gradients of gradients', async () => {
    const layer = layers.gru({ units: 2, recurrentActivation: 'sigmoid', ...initial });
    const x = input();
    layer.apply(x);
    const inner = tf.grad((x) => tf.sum(layer.apply(x) as tf.Tensor));
    const second = () => tf.tidy(() => read(tf.grad((x) => tf.sum(tf.square(inner(x))))(x)).data);
    const actual = second();
    unregisterWasmKernels();
    expectAllClose(actual, second(), { absolute: 1e-5 });
    await registerWasmKernels();
    expect(actual.some((value) => value !== 0)).toBe(true);
    x.dispose();
    layer.dispose();
  });

  it('are found by a second registration, if tfjs-layers was loaded after the first one', async () => {
    const { classNameMap } = tf.serialization.SerializationMap.getMap();
    const { RNN } = classNameMap;
    unregisterWasmKernels();
    delete classNameMap.RNN;
    await registerWasmKernels();
    classNameMap.RNN = RNN;
    const layer = layers.lstm({ units: 3, ...initial });
    const x = input();
    const before = await kernelsOf(layer, x);
    await registerWasmKernels();
    expect(await kernelsOf(layer, x)).toBeLessThan(before / 10);
    x.dispose();
    layer.dispose();
  });

  it.each(names)('%s frees what it allocated when the heap has no memory left for the rest', (name) => {
    const layer = (layers[name] as typeof layers.lstm)({ units: 4, ...initial });
    const x = input();
    const apply = () => layer.apply(x) as tf.Tensor;
    const differentiate = () => tf.grad((x) => tf.sum(layer.apply(x) as tf.Tensor))(x);
    tf.dispose([apply(), differentiate()]);
    const { wasm } = tf.findBackend('wasm') as unknown as WasmBackend;
    const malloc = wasm._malloc;
    for (const compute of [apply, differentiate]) {
      let succeeds = false;
      for (let refused = 0; !succeeds; refused++) {
        const before = tf.backend().numDataIds();
        let calls = 0;
        wasm._malloc = (size) => (calls++ === refused ? 0 : malloc(size));
        try {
          tf.tidy(() => void compute());
          succeeds = calls <= refused;
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        } finally {
          wasm._malloc = malloc;
        }
        // tfjs keeps what was saved for a gradient that then fails: the states, what else is kept, and the outputs.
        const kept = compute === apply || succeeds ? 0 : 3;
        expect(tf.backend().numDataIds() - before, `allocation ${refused}`).toBeLessThanOrEqual(kept);
      }
    }
    x.dispose();
    layer.dispose();
  });

  it('learns the same as without the kernels', async () => {
    const fit = async (name: Name) => {
      const { className, config } = { className: 'GlorotUniform', config: { seed: 1 } };
      const initializer = { className, config } as never;
      const settings = { units: 6, kernelInitializer: initializer, recurrentInitializer: initializer };
      const model = sequential();
      model.add(
        (layers[name] as typeof layers.lstm)({ ...settings, inputShape: [5, 3], returnSequences: true }),
      );
      model.add((layers[name] as typeof layers.lstm)(settings));
      model.add(layers.dense({ units: 1, kernelInitializer: initializer }));
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      const x = tf.randomUniform([40, 5, 3], -1, 1, 'float32', 1);
      const y = tf.tidy(() => tf.slice(tf.sum(x, [1]), [0, 0], [40, 1]));
      const { history } = await model.fit(x, y, { epochs: 5, batchSize: 16, shuffle: false, verbose: 0 });
      tf.dispose([x, y]);
      model.dispose();
      return history.loss as number[];
    };
    for (const name of names) {
      await registerWasmKernels();
      const losses = await fit(name);
      unregisterWasmKernels();
      expectAllClose(losses, await fit(name), { relative: 1e-4 }, name);
      expect(losses[4]).toBeLessThan(losses[0]);
    }
    await registerWasmKernels();
  });

  it('leaves nothing behind', () => {
    const x = input();
    for (const name of names) {
      const layer = (layers[name] as typeof layers.lstm)({ units: 4, ...initial });
      layer.apply(x);
      const variables = layer.trainableWeights.map((each) => each.read() as tf.Variable);
      const step = () => {
        const { value, grads } = tf.variableGrads(
          () => tf.sum(layer.apply(x) as tf.Tensor) as tf.Scalar,
          variables,
        );
        tf.dispose([value, grads]);
        tf.dispose(layer.apply(x) as tf.Tensor);
      };
      step();
      const counts = () => ({ ...tf.memory(), onHeap: tf.backend().numDataIds() });
      const before = counts();
      for (let i = 0; i < 20; i++) step();
      expect(counts(), name).toEqual(before);
      layer.dispose();
    }
    x.dispose();
  });
});
