import { describe, expect, it } from 'vitest';
import { FuzzRandom, fuzzSeed } from '../../../test/support/fuzz';
import { supports } from '../src/kernel-module';
import { KernelMemory } from './support/kernel-memory';

const levels = ['fixed', 'relaxed'] as const;
const count = 2 ** 16;

/** Calls `check` with the floats of all exponents and signs, then with those near the multiples of π/2, in blocks. */
function forManyFloats(fill: (values: ArrayLike<number>) => void): void {
  const bits = new Uint32Array(count);
  const values = new Float32Array(bits.buffer);
  // A prime step: 4.3 million floats of all magnitudes.
  for (let from = 0; from < 2 ** 32; from += 997 * count) {
    for (let i = 0; i < count; i++) bits[i] = (from + 997 * i) % 2 ** 32;
    fill(values);
  }
  for (let multiple = -6400; multiple < 6400; multiple += 100) {
    for (let i = 0; i < count; i++) values[i] = (multiple + i / 655.36) * (Math.PI / 2);
    fill(values);
    for (let i = 0; i < count; i++)
      bits[i] = floatBits(((multiple + (i % 100)) * Math.PI) / 2) + (i >> 9) - 64;
    fill(values);
  }
}

const scratch = new DataView(new ArrayBuffer(4));
function floatBits(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

for (const simd of levels) {
  describe.skipIf(!supports(simd))(
    `with ${simd} SIMD${supports(simd) ? '' : ' (which this engine lacks)'}`,
    () => {
      it.each(['sin', 'cos'] as const)('%s errs by 2e-7 at most and never exceeds 1', async (name) => {
        const memory = await KernelMemory.of(simd);
        const x = memory.floats(count);
        const y = memory.floats(count);
        const { [name]: kernel } = memory.kernels;
        const worst = { error: 0, at: 0, largest: 0 };
        forManyFloats((values) => {
          x.set(values);
          kernel(count, x.byteOffset, y.byteOffset);
          for (let i = 0; i < count; i++) {
            const expected = Math[name](x[i]);
            if (Number.isNaN(expected)) {
              if (!Number.isNaN(y[i])) expect.fail(`${name}(${x[i]}) is ${y[i]}`);
              continue;
            }
            const error = Math.abs(y[i] - expected);
            // Written so that NaN counts as the worst.
            if (!(error <= worst.error)) Object.assign(worst, { error, at: x[i] });
            worst.largest = Math.max(worst.largest, Math.abs(y[i]));
          }
        });
        expect(worst.error, `the error at ${worst.at}`).toBeLessThan(2e-7);
        expect(worst.largest).toBe(1);
      });

      it('keep exact values and the sign of 0, and are NaN where there is no value', async () => {
        const memory = await KernelMemory.of(simd);
        const y = memory.floats(16);
        const of = (name: 'sin' | 'cos', values: number[]) => {
          // In a full block and in a remainder.
          return [16, values.length].map((length) => {
            const x = memory.floats(length);
            x.set(values);
            memory.kernels[name](length, x.byteOffset, y.byteOffset);
            return [...y.subarray(0, values.length)];
          });
        };
        const [nan, infinity] = [Number.NaN, Number.POSITIVE_INFINITY];
        const tiny = Math.fround(1e-42);
        for (const result of of('sin', [0, -0, tiny, -tiny, nan, infinity, -infinity])) {
          expect(result).toEqual([0, -0, tiny, -tiny, nan, nan, nan]);
        }
        for (const result of of('cos', [0, -0, tiny, nan, infinity, -infinity])) {
          expect(result).toEqual([1, 1, 1, nan, nan, nan]);
        }
      });

      it('give for each value what they give for it alone, in any place and in place', async () => {
        const memory = await KernelMemory.of(simd);
        const random = new FuzzRandom(1);
        const one = memory.floats(1);
        for (const name of ['sin', 'cos'] as const) {
          for (let length = 0; length <= 70; length++) {
            const values = memory.floats(
              Array.from(
                { length },
                () => random.pick([1, 1, 1, 1e4, 1e5, 1e38]) * (random.integer(2000) / 999 - 1),
              ),
            );
            const alone = Array.from(values, (value) => {
              one[0] = value;
              memory.kernels[name](1, one.byteOffset, one.byteOffset);
              return one[0];
            });
            memory.kernels[name](length, values.byteOffset, values.byteOffset);
            expect([...values], `${name}, FUZZ_SEED=${fuzzSeed}`).toEqual(alone);
          }
        }
      });
    },
  );
}
