import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectAllClose, type Tolerance } from '../../../test/support/allclose';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
import type { WasmBackend } from '../src/wasm-backend';
import { guardHeap } from './support/guarded-heap';
import { describeWithKernels } from './support/simd-levels';

tf.enableProdMode();

const label = (number: number, what: unknown) =>
  `case ${number} of FUZZ_SEED=${fuzzSeed}: ${JSON.stringify(what)}`;
const sizeOf = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);
const uniform = (random: FuzzRandom, shape: number[], from = -1, to = 1) =>
  Float32Array.from(
    { length: sizeOf(shape) },
    () => from + ((to - from) * random.integer(2 ** 24)) / 2 ** 24,
  );
const sizes = (random: FuzzRandom, rank: number, longest: number) =>
  Array.from({ length: rank }, () => 1 + random.integer(longest));

/** The results of `compute` on a backend, read and freed. */
async function on(
  backend: 'cpu' | 'wasm',
  compute: () => tf.Tensor,
): Promise<{ shape: number[]; data: number[] }> {
  await tf.setBackend(backend);
  const result = tf.tidy(compute);
  const values = { shape: result.shape, data: Array.from(result.dataSync()) };
  tf.dispose(result);
  return values;
}

/** Expects the same results from the wasm backend as from the cpu backend. */
async function expectLikeCpu(compute: () => tf.Tensor, label: string, tolerance?: Tolerance): Promise<void> {
  expectAllClose(await on('wasm', compute), await on('cpu', compute), tolerance, label);
}

const activations = {
  linear: (x: tf.Tensor) => x,
  relu: (x: tf.Tensor) => tf.relu(x),
  relu6: (x: tf.Tensor) => tf.relu6(x),
  prelu: (x: tf.Tensor, weights: Float32Array) => tf.prelu(x, tf.tensor1d(weights)),
  leakyrelu: (x: tf.Tensor, _: Float32Array, alpha: number) => tf.leakyRelu(x, alpha),
  sigmoid: (x: tf.Tensor) => tf.sigmoid(x),
  elu: (x: tf.Tensor) => tf.elu(x),
};
type Activation = keyof typeof activations;

