import '@tensorflow/tfjs-backend-wasm';
import { dense, denseInputGradient, denseKernelGradient } from '@harmonic-mlp/core';
import {
  findBackend,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
import type { WasmBackend } from '../src/wasm-backend';
import { guardHeap } from './support/guarded-heap';
import { describeWithKernels } from './support/simd-levels';

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

const matrix = (rows: number, columns: number, value: () => number): Matrix => ({
  rows,
  columns,
  values: Float32Array.from({ length: rows * columns }, value),
});
const transposed = ({ rows, columns, values }: Matrix): Matrix => {
  let i = 0;
  return matrix(columns, rows, () => {
    const [row, column] = [Math.floor(i / rows), i++ % rows];
    return values[column * columns + row];
  });
};
const tensorOf = ({ rows, columns, values }: Matrix): Tensor2D => tensor2d(values, [rows, columns]);

/** A·B + bias in float64. */
function product(a: Matrix, b: Matrix, bias?: Float32Array) {
  const data: number[] = [];
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < b.columns; j++) {
      let sum = bias?.[j] ?? 0;
      for (let k = 0; k < a.columns; k++) sum += a.values[i * a.columns + k] * b.values[k * b.columns + j];
      data.push(sum);
    }
  }
  return { shape: [a.rows, b.columns], data };
}

interface Layer {
  x: Matrix;
  kernel: Matrix;
  dy: Matrix;
  bias?: Float32Array;
}

/** The three products of a dense layer, from the kernels and in float64. */
function results({ x, kernel, dy, bias }: Layer) {
  const actual = tidy(() => {
    const [xs, kernels, dys] = [x, kernel, dy].map(tensorOf);
    const read = (tensor: Tensor) => ({ shape: tensor.shape, data: [...tensor.dataSync()] });
    return {
      z: read(dense({ x: xs, kernel: kernels, bias: bias && (tensor1d(bias) as Tensor1D) })),
      dx: read(denseInputGradient({ dy: dys, kernel: kernels })),
      dKernel: read(denseKernelGradient({ x: xs, dy: dys })),
    };
  });
  const expected = {
    z: product(x, kernel, bias),
    dx: product(dy, transposed(kernel)),
    dKernel: product(transposed(x), dy),
  };
  return (['z', 'dx', 'dKernel'] as const).map((name) => ({
    name,
    actual: actual[name],
    expected: expected[name],
  }));
}

const uniform = (random: FuzzRandom) => random.integer(2 ** 24) * 2 ** -23 - 1;

function layer(shape: readonly number[], random: FuzzRandom, value = () => uniform(random)): Layer {
  const [batch, inputs, units] = shape;
  return {
    x: matrix(batch, inputs, value),
    kernel: matrix(inputs, units, () => uniform(random)),
    dy: matrix(batch, units, () => uniform(random)),
    bias: random.chance(0.5) ? matrix(1, units, () => uniform(random)).values : undefined,
  };
}

