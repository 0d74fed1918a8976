import '@tensorflow/tfjs-backend-wasm';
import { randomKey } from '@harmonic-mlp/core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
import { stockKernels } from '../src/program/stock';
import { compileStep } from './support/compile-step';
import { describeWithKernels } from './support/simd-levels';

type Inputs = Record<string, tf.Tensor>;

/** A call of a kernel of tfjs, as `tf.*` makes it. */
interface Case {
  readonly inputs: Inputs;
  readonly compute: (inputs: Inputs) => tf.Tensor;
}

const special = [0, -0, 1, -1, Number.NaN, Infinity, -Infinity, 3.4e38, 1e-45, 0.1];

const shapeOf = (random: FuzzRandom, rank: number) =>
  Array.from({ length: rank }, () => 1 + random.integer(7));

/** Floats, among them special ones. */
function floats(random: FuzzRandom, shape: number[]): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: size }, () =>
    random.chance(0.2) ? random.pick(special) : (random.integer(2 ** 24) / 2 ** 23 - 1) * 4,
  );
  return tf.tensor(values, shape);
}

/** Two shapes that broadcast: equal ones, or a matrix and a row, a column, or one value, on either side. */
function pairOf(random: FuzzRandom): [number[], number[]] {
  const whole = shapeOf(random, random.integer(4));
  const { length } = whole;
  const other = random.pick([
    whole,
    [],
    whole.slice(length - 1),
    whole.map((n, i) => (i === length - 1 ? 1 : n)),
    whole.map((n, i) => (i === length - 1 ? n : 1)),
  ]);
  return random.chance(0.5) ? [whole, other] : [other, whole];
}

function ofTwo(f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, shapes = pairOf) {
  return (random: FuzzRandom): Case => {
    const [a, b] = shapes(random);
    return {
      inputs: { a: floats(random, a), b: floats(random, b) },
      compute: ({ a, b }) => f(a, b),
    };
  };
}

function ofOne(f: (x: tf.Tensor, random: FuzzRandom) => (x: tf.Tensor) => tf.Tensor, ranks = [0, 1, 2, 3]) {
  return (random: FuzzRandom): Case => {
    const x = floats(random, shapeOf(random, random.pick(ranks)));
    const of = f(x, random);
    return { inputs: { x }, compute: ({ x }) => of(x) };
  };
}

/** Truth values are floats in what a program returns. */
const asFloats = (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) => (a: tf.Tensor, b: tf.Tensor) =>
  tf.cast(f(a, b), 'float32');

/** Equal shapes, or one value beside a tensor. */
function equalOrOne(random: FuzzRandom): [number[], number[]] {
  const whole = shapeOf(random, random.integer(4));
  return random.pick([
    [whole, whole],
    [whole, []],
    [[], whole],
  ]);
}

/** Adjacent axes. */
function axesOf({ rank }: tf.Tensor, random: FuzzRandom): number[] | undefined {
  if (random.chance(0.2)) return undefined;
  const first = random.integer(rank);
  return Array.from({ length: 1 + random.integer(rank - first) }, (_, i) => first + i);
}

const cases: Record<string, (random: FuzzRandom) => Case> = {
  Add: ofTwo(tf.add),
  Sub: ofTwo(tf.sub),
  Multiply: ofTwo(tf.mul),
  RealDiv: ofTwo(tf.div),
  Maximum: ofTwo(tf.maximum),
  Minimum: ofTwo(tf.minimum),
  Greater: ofTwo(asFloats(tf.greater), equalOrOne),
  Less: ofTwo(asFloats(tf.less), equalOrOne),
  GreaterEqual: ofTwo(asFloats(tf.greaterEqual), equalOrOne),
  LessEqual: ofTwo(asFloats(tf.lessEqual), equalOrOne),
  LogicalAnd: ofTwo(
    (a, b) => tf.cast(tf.logicalAnd(tf.greater(a, 0), tf.greater(b, 0)), 'float32'),
    (random) => {
      const shape = shapeOf(random, random.integer(4));
      return [shape, shape];
    },
  ),
  Select: ofTwo(
    (a, b) => tf.where(tf.greater(a, b), a, b),
    (random) => {
      const shape = shapeOf(random, random.integer(4));
      return [shape, shape];
    },
  ),
  Equal: ofTwo(
    (a, b) => tf.cast(tf.equal(tf.greater(a, 0.5), tf.equal(a, b)), 'float32'),
    (random) => {
      const shape = shapeOf(random, random.integer(4));
      return [shape, shape];
    },
  ),
  Square: ofOne(() => tf.square),
  Sin: ofOne(() => tf.sin),
  Cos: ofOne(() => tf.cos),
  Sqrt: ofOne(() => tf.sqrt),
  Sum: ofOne(
    (x, random) => {
      const [axes, keepDims] = [axesOf(x, random), random.chance(0.5)];
      return (x) => tf.sum(x, axes, keepDims);
    },
    [1, 2, 3],
  ),
  Mean: ofOne(
    (x, random) => {
      const [axes, keepDims] = [axesOf(x, random), random.chance(0.5)];
      return (x) => tf.mean(x, axes, keepDims);
    },
    [1, 2, 3],
  ),
  Concat(random) {
    const shape = shapeOf(random, 1 + random.integer(3));
    const parts = Array.from({ length: 1 + random.integer(4) }, () =>
      floats(random, [1 + random.integer(5), ...shape.slice(1)]),
    );
    return {
      inputs: Object.fromEntries(parts.map((part, i) => [`part${i}`, part])),
      compute: (inputs) => tf.concat(Object.values(inputs), 0),
    };
  },
  Cast(random) {
    const shape = shapeOf(random, random.integer(3));
    const size = shape.reduce((a, b) => a * b, 1);
    const integers = Array.from({ length: size }, () => random.integer(2 ** 32) - 2 ** 31);
    const dtype = random.pick(['int32', 'bool'] as const);
    return {
      inputs: { x: tf.tensor(dtype === 'bool' ? integers.map((i) => i & 1) : integers, shape, dtype) },
      compute: ({ x }) => tf.cast(x, 'float32'),
    };
  },
  OneHot(random) {
    const depth = 2 + random.integer(6);
    const indices = Array.from({ length: 1 + random.integer(9) }, () => random.integer(depth + 3) - 1);
    const [on, off] = [random.integer(5), random.integer(5)];
    return {
      inputs: { indices: tf.tensor1d(indices, 'int32') },
      compute: ({ indices }) => tf.cast(tf.oneHot(indices, depth, on, off), 'float32'),
    };
  },
  AddN(random) {
    const shape = shapeOf(random, random.integer(4));
    const parts = Array.from({ length: 2 + random.integer(4) }, () => floats(random, shape));
    return {
      inputs: Object.fromEntries(parts.map((part, i) => [`part${i}`, part])),
      compute: (inputs) => tf.addN(Object.values(inputs)),
    };
  },
  ClipByValue: ofOne((_, random) => {
    const low = random.integer(5) - 3;
    const high = low + 1 + random.integer(3);
    return (x) => tf.clipByValue(x, low, high);
  }),
};