describeWithKernels('stock replacements', () => {
  let heap: ReturnType<typeof guardHeap>;
  let tensors: number;
  beforeAll(() => {
    heap = guardHeap(tf.findBackend('wasm') as unknown as WasmBackend);
    tensors = tf.memory().numTensors;
  });
  afterAll(() => {
    heap.release();
  });

  const batches: [number[], number[]][] = [
    [[], []],
    [[3], [3]],
    [[1], [4]],
    [[4], [1]],
    [[2], []],
    [[], [2]],
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 1],
      [1, 3],
    ],
    [[3], [2, 1]],
    [
      [2, 1, 2],
      [3, 1],
    ],
  ];

  it('agree with the cpu backend in products of matrices, whichever are transposed, and of batches that broadcast', async () => {
    for (let number = 0; number < 160; number++) {
      const random = new FuzzRandom(number);
      const [batchA, batchB] = random.pick(batches);
      const [m, k, n] = sizes(random, 3, 70);
      const [transposeA, transposeB] = [random.chance(0.5), random.chance(0.5)];
      const a = { shape: [...batchA, ...(transposeA ? [k, m] : [m, k])], data: new Float32Array() };
      const b = { shape: [...batchB, ...(transposeB ? [n, k] : [k, n])], data: new Float32Array() };
      for (const side of [a, b]) side.data = uniform(random, side.shape);
      const actual = await on('wasm', () =>
        tf.matMul(tf.tensor(a.data, a.shape), tf.tensor(b.data, b.shape), transposeA, transposeB),
      );
      const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
      // The cpu backend broadcasts only batches of one matrix.
      const expected = await on('cpu', () => {
        const [left, right] = [a, b].map(({ shape, data }) => {
          const whole = tf.broadcastTo(tf.tensor(data, shape), [...batch, ...shape.slice(-2)]);
          return tf.reshape(whole, [sizeOf(batch), ...shape.slice(-2)]);
        });
        return tf.reshape(tf.matMul(left, right, transposeA, transposeB), [...batch, m, n]);
      });
      expectAllClose(actual, expected, {}, label(number, { a: a.shape, b: b.shape, transposeA, transposeB }));
    }
  });

  it('agree with the cpu backend in tensors that are repeated', async () => {
    for (let number = 0; number < 200; number++) {
      const random = new FuzzRandom(9000 + number);
      const rank = 1 + random.integer(5);
      const shape = sizes(random, rank, random.chance(0.5) ? 3 : 9);
      if (random.chance(0.05)) shape[random.integer(rank)] = 0;
      const reps = shape.map(() => (random.chance(0.4) ? 1 : random.integer(4)));
      const x = uniform(random, shape);
      const compute = () => tf.tile(tf.tensor(x, shape), reps);
      await expectLikeCpu(compute, label(number, { shape, reps }), { relative: 0, absolute: 0 });
    }
  });

  it('agree with the cpu backend in fused products with any bias and activation', async () => {
    for (let number = 0; number < 140; number++) {
      const random = new FuzzRandom(1000 + number);
      const activation = random.pick(Object.keys(activations) as Activation[]);
      const [batchA, batchB] = random.pick(batches.slice(0, 4));
      const [m, k, n] = sizes(random, 3, 70);
      const [transposeA, transposeB] = [random.chance(0.5), random.chance(0.5)];
      const shapeA = [...batchA, ...(transposeA ? [k, m] : [m, k])];
      const shapeB = [...batchB, ...(transposeB ? [n, k] : [k, n])];
      const a = uniform(random, shapeA);
      const b = uniform(random, shapeB);
      const bias = random.chance(0.7) ? uniform(random, [random.pick([n, n, 1])], -4, 4) : undefined;
      const weights = uniform(random, [n]);
      const alpha = random.pick([0, 0.1, 0.3]);
      const operands = () => ({
        a: tf.tensor<tf.Rank.R2>(a, shapeA as [number, number]),
        b: tf.tensor<tf.Rank.R2>(b, shapeB as [number, number]),
        transposeA,
        transposeB,
      });
      const actual = await on('wasm', () =>
        tf.fused.matMul({
          ...operands(),
          ...(bias && { bias: tf.tensor1d(bias) }),
          activation,
          ...(activation === 'prelu' && { preluActivationWeights: tf.tensor1d(weights) }),
          leakyreluAlpha: alpha,
        }),
      );
      const expected = await on('cpu', () => {
        const { a, b } = operands();
        const z = tf.matMul(a, b, transposeA, transposeB);
        const x = bias ? tf.add(z, tf.tensor1d(bias)) : z;
        return activations[activation](x, weights, alpha);
      });
      const what = { shapeA, shapeB, transposeA, transposeB, activation, bias: bias?.length };
      expectAllClose(actual, expected, {}, label(number, what));
    }
  });

  it('agree with the cpu backend in products of more than one block in every dimension', {
    tags: 'long',
  }, async () => {
    const random = new FuzzRandom(2000);
    const [m, k, n] = [331, 917, 1303];
    const a = uniform(random, [m, k]);
    const b = uniform(random, [k, n]);
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ]) {
      const compute = () =>
        tf.matMul(
          tf.tensor2d(a, transposeA ? [k, m] : [m, k]),
          tf.tensor2d(b, transposeB ? [n, k] : [k, n]),
          transposeA,
          transposeB,
        );
      await expectLikeCpu(compute, `transposed: ${transposeA}, ${transposeB}; FUZZ_SEED=${fuzzSeed}`);
    }
  });

  it('agree with the cpu backend in NaN and infinities, which products pass on', async () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const size of [3, 40]) {
        const a = Float32Array.from({ length: size * size }, (_, i) =>
          i === size + 1 ? value : 1 + (i % 3),
        );
        for (const transposeA of [false, true]) {
          await expectLikeCpu(() => {
            const x = tf.tensor2d(a, [size, size]);
            return tf.matMul(x, tf.ones([size, size]), transposeA, true);
          }, `${value} in the left side`);
        }
        await expectLikeCpu(() => {
          const bias = tf.tensor1d(Float32Array.from({ length: size }, (_, i) => (i === 2 ? value : i)));
          const x = tf.ones<tf.Rank.R2>([size, size]);
          return tf.fused.matMul({ a: x, b: x, transposeA: true, bias });
        }, `${value} in the bias`);
      }
    }
  });

  it('give products of nothing', async () => {
    const product = (a: number[], b: number[]) => on('wasm', () => tf.matMul(tf.ones(a), tf.ones(b)));
    expect(await product([0, 3], [3, 2])).toEqual({ shape: [0, 2], data: [] });
    expect(await product([2, 3], [3, 0])).toEqual({ shape: [2, 0], data: [] });
    expect(await product([0, 2, 3], [1, 3, 2])).toEqual({ shape: [0, 2, 2], data: [] });
    expect(await product([2, 0], [0, 2])).toEqual({ shape: [2, 2], data: [0, 0, 0, 0] });
    const fused = await on('wasm', () =>
      tf.fused.matMul({ a: tf.ones([2, 0]), b: tf.ones([0, 2]), bias: tf.tensor1d([3, 4]) }),
    );
    expect(fused).toEqual({ shape: [2, 2], data: [3, 4, 3, 4] });
  });

  it('give sines, cosines and square roots of every size', async () => {
    const random = new FuzzRandom(3000);
    for (let size = 0; size <= 70; size++) {
      const x = uniform(random, [size], -1e4, 1e4);
      const sines = await on('wasm', () => tf.sin(tf.tensor1d(x)));
      expectAllClose(
        sines.data,
        Array.from(x, Math.sin),
        { relative: 0, absolute: 2e-7 },
        label(size, 'sin'),
      );
      const cosines = await on('wasm', () => tf.cos(tf.tensor1d(x)));
      expectAllClose(
        cosines.data,
        Array.from(x, Math.cos),
        { relative: 0, absolute: 2e-7 },
        label(size, 'cos'),
      );
      const roots = await on('wasm', () => tf.sqrt(tf.tensor1d(x)));
      expect(roots.data, label(size, 'sqrt')).toEqual(
        Array.from(x, (value) => Math.fround(Math.sqrt(value))),
      );
    }
    const special = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e30];
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
    const at = async (f: (x: tf.Tensor) => tf.Tensor) =>
      (await on('wasm', () => f(tf.tensor1d(special)))).data;
    expect(await at(tf.sin)).toEqual([nan, nan, nan, 0, -0, Math.fround(Math.sin(Math.fround(1e30)))]);
    expect(await at(tf.cos)).toEqual([nan, nan, nan, 1, 1, Math.fround(Math.cos(Math.fround(1e30)))]);
    expect(await at(tf.sqrt)).toEqual([nan, infinity, nan, 0, -0, Math.fround(Math.sqrt(Math.fround(1e30)))]);
  });

  it('agree with the cpu backend in what is gathered along any axis, of any type', async () => {
    for (let number = 0; number < 120; number++) {
      const random = new FuzzRandom(4000 + number);
      const shape = sizes(random, 1 + random.integer(4), 9);
      const axis = random.integer(shape.length);
      const batchDims = random.integer(axis + 1);
      const indicesShape = [...shape.slice(0, batchDims), ...sizes(random, 1 + random.integer(2), 5)];
      const dtype = random.pick(['float32', 'int32', 'bool'] as const);
      const values = Array.from({ length: sizeOf(shape) }, () => random.integer(dtype === 'bool' ? 2 : 1000));
      const indices = Int32Array.from({ length: sizeOf(indicesShape) }, () => random.integer(shape[axis]));
      const compute = () =>
        tf.gather(
          tf.tensor(values, shape, dtype),
          tf.tensor(indices, indicesShape, 'int32'),
          axis,
          batchDims,
        );
      const what = { shape, axis, batchDims, indicesShape, dtype };
      expect(await on('wasm', compute), label(number, what)).toEqual(await on('cpu', compute));
    }
  });

  it('agree with the cpu backend in sums over any axes', async () => {
    for (let number = 0; number < 120; number++) {
      const random = new FuzzRandom(5000 + number);
      const shape = sizes(random, 1 + random.integer(4), random.pick([3, 9, 24]));
      const axes = shape.map((_, axis) => axis).filter(() => random.chance(0.5));
      if (random.chance(0.5)) axes.reverse();
      const dtype = random.pick(['float32', 'float32', 'int32'] as const);
      const values = uniform(random, shape, -9, 9);
      if (random.chance(0.1)) values[random.integer(values.length)] = Number.NaN;
      const keepDims = random.chance(0.5);
      const compute = () => tf.sum(tf.tensor(values, shape, dtype), axes, keepDims);
      // An error on the order of the addends' rounding, which may exceed the rounding of their sum.
      const addends = values.reduce((sum, value) => sum + (Math.abs(value) || 0), 0);
      await expectLikeCpu(compute, label(number, { shape, axes, dtype, keepDims }), {
        absolute: 1e-6 * addends,
      });
    }
    const ofNothing = await on('wasm', () => tf.sum(tf.ones([0, 3]), 0));
    expect(ofNothing).toEqual({ shape: [3], data: [0, 0, 0] });
  });

  it('agree with the cpu backend in batch normalization, also about a mean that is large', async () => {
    for (let number = 0; number < 120; number++) {
      const random = new FuzzRandom(7000 + number);
      const shape = sizes(random, 1 + random.integer(4), random.pick([3, 9, 24]));
      // Of each channel, or of each value.
      const ofEach = random.chance(0.8) ? shape.slice(-1) : shape;
      const center = random.pick([0, 1000]);
      const x = uniform(random, shape, center - 3, center + 3);
      const tensorOf = (low: number, high: number) => {
        const values = uniform(random, ofEach, low, high);
        return () => tf.tensor(values, ofEach);
      };
      const [mean, variance] = [tensorOf(center - 1, center + 1), tensorOf(0.1, 4)];
      const scale = random.chance(0.7) ? tensorOf(-2, 2) : undefined;
      const offset = random.chance(0.7) ? tensorOf(-2, 2) : undefined;
      const epsilon = random.pick([undefined, 0.001, 0.5]);
      const compute = () =>
        tf.batchNorm(
          tf.tensor(x, shape),
          mean() as never,
          variance() as never,
          offset?.() as never,
          scale?.() as never,
          epsilon,
        );
      await expectLikeCpu(compute, label(number, { shape, ofEach, center, epsilon }), { absolute: 1e-5 });
    }
  });

  it('leave what they do not know to the kernels that were there, with their errors', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      const a = tf.ones<tf.Rank.R2>([2, 2]);
      expect(() => tf.matMul(tf.cast(a, 'int32'), tf.cast(a, 'int32'))).toThrow('non-float32');
      expect(() => tf.fused.matMul({ a, b: a, bias: a })).toThrow('rank-1 bias');
      expect(() => tf.gather(a, [2])).toThrow('the index value 2 is not in [0, 1]');
      expect(() => tf.gather(a, [0, -1])).toThrow('the index value -1 is not in [0, 1]');
      expect([...tf.sum(tf.cast(a, 'int32'), 0).dataSync()]).toEqual([2, 2]);
    });
  });

  it('go on when the heap has grown', async () => {
    await tf.setBackend('wasm');
    const x = tf.ones<tf.Rank.R2>([50, 40]);
    const product = () => tf.tidy(() => [...new Set(tf.matMul(x, x, true).dataSync())]);
    expect(product()).toEqual([50]);
    const { wasm } = tf.findBackend('wasm') as unknown as WasmBackend;
    const before = wasm.HEAPU8.length;
    const large = tf.zeros([before / 4]);
    expect(wasm.HEAPU8.length).toBeGreaterThan(before);
    expect(product()).toEqual([50]);
    tf.dispose([x, large]);
  });

  it('have written nothing but their outputs, and left nothing behind', () => {
    expect(tf.memory().numTensors).toBe(tensors);
    heap.release();
    expect(heap.checked()).toBeGreaterThan(1000);
    expect(heap.damage).toEqual([]);
  });
});
