// Checks for which the comparison with composed forms is too coarse.
import { describe, expect, it } from 'vitest';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
import { type KernelModule, supports } from '../src/kernel-module';
import { KernelMemory } from './support/kernel-memory';

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
/** The density of the normal distribution. */
const density = (z: number) => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

/** Φ(z): by its series near 0, and by its continued fraction elsewhere, in float64. */
function normal(z: number): number {
  if (Math.abs(z) > 3) {
    let fraction = Math.abs(z);
    for (let k = 60; k > 0; k--) fraction = Math.abs(z) + k / fraction;
    const tail = density(z) / fraction;
    return z > 0 ? 1 - tail : tail;
  }
  let sum = 0;
  for (let n = 0, term = z; Math.abs(term) > 1e-18; n++, term *= (z * z) / (2 * n + 1)) sum += term;
  return 0.5 + density(z) * sum;
}

/** Functions over a range, and how much a kernel may err; the addresses are of z, the output, ones as `dy`, and scratch memory. */
const functions: Record<
  string,
  {
    run(kernels: KernelModule, count: number, z: number, y: number, dy: number, scratch: number): void;
    value(z: number): number;
    from: number;
    to: number;
    relative: number;
    absolute: number;
  }
> = {
  exp: {
    run: (kernels, count, z, y) => kernels.exp(count, z, y),
    value: Math.exp,
    from: -100,
    to: 88.7,
    relative: 2e-7,
    absolute: 2 ** -149,
  },
  'the gradient of exp': {
    run: (kernels, count, z, y, dy) => kernels.expGradient(count, dy, z, y),
    value: Math.exp,
    from: -100,
    to: 88.7,
    relative: 2e-7,
    absolute: 2 ** -149,
  },
  tanh: {
    run: (kernels, count, z, y, _, scratch) => kernels.tanh(count, z, y, scratch),
    value: Math.tanh,
    from: -20,
    to: 20,
    relative: 3e-7,
    absolute: 0,
  },
  'the gradient of tanh': {
    run: (kernels, count, z, y, dy) => kernels.tanhGradient(count, dy, z, y),
    value: (z) => 1 / Math.cosh(z) ** 2,
    from: -40,
    to: 40,
    relative: 5e-7,
    absolute: 0,
  },
  sigmoid: {
    run: (kernels, count, z, y) => kernels.sigmoid(count, z, y),
    value: sigmoid,
    from: -100,
    to: 100,
    relative: 3e-7,
    absolute: 2 ** -149,
  },
  'the gradient of the sigmoid': {
    run: (kernels, count, z, y, dy) => kernels.sigmoidGradient(count, dy, z, y),
    value: (z) => sigmoid(z) * sigmoid(-z),
    from: -80,
    to: 80,
    relative: 5e-7,
    absolute: 0,
  },
  silu: {
    run: (kernels, count, z, y) => kernels.silu(count, z, y),
    value: (z) => z * sigmoid(z),
    from: -80,
    to: 80,
    relative: 3e-7,
    absolute: 0,
  },
  'the gradient of silu': {
    run: (kernels, count, z, y, dy) => kernels.siluGradient(count, dy, z, y),
    value: (z) => sigmoid(z) * (1 + z * sigmoid(-z)),
    from: -30,
    to: 30,
    relative: 0,
    absolute: 4e-7,
  },
  sinc: {
    run: (kernels, count, z, y, _, scratch) => kernels.sinc(count, z, 1, y, scratch),
    value: (z) => (z === 0 ? 1 : Math.sin(z) / z),
    from: -30,
    to: 30,
    relative: 0,
    absolute: 1.5e-7,
  },
  'the gradient of sinc': {
    run: (kernels, count, z, y, dy, scratch) => kernels.sincGradient(count, dy, z, 1, y, scratch),
    value: (z) => (Math.abs(z) < 1e-3 ? -z / 3 : (Math.cos(z) - Math.sin(z) / z) / z),
    from: -30,
    to: 30,
    relative: 0,
    absolute: 3.5e-7,
  },
  // sinh(2z) is up to 27, where half a unit in the last place is 1e-6.
  'sin(sinh(2z))': {
    run: (kernels, count, z, y) => kernels.hyperbolicSine(count, z, y),
    value: (z) => Math.sin(Math.sinh(2 * z)),
    from: -2,
    to: 2,
    relative: 0,
    absolute: 2.5e-6,
  },
  'the gradient of sin(sinh(2z))': {
    run: (kernels, count, z, y, dy, scratch) => kernels.hyperbolicSineGradient(count, dy, z, y, scratch),
    value: (z) => 2 * Math.cosh(2 * z) * Math.cos(Math.sinh(2 * z)),
    from: -1,
    to: 1,
    relative: 0,
    absolute: 2.5e-6,
  },
  gelu: {
    run: (kernels, count, z, y) => kernels.gelu(count, z, y),
    value: (z) => z * normal(z),
    from: -12,
    to: 12,
    relative: 3e-7,
    absolute: 2e-7,
  },
  'the gradient of gelu': {
    run: (kernels, count, z, y, dy) => kernels.geluGradient(count, dy, z, y),
    value: (z) => normal(z) + z * density(z),
    from: -12,
    to: 12,
    relative: 0,
    absolute: 4e-7,
  },
};