it('covers every kernel of tfjs that programs have', () => {
  expect(Object.keys(cases).sort()).toEqual(stockKernels.map(({ kernelName }) => kernelName).sort());
});

/** Expects the same values of a kernel in programs as outside of them. */
function expectTheSame(kernel: string, caseOf: (random: FuzzRandom) => Case): void {
  for (let number = 0; number < 60; number++) {
    const { inputs, compute } = caseOf(new FuzzRandom(number));
    const expected = tf.tidy(() => compute(inputs).dataSync());
    const program = compileStep((given) => [compute(given)], inputs);
    program.bind(inputs);
    const [actual] = program.execute({ key: randomKey(1), numbers: {} }) as Float32Array[];
    const shapes = Object.values(inputs).map(({ shape }) => shape);
    const label = `case ${number} of FUZZ_SEED=${fuzzSeed}: ${kernel} of ${JSON.stringify(shapes)}`;
    expect([...actual], label).toEqual([...expected]);
    program.dispose();
    tf.dispose(inputs);
  }
}

describeWithKernels('in programs', () => {
  it.each(Object.keys(cases))('%s computes what it does outside of them, to the bit', (kernel) => {
    expectTheSame(kernel, cases[kernel]);
  });

  /** What tfjs's kernels compute on ARM: NaN wherever it is an operand. */
  const kernelsOfARM: Record<string, (values: number[], attributes: Record<string, number>) => number> = {
    Maximum: (values) => Math.max(...values),
    Minimum: (values) => Math.min(...values),
    ClipByValue: ([x], { clipValueMin, clipValueMax }) => Math.min(Math.max(x, clipValueMin), clipValueMax),
  };

  describe('on a processor with instructions that keep NaN', () => {
    const others = Object.keys(kernelsOfARM).map((kernel) => tf.getKernel(kernel, 'wasm'));
    beforeAll(() => {
      for (const kernelName of Object.keys(kernelsOfARM)) {
        tf.unregisterKernel(kernelName, 'wasm');
        tf.registerKernel({
          kernelName,
          backendName: 'wasm',
          kernelFunc: inJavaScript(kernelsOfARM[kernelName]),
        });
      }
    });
    afterAll(() => {
      for (const kernel of others) {
        tf.unregisterKernel(kernel.kernelName, 'wasm');
        tf.registerKernel(kernel);
      }
    });
    it.each([
      ['Maximum', ofTwo(tf.maximum, equalOrOne)],
      ['Minimum', ofTwo(tf.minimum, equalOrOne)],
      ['ClipByValue', cases.ClipByValue],
    ])('%s computes the same as well', (kernel, caseOf) => {
      expectTheSame(kernel, caseOf);
    });
  });
});

/** A kernel for tfjs that computes in JavaScript. */
function inJavaScript(f: (values: number[], attributes: Record<string, number>) => number): tf.KernelFunc {
  return ({ inputs, backend, attrs }) => {
    const operands = Object.values(inputs as Record<string, tf.TensorInfo>);
    const { readSync, makeOutput } = backend as never as {
      readSync(dataId: object): Float32Array;
      makeOutput(shape: number[], dtype: string, address?: number, values?: Float32Array): tf.TensorInfo;
    };
    const values = operands.map(({ dataId }) => readSync.call(backend, dataId));
    const { shape } = operands.find((_, i) => values[i].length > 1) ?? operands[0];
    const size = Math.max(...values.map(({ length }) => length));
    const result = Float32Array.from({ length: size }, (_, i) =>
      f(
        values.map((each) => each[each.length === 1 ? 0 : i]),
        attrs as never,
      ),
    );
    return makeOutput.call(backend, shape, 'float32', undefined, result);
  };
}
