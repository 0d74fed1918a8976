import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // Registers gradients.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectAllClose, type Tolerance } from '../../../test/support/allclose';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
import { linkedHeap } from '../src/linked-heap';
import type { WasmBackend } from '../src/wasm-backend';
import { guardHeap } from './support/guarded-heap';
import { describeWithKernels } from './support/simd-levels';

tf.enableProdMode();

type Four = [number, number, number, number];
type Values = { shape: number[]; data: number[] };
interface Geometry {
  strides: [number, number];
  dilations: [number, number];
  pad: number | 'same' | 'valid' | [[number, number], [number, number], [number, number], [number, number]];
  dimRoundingMode: 'floor' | 'round' | 'ceil' | undefined;
  dataFormat: 'NHWC' | 'NCHW';
}

const sizeOf = (shape: readonly number[]) => shape.reduce((size, length) => size * length, 1);
const values = (random: FuzzRandom, shape: number[], steps = 2 ** 24): Values => ({
  shape,
  data: Array.from({ length: sizeOf(shape) }, () => Math.fround((2 * random.integer(steps)) / steps - 1)),
});

/** What a kernel makes of these inputs on a backend. */
async function run(
  backend: 'cpu' | 'wasm',
  kernel: string,
  inputs: Record<string, Values>,
  attributes: object,
): Promise<Values> {
  await tf.setBackend(backend);
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)]),
  );
  const y = tf.engine().runKernel(kernel, tensors, attributes as never) as tf.Tensor;
  const result = { shape: y.shape, data: Array.from(y.dataSync()) };
  tf.dispose([tensors, y]);
  return result;
}

/** A convolution or a pooling with results, of any kind that tfjs accepts. */
function randomGeometry(random: FuzzRandom): Geometry {
  const isDilated = random.chance(0.25);
  const upTo = (most: number) => 1 + random.integer(most);
  const pad = random.pick([
    'valid',
    'same',
    random.integer(3),
    [
      [0, 0],
      [random.integer(3), random.integer(3)],
      [random.integer(3), random.integer(3)],
      [0, 0],
    ],
  ] as Geometry['pad'][]);
  return {
    strides: isDilated ? [1, 1] : [upTo(3), upTo(3)],
    dilations: isDilated ? [upTo(3), upTo(3)] : [1, 1],
    pad,
    dimRoundingMode:
      typeof pad === 'string' ? undefined : random.pick(['floor', 'round', 'ceil', undefined] as const),
    dataFormat: 'NHWC',
  };
}

/** The sizes of a convolution of up to 70 channels, most of few. */
function randomCase(number: number) {
  const random = new FuzzRandom(number);
  const [filterHeight, filterWidth] = [1 + random.integer(4), 1 + random.integer(4)];
  const channels = () => 1 + random.integer(random.pick([4, 9, 20, 70]));
  const geometry = randomGeometry(random);
  const extent = (filter: number, dilation: number) => (filter - 1) * dilation + 1 + random.integer(9);
  const image = [extent(filterHeight, geometry.dilations[0]), extent(filterWidth, geometry.dilations[1])];
  const shape: Four = [random.pick([1, 1, 2, 3]), image[0], image[1], channels()];
  return { random, filterHeight, filterWidth, shape, geometry, channels };
}

const label = (number: number, kernel: string, what: unknown) =>
  `${kernel}, case ${number} of FUZZ_SEED=${fuzzSeed}: ${JSON.stringify(what)}`;

/** The inner product of two tensors. */
const inner = (a: Values, b: Values) => a.data.reduce((sum, value, i) => sum + value * b.data[i], 0);