/** A checksum of bits: FNV-1a over 32-bit words. */
const checksum = (values: Float32Array) =>
  new Uint32Array(values.buffer, values.byteOffset, values.length)
    .reduce((hash, bits) => Math.imul(hash ^ bits, 0x01000193), 0x811c9dc5)
    .toString(16);

// A training run is the same, bit for bit, with a later release: published histories depend on these bits.
it('the softmax and its loss have the bits of earlier releases, with fixed SIMD', async () => {
  const memory = await KernelMemory.of('fixed');
  const [rows, classes] = [1000, 10];
  // Multiples of 1/64 from −32 to 31.984.
  const logits = memory.floats(
    Float32Array.from({ length: rows * classes }, (_, i) => ((i * 2741) % 4096) / 64 - 32),
  );
  const labels = memory.int32(Int32Array.from({ length: rows }, (_, i) => i % classes));
  const loss = memory.floats(1);
  const y = memory.floats(rows * classes);
  const places = [logits, labels, loss, y].map(({ byteOffset }) => byteOffset);
  memory.kernels.softmaxCrossEntropy(rows, classes, places[0], places[1], places[2], places[3]);
  expect([checksum(y), loss[0]]).toEqual(['536b1100', 23.160188674926758]);
});

for (const simd of ['fixed', 'relaxed'] as const) {
  describe.skipIf(!supports(simd))(
    `with ${simd} SIMD${supports(simd) ? '' : ' (which this engine lacks)'}`,
    () => {
      it('the softmax is right to a few units in the last place, down to the smallest numbers', async () => {
        const memory = await KernelMemory.of(simd);
        const rows = 100_000;
        // Two classes whose logits differ by 0 to 110.
        const logits = memory.floats(2 * rows);
        for (let i = 0; i < rows; i++) logits[2 * i + 1] = (-110 * i) / rows;
        const labels = memory.int32(new Int32Array(rows));
        const loss = memory.floats(1);
        const y = memory.floats(2 * rows);
        const { byteOffset } = logits;
        memory.kernels.softmaxCrossEntropy(
          rows,
          2,
          byteOffset,
          labels.byteOffset,
          loss.byteOffset,
          y.byteOffset,
        );
        let worst = 0;
        let mean = 0;
        for (let i = 0; i < rows; i++) {
          const power = Math.exp(logits[2 * i + 1]);
          mean += Math.log1p(power) / rows;
          const expected = power / (1 + power);
          // Rounding alone may account for half of the smallest number.
          worst = Math.max(worst, Math.abs(y[2 * i + 1] - expected) / Math.max(expected, 2 ** -126));
        }
        expect(worst).toBeLessThan(3e-7);
        expect(y[2 * rows - 1]).toBe(0);
        expect(Math.abs(loss[0] - mean)).toBeLessThan(1e-7);
      });

      it('the loss of equal logits is the logarithm of their number', async () => {
        const memory = await KernelMemory.of(simd);
        const logits = memory.floats(3000).fill(-7);
        const y = memory.floats(3000);
        const label = memory.int32([0]);
        const loss = memory.floats(1);
        for (let classes = 1; classes <= 3000; classes++) {
          memory.kernels.softmaxCrossEntropy(
            1,
            classes,
            logits.byteOffset,
            label.byteOffset,
            loss.byteOffset,
            y.byteOffset,
          );
          const expected = Math.log(classes);
          expect(Math.abs(loss[0] - expected), `${classes} classes`).toBeLessThanOrEqual(1e-7 * expected);
        }
      });

      describe.each(Object.entries(functions))('%s', (_, { run, value, from, to, relative, absolute }) => {
        it(`is right to ${relative} in relative terms, or ${absolute} in absolute ones`, async () => {
          const memory = await KernelMemory.of(simd);
          const count = 2 ** 16;
          const [z, y, ones] = [memory.floats(count), memory.floats(count), memory.floats(count).fill(1)];
          const scratch = memory.floats(2048);
          const places = [z, y, ones, scratch].map(({ byteOffset }) => byteOffset);
          let worst = { excess: 0, message: '' };
          for (let part = 0; part < 8; part++) {
            for (let i = 0; i < count; i++) {
              // Evenly over the range, and at ever smaller magnitudes.
              const evenly = from + ((to - from) * (8 * i + part)) / (8 * count);
              z[i] = i & 1 ? evenly : evenly * 2 ** -(part * 4);
            }
            run(memory.kernels, count, ...(places as [number, number, number, number]));
            for (let i = 0; i < count; i++) {
              const expected = value(z[i]);
              const excess = Math.abs(y[i] - expected) / (absolute + relative * Math.abs(expected));
              if (excess <= worst.excess) continue;
              worst = { excess, message: `f(${z[i]}) is ${y[i]}, expected ${expected}` };
            }
          }
          expect(worst.excess, worst.message).toBeLessThanOrEqual(1);
        });

        it('passes NaN on to its own element only, whatever its bits, and never leaves its output', async () => {
          const memory = await KernelMemory.of(simd);
          const scratch = memory.floats(2048);
          const random = new FuzzRandom(7);
          for (const length of [1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 67, 1023, 1024, 1025, 2050]) {
            const z = memory.floats(length).fill(0.25);
            const ones = memory.floats(length).fill(1);
            const guarded = memory.floats(length + 32).fill(77);
            const y = guarded.subarray(16, 16 + length);
            const place = random.integer(length);
            const bits = random.pick([0x7fc00000, 0xffc00000, 0xffffffff, 0x7fffffff, 0x7fc00155]);
            new Uint32Array(z.buffer, z.byteOffset, length)[place] = bits;
            run(memory.kernels, length, z.byteOffset, y.byteOffset, ones.byteOffset, scratch.byteOffset);
            const found = Array.from(y, (value, i) => (Number.isNaN(value) ? i : -1)).filter((i) => i >= 0);
            expect(found, `${bits.toString(16)} at ${place} of ${length}, FUZZ_SEED=${fuzzSeed}`).toEqual([
              place,
            ]);
            const others = new Set(y.filter((_, i) => i !== place));
            expect(others.size, 'different results for equal arguments').toBeLessThanOrEqual(1);
            expect([...guarded.subarray(0, 16), ...guarded.subarray(16 + length)]).toEqual(
              new Array(32).fill(77),
            );
          }
        });
      });

      it('the exponential function, tanh, and the sigmoid saturate', async () => {
        const memory = await KernelMemory.of(simd);
        const arguments_ = [Infinity, 1e30, 200, 0, -0, -200, -1e30, -Infinity];
        const z = memory.floats(arguments_);
        const y = memory.floats(8);
        const of = (name: 'exp' | 'tanh' | 'sigmoid') => {
          memory.kernels[name](8, z.byteOffset, y.byteOffset, memory.floats(1024).byteOffset);
          return [...y];
        };
        expect(of('exp')).toEqual([Infinity, Infinity, Infinity, 1, 1, 0, 0, 0]);
        expect(of('tanh')).toEqual([1, 1, 1, 0, -0, -1, -1, -1]);
        expect(of('sigmoid')).toEqual([1, 1, 1, 0.5, 0.5, 0, 0, 0]);
      });
    },
  );
}
