import '@tensorflow/tfjs-backend-wasm';
import { dense, denseInputGradient, denseKernelGradient } from '@harmonic-mlp/core';
import { type Tensor, type Tensor1D, type Tensor2D, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
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

/** The three products of a dense layer, by the kernels and in float64. */
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
  it('is right for every batch, input and unit count from 1 to 70', () => {
    for (let size = 1; size <= 70; size++) {
      for (const axis of [0, 1, 2]) {
        const random = new FuzzRandom(3 * size + axis);
        const shape = [0, 1, 2].map((each) => (each === axis ? size : 1 + random.integer(70)));
        for (const { name, actual, expected } of results(layer(shape, random))) {
          // Relative to the largest sum: what float32 loses in 70 terms.
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

  // Deeper, wider and higher than a packed block.
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
      if (image % 20 === 0) shape[0] += 400; // More rows than lists fit the scratch memory.
      const constant = random.pick([0, -0, 1, uniform(random), 1e-30]);
      const share = random.integer(45) / 100;
      const pixel = () => (random.chance(share) ? uniform(random) : constant);
      for (const { name, actual, expected } of results(layer(shape, random, pixel))) {
        const label = `${name} of [${shape}], ${constant} but ${share}, seed ${fuzzSeed}`;
        expectAllClose(actual, expected, { relative: 5e-6, absolute: 1e-6 }, label);
      }
    }
  });

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