describeWithKernels('dense', () => {
  let heap: ReturnType<typeof guardHeap>;
  beforeAll(() => {
    heap = guardHeap(findBackend('wasm') as unknown as WasmBackend);
  });
  afterAll(() => {
    heap.release();
    expect(heap.checked()).toBeGreaterThan(100);
    expect(heap.damage).toEqual([]);
  });

  it('is right for every batch, input and unit count from 1 to 70', () => {
    for (let size = 1; size <= 70; size++) {
      for (const axis of [0, 1, 2]) {
        const random = new FuzzRandom(3 * size + axis);
        const shape = [0, 1, 2].map((each) => (each === axis ? size : 1 + random.integer(70)));
        for (const { name, actual, expected } of results(layer(shape, random))) {
          // Relative to the largest sum: the precision that float32 loses over 70 terms.
          expectAllClose(
            actual,
            expected,
            { relative: 2e-6, absolute: 1e-6 },
            `${name} of [${shape}], seed ${fuzzSeed}`,
          );
        }
      }
    }
  });

  // Deeper, wider, and taller than a packed block.
  it.each([
    [3, 2000, 40],
    [5, 901, 20],
    [20, 30, 1500],
    [400, 900, 17],
  ])('is right for a batch of %i, %i inputs and %i units', (...shape) => {
    for (const { name, actual, expected } of results(layer(shape, new FuzzRandom(1000)))) {
      expectAllClose(actual, expected, { relative: 5e-6 }, `${name}, seed ${fuzzSeed}`);
    }
  });

  it('is right for images, most of whose pixels are one constant, whichever that is', () => {
    for (let image = 0; image < 60; image++) {
      const random = new FuzzRandom(2000 + image);
      const shape = [4 + random.integer(67), 64 + random.integer(100), 32 + random.integer(70)];
      const constant = random.pick([0, -0, 1, uniform(random), 1e-30]);
      const share = random.integer(45) / 100;
      const pixel = () => (random.chance(share) ? uniform(random) : constant);
      for (const { name, actual, expected } of results(layer(shape, random, pixel))) {
        const label = `${name} of [${shape}], ${constant} but ${share}, seed ${fuzzSeed}`;
        expectAllClose(actual, expected, { relative: 5e-6, absolute: 1e-6 }, label);
      }
    }
  });

  // More rows than fit in the scratch memory at once, and the deepest images, and beyond.
  it.each([
    [5000, 64, 33],
    [400, 2048, 48],
    [6, 2049, 40],
  ])('is right for %i images of %i pixels, into %i units', (...shape) => {
    const random = new FuzzRandom(2100);
    const pixel = () => (random.chance(0.1) ? uniform(random) : 0.25);
    const numberOfTerms = Math.max(shape[0], shape[1]);
    for (const { name, actual, expected } of results(layer(shape, random, pixel))) {
      const tolerance = { relative: 1e-6 * Math.sqrt(numberOfTerms) };
      expectAllClose(actual, expected, tolerance, `${name}, seed ${fuzzSeed}`);
    }
  });

  it('takes images apart: an infinite weight of a background pixel makes its column NaN', () => {
    const random = new FuzzRandom(2200);
    const made = layer([8, 100, 40], random, () => (random.chance(0.2) ? 1 + random.integer(3) : 0.25));
    made.kernel.values[0] = Infinity;
    made.x.values.fill(2, 0, 1);
    const z = results(made)[0].actual.data.filter((_, i) => i % 40 === 0);
    // For the first pixel: (2 − 0.25)·∞ + 0.25·∞, but only 0.25·∞ if it is background.
    expect(z.every((value) => !Number.isFinite(value))).toBe(true);
    made.kernel.values[0] = -Infinity;
    made.x.values[0] = 0.125;
    // The plain product would have −∞ here: the parts are +∞ and −∞.
    expect(results(made)[0].actual.data[0]).toBeNaN();
  });

  it.each([10, 255, -999, 1e6, 1e9, 3e38])(
    'keeps its precision beside values of which most are %d',
    (constant) => {
      const random = new FuzzRandom(2300);
      const [batch, inputs, units] = [16, 128, 40];
      const made = layer([batch, inputs, units], random);
      // The first row and the first column contain none of them.
      made.x.values.forEach((_, i) => {
        if (i >= inputs && i % inputs !== 0 && random.chance(0.8)) made.x.values[i] = constant;
      });
      const [z, , dKernel] = results(made);
      for (const { name, actual, expected } of [z, dKernel]) {
        const first = ({ data }: { data: number[] }) => data.slice(0, units);
        expectAllClose(first(actual), first(expected), { relative: 2e-6 }, `${name}, seed ${fuzzSeed}`);
      }
    },
  );

  it.each([0.2, 1])('passes NaN and infinities on, of %d foreground', (share) => {
    for (let i = 0; i < 40; i++) {
      const random = new FuzzRandom(3000 + i);
      const shape = [4 + random.integer(20), 64 + random.integer(20), 32 + random.integer(20)];
      const made = layer(shape, random, () => (random.chance(share) ? uniform(random) : 0.5));
      for (const { values } of [made.x, made.kernel, made.dy]) {
        values[random.integer(values.length)] = random.pick([Number.NaN, Infinity, -Infinity]);
      }
      for (const { name, actual, expected } of results(made)) {
        const finite = ({ data }: { data: number[] }) => data.map(Number.isFinite);
        expect(finite(actual), `${name}, seed ${fuzzSeed}`).toEqual(finite(expected));
      }
    }
  });

  it('gives the bias, or zeros, where nothing is summed', () => {
    const read = (tensor: Tensor) => [...tensor.dataSync()];
    const empty = { x: tensor2d([], [2, 0]), kernel: tensor2d([], [0, 3]) };
    expect(tidy(() => read(dense({ ...empty, bias: tensor1d([1, 2, 3]) })))).toEqual([1, 2, 3, 1, 2, 3]);
    expect(tidy(() => read(dense(empty)))).toEqual([0, 0, 0, 0, 0, 0]);
    for (const each of Object.values(empty)) each.dispose();
  });
});