describeWithKernels('stock convolutions', () => {
  let heap: ReturnType<typeof guardHeap>;
  let tensors: number;
  let memory: { scratchBytes: number };
  let scratchBytes: number;
  beforeAll(() => {
    const backend = tf.findBackend('wasm') as unknown as WasmBackend;
    heap = guardHeap(backend);
    tensors = tf.memory().numTensors;
    memory = linkedHeap(backend)!;
    ({ scratchBytes } = memory);
  });
  afterAll(() => {
    heap.release();
  });

  /** Expects the same result of a kernel from the wasm backend as from the cpu backend. */
  async function expectLikeCpu(
    number: number,
    kernel: string,
    inputs: Record<string, Values>,
    attributes: object,
    tolerance?: Tolerance,
  ): Promise<void> {
    const shapes = Object.entries(inputs).map(([name, { shape }]) => [name, shape]);
    const what = { ...Object.fromEntries(shapes), ...attributes };
    // Every other time, the workspace is a tensor of its own, with guard bytes around it.
    memory.scratchBytes = number % 2 === 0 ? scratchBytes : 0;
    const actual = await run('wasm', kernel, inputs, attributes);
    memory.scratchBytes = scratchBytes;
    const expected = await run('cpu', kernel, inputs, attributes);
    expectAllClose(actual, expected, tolerance, label(number, kernel, what));
  }

  /** Sums of many terms, whose rounding errors may exceed that of the sum. */
  const ofSums = { relative: 1e-4, floor: 1e-5 };

  it('agree with the cpu backend, as do their gradients, in any strides, padding, dilations, and data format', async () => {
    for (let number = 0; number < 120; number++) {
      const { random, filterHeight, filterWidth, shape, geometry, channels } = randomCase(number);
      const isFirst = random.chance(0.2);
      const attributes = isFirst ? channelsFirst(geometry) : geometry;
      const xShape: Four = isFirst ? [shape[0], shape[3], shape[1], shape[2]] : shape;
      const filterShape: Four = [filterHeight, filterWidth, shape[3], channels()];
      const { outShape } = tf.backend_util.computeConv2DInfo(
        xShape,
        filterShape,
        attributes.strides,
        attributes.dilations,
        attributes.pad,
        attributes.dimRoundingMode,
        false,
        isFirst ? 'channelsFirst' : 'channelsLast',
      );
      if (Math.min(...outShape) < 1) continue;
      const [x, filter, dy] = [xShape, filterShape, outShape].map((shape) => values(random, shape));
      await expectLikeCpu(number, 'Conv2D', { x, filter }, attributes, ofSums);
      if (Math.max(...geometry.dilations) > 1) continue; // tfjs has no such gradients.
      await expectLikeCpu(
        number,
        'Conv2DBackpropInput',
        { dy, filter },
        { ...attributes, inputShape: xShape },
        ofSums,
      );
      await expectLikeCpu(number, 'Conv2DBackpropFilter', { x, dy }, { ...attributes, filterShape }, ofSums);
    }
  });

  it('agree with the cpu backend when fused with any bias and activation', async () => {
    const activations = ['linear', 'relu', 'relu6', 'prelu', 'leakyrelu', 'sigmoid', 'elu'];
    for (let number = 0; number < 70; number++) {
      const { random, filterHeight, filterWidth, shape, geometry, channels } = randomCase(1000 + number);
      const isDepthwise = random.chance(0.4);
      const filterShape: Four = [filterHeight, filterWidth, shape[3], isDepthwise ? 2 : channels()];
      const { strides, dilations, pad, dimRoundingMode } = geometry;
      const { outShape } = tf.backend_util.computeConv2DInfo(
        shape,
        filterShape,
        strides,
        dilations,
        pad,
        dimRoundingMode,
        isDepthwise,
      );
      if (Math.min(...outShape) < 1) continue;
      const activation = activations[number % activations.length];
      const [x, filter] = [shape, filterShape].map((shape) => values(random, shape));
      const bias = values(random, random.pick([[outShape[3]], [outShape[3]], [1], [], outShape]));
      const weights = values(random, random.pick([[outShape[3]], outShape.slice(1)]));
      await expectLikeCpu(
        number,
        isDepthwise ? 'FusedDepthwiseConv2D' : 'FusedConv2D',
        {
          x,
          filter,
          ...(random.chance(0.8) && { bias }),
          ...(activation === 'prelu' && { preluActivationWeights: weights }),
        },
        { ...geometry, activation, leakyreluAlpha: 0.3 },
        ofSums,
      );
    }
  });

  it('agree with the cpu backend if every channel is by itself, as do their gradients', async () => {
    for (let number = 0; number < 120; number++) {
      const { random, filterHeight, filterWidth, shape, geometry } = randomCase(2000 + number);
      const filterShape: Four = [filterHeight, filterWidth, shape[3], random.pick([1, 1, 2, 3])];
      const { strides, dilations, pad, dimRoundingMode } = geometry;
      const { outShape } = tf.backend_util.computeConv2DInfo(
        shape,
        filterShape,
        strides,
        dilations,
        pad,
        dimRoundingMode,
        true,
      );
      if (Math.min(...outShape) < 1) continue;
      const [x, filter, dy] = [shape, filterShape, outShape].map((shape) => values(random, shape));
      await expectLikeCpu(number, 'DepthwiseConv2dNative', { x, filter }, geometry, ofSums);
      const byInput = [
        'DepthwiseConv2dNativeBackpropInput',
        { dy, filter },
        { ...geometry, inputShape: shape },
      ] as const;
      const byFilter = [
        'DepthwiseConv2dNativeBackpropFilter',
        { x, dy },
        { ...geometry, filterShape },
      ] as const;
      if (Math.max(...dilations) === 1) {
        await expectLikeCpu(number, ...byInput, ofSums);
        await expectLikeCpu(number, ...byFilter, ofSums);
        continue;
      }
      // The cpu backend ignores dilations in gradients. A convolution is linear in x and in the filter.
      const y = await run('cpu', 'DepthwiseConv2dNative', { x, filter }, geometry);
      const expected = [inner(y, dy)];
      const tolerance = { absolute: 1e-4 * Math.sqrt(sizeOf(outShape)) };
      const dx = await run('wasm', ...byInput);
      expectAllClose([inner(dx, x)], expected, tolerance, label(number, 'inner product with dx', geometry));
      const dFilter = await run('wasm', ...byFilter);
      expectAllClose([inner(dFilter, filter)], expected, tolerance, label(number, 'with dFilter', geometry));
    }
  });

  it('agree with the cpu backend where scratch memory does not suffice', async () => {
    const random = new FuzzRandom(3000);
    const [x, filter, dy] = [
      [1, 4, 5, 180],
      [3, 3, 180, 250],
      [1, 4, 5, 250],
    ].map((shape) => values(random, shape));
    const attributes = { strides: 1, dilations: 1, pad: 'same', dataFormat: 'NHWC' };
    await expectLikeCpu(0, 'Conv2D', { x, filter }, attributes, ofSums);
    await expectLikeCpu(
      1,
      'Conv2DBackpropInput',
      { dy, filter },
      { ...attributes, inputShape: x.shape },
      ofSums,
    );
    await expectLikeCpu(
      2,
      'Conv2DBackpropFilter',
      { x, dy },
      { ...attributes, filterShape: filter.shape },
      ofSums,
    );
  });

  it('agree with the cpu backend in gradients of pooling, also where several values are the greatest', async () => {
    for (let number = 0; number < 120; number++) {
      const { random, filterHeight, filterWidth, shape, geometry } = randomCase(4000 + number);
      const { strides, pad, dimRoundingMode } = geometry;
      const attributes = { filterSize: [filterHeight, filterWidth], strides, pad, dimRoundingMode };
      const { outShape } = tf.backend_util.computePool2DInfo(
        shape,
        attributes.filterSize as [number, number],
        strides,
        1,
        pad,
        dimRoundingMode,
      );
      if (Math.min(...outShape) < 1) continue;
      const input = values(random, shape, random.pick([3, 2 ** 24]));
      if (random.chance(0.2)) input.data[random.integer(input.data.length)] = Number.NaN;
      const dy = values(random, outShape);
      await expectLikeCpu(number, 'MaxPoolGrad', { dy, input, output: dy }, attributes);
      if (dimRoundingMode !== undefined) continue; // This gradient has none.
      await expectLikeCpu(number, 'AvgPoolGrad', { dy, input }, attributes);
    }
  });

  it('agree with the cpu backend in sums of segments, of any type and shape', async () => {
    for (let number = 0; number < 80; number++) {
      const random = new FuzzRandom(5000 + number);
      const shape = Array.from({ length: 1 + random.integer(3) }, () => 1 + random.integer(21));
      const count = 1 + random.integer(9);
      const dtype = random.pick(['float32', 'float32', 'int32', 'bool'] as const);
      const x = Array.from({ length: sizeOf(shape) }, () => random.integer(dtype === 'bool' ? 2 : 1000));
      // Some in no segment.
      const segments = Array.from({ length: shape[0] }, () => random.integer(count + 2) - 1);
      const sums = async (backend: string) => {
        await tf.setBackend(backend);
        const y = tf.tidy(() =>
          tf.unsortedSegmentSum(tf.tensor(x, shape, dtype), tf.tensor1d(segments, 'int32'), count),
        );
        const result = { shape: y.shape, dtype: y.dtype, data: Array.from(y.dataSync()) };
        y.dispose();
        return result;
      };
      const what = label(number, 'UnsortedSegmentSum', { shape, count, dtype });
      expect(await sums('wasm'), what).toEqual(await sums('cpu'));
    }
  });

  it('agree with the cpu backend in gradients of convolutions that round the size of their results up', async () => {
    const random = new FuzzRandom(6000);
    const [x, filter] = [values(random, [2, 8, 8, 3]), values(random, [3, 3, 3, 5])];
    const gradients = async (backend: string) => {
      await tf.setBackend(backend);
      const all = tf.tidy(() => {
        const of = tf.grads((x, filter) => {
          const z = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 1, 'NHWC', 1, 'ceil');
          return tf.maxPool(z, 2, 2, 0, 'ceil');
        });
        return of([tf.tensor(x.data, x.shape), tf.tensor(filter.data, filter.shape)]);
      });
      const result = all.map((each) => ({ shape: each.shape, data: Array.from(each.dataSync()) }));
      tf.dispose(all);
      return result;
    };
    const expected = await gradients('cpu');
    const actual = await gradients('wasm');
    for (const [i, each] of expected.entries()) expectAllClose(actual[i], each, ofSums, `gradient ${i}`);
  });

  it('have gradients as finite differences have them', async () => {
    await tf.setBackend('wasm');
    const random = new FuzzRandom(7000);
    const shapes = {
      x: [2, 7, 8, 3],
      filter: [3, 2, 3, 4],
      depthwise: [2, 3, 4, 2],
      transposed: [2, 2, 5, 8],
      embedding: [6, 5],
    };
    const at = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, values(random, shape)]),
    );
    const names = Object.keys(shapes) as (keyof typeof shapes)[];
    const weights = values(random, [2, 4, 5, 5]);
    const loss = (...tensors: tf.Tensor[]): tf.Scalar => {
      const [x, filter, depthwise, transposed, embedding] = tensors as tf.Tensor4D[];
      const y = tf.depthwiseConv2d(tf.conv2d(x, filter, [2, 1], 'same'), depthwise, 1, 'same');
      const pooled = tf.avgPool(y, 2, 2, 'same');
      const z = tf.conv2dTranspose(pooled, transposed, [2, 4, 5, 5], [2, 1], 'valid');
      const rows = tf.gather(embedding as tf.Tensor, tf.tensor1d([5, 0, 3, 3, 3], 'int32'));
      return tf.sum(tf.mul(tf.mul(z, rows), tf.tensor(weights.data, weights.shape)));
    };
    // Linear in each of them, so that differences over long steps are exact but for rounding.
    const step = 4;
    const lossAt = (name: string, i: number, by: number) =>
      tf.tidy(() => {
        const moved = names.map((each) => {
          const data = [...at[each].data];
          if (each === name) data[i] += by;
          return tf.tensor(data, at[each].shape);
        });
        return loss(...moved).dataSync()[0];
      });
    const gradients = tf.tidy(() =>
      tf.grads(loss)(names.map((name) => tf.tensor(at[name].data, at[name].shape))),
    );
    for (const [order, name] of names.entries()) {
      const actual = Array.from(gradients[order].dataSync());
      const places = Array.from({ length: 8 }, () => random.integer(actual.length));
      expectAllClose(
        places.map((i) => actual[i]),
        places.map((i) => (lossAt(name, i, step) - lossAt(name, i, -step)) / (2 * step)),
        { relative: 1e-3, absolute: 2e-4 * Math.max(...actual.map(Math.abs)) },
        `gradient by ${name}, FUZZ_SEED=${fuzzSeed}`,
      );
    }
    tf.dispose(gradients);
  });

  it('name what they cannot compute', async () => {
    await tf.setBackend('wasm');
    tf.tidy(() => {
      const x = tf.ones([2, 3]);
      const segments = tf.zeros([2, 1], 'int32') as tf.Tensor as tf.Tensor1D;
      expect(() => tf.unsortedSegmentSum(x, segments, 2)).toThrow(
        'The wasm backend has no UnsortedSegmentSum for these inputs: x: float32 [2,3], segmentIds: int32 [2,1].',
      );
      const image = tf.ones([1, 4, 4, 1], 'int32');
      const attributes = { strides: 1, pad: 'valid', dataFormat: 'NHWC', filterShape: [2, 2, 1, 1] };
      expect(() =>
        tf.engine().runKernel('Conv2DBackpropFilter', { x: image, dy: image }, attributes as never),
      ).toThrow('Conv2DBackpropFilter for these inputs: x: int32 [1,4,4,1], dy: int32 [1,4,4,1].');
    });
  });

  it('free what they allocated when the heap has no memory left for the rest', async () => {
    await tf.setBackend('wasm');
    const { wasm } = tf.findBackend('wasm') as unknown as WasmBackend;
    const malloc = wasm._malloc;
    // Their filter does not fit in scratch memory, and their images are turned around.
    const [x, filter, dy] = [
      [1, 180, 4, 5],
      [3, 3, 180, 250],
      [1, 250, 4, 5],
    ].map((shape) => tf.ones(shape));
    const before = tf.backend().numDataIds();
    const attributes = { strides: 1, dilations: 1, pad: 'same', dataFormat: 'NCHW' };
    const convolve = () => tf.engine().runKernel('Conv2D', { x, filter }, attributes as never);
    const byFilter = { ...attributes, filterShape: filter.shape } as never;
    const differentiate = () => tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, byFilter);
    try {
      for (const refused of [4 * filter.size, 4 * dy.size]) {
        wasm._malloc = (size) => (size >= refused ? 0 : malloc(size));
        expect(refused === 4 * dy.size ? convolve : differentiate).toThrow(RangeError);
        expect(tf.backend().numDataIds()).toBe(before);
      }
    } finally {
      wasm._malloc = malloc;
    }
    tf.dispose([convolve(), differentiate(), x, filter, dy]);
  });

  it('have written nothing but their outputs, and left nothing behind', () => {
    expect(tf.memory().numTensors).toBe(tensors);
    heap.release();
    expect(heap.checked()).toBeGreaterThan(1000);
    expect(heap.damage).toEqual([]);
  });
});

/** A geometry in the other data format. */
const channelsFirst = (geometry: Geometry): Geometry => ({
  ...geometry,
  pad: Array.isArray(geometry.pad)
    ? [geometry.pad[0], geometry.pad[3], geometry.pad[1], geometry.pad[2]]
    : geometry.pad,
  dataFormat: 'NCHW',
});
