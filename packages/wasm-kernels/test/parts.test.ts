import { foldIn, randomKey, randomUniform } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { fuzzSeed } from '../../../test/support/fuzz';
import { supports } from '../src/kernel-module';
import { KernelMemory } from './support/kernel-memory';

const levels = ['fixed', 'relaxed'] as const;
const counts = [2, 3, 8];

/** Random numbers for one case. */
function randomFor(i: number) {
  let drawn = 0;
  const draw = (count: number) => randomUniform(foldIn(foldIn(randomKey(fuzzSeed), i), drawn++), count);
  const next = () => draw(1)[0];
  /** A size with as many small ones as large ones. */
  const sizeUpTo = (most: number) => Math.floor(Math.exp(next() * Math.log(most + 1)));
  return { draw, next, sizeUpTo };
}

describe(`Parts of a kernel (seed ${fuzzSeed})`, () => {
  describe.each(levels)('with %s SIMD', (simd) => {
    const one = it.skipIf(!supports(simd));

    one.each(Array.from({ length: 60 }, (_, i) => i))(
      'are those of the whole product (case %i)',
      async (i) => {
        const { draw, next, sizeUpTo } = randomFor(i);
        const memory = await KernelMemory.of(simd);
        const [m, n, depth] = [700, 700, 1000].map((most) => sizeUpTo(most));
        const [transposeA, transposeB, hasBias] = [0, 0, 0].map(() => next() < 0.5);
        const values = (count: number) => memory.floats(draw(count).map((each) => each - 0.5));
        const [a, b, bias] = [values(m * depth), values(depth * n), values(n)];
        const c = memory.floats(m * n);
        const scratch = memory.floats(memory.kernels.scratchBytes() / 4).byteOffset;
        const multiply = (part: number, parts: number) =>
          memory.kernels.product(
            m,
            n,
            depth,
            a.byteOffset,
            transposeA,
            b.byteOffset,
            transposeB,
            hasBias ? bias.byteOffset : 0,
            c.byteOffset,
            scratch,
            part,
            parts,
          );
        multiply(0, 1);
        const whole = c.slice();
        for (const parts of counts) {
          c.fill(Number.NaN);
          for (let part = parts - 1; part >= 0; part--) multiply(part, parts);
          expect(differing(c, whole), `[${m},${depth}]·[${depth},${n}] in ${parts} parts`).toBe(-1);
        }
      },
    );

    one.each(Array.from({ length: 40 }, (_, i) => i))(
      'are those of a whole dense layer, of images too (case %i)',
      async (i) => {
        const { draw, next, sizeUpTo } = randomFor(i);
        const memory = await KernelMemory.of(simd);
        const [batch, units, inputs] = [300, 200, 800].map((most) => 4 + sizeUpTo(most));
        const foreground = next();
        const x = memory.floats(draw(batch * inputs).map((each) => (each < foreground ? each : 0.5)));
        const values = (count: number) => memory.floats(draw(count).map((each) => each - 0.5));
        const [kernel, bias, dz] = [values(inputs * units), values(units), values(batch * units)];
        const [z, gradient] = [memory.floats(batch * units), memory.floats(inputs * units)];
        const scratchBytes = memory.kernels.scratchBytes();
        const scratch = memory.floats(scratchBytes / 4).byteOffset;
        const compute = (part: number, parts: number) => {
          const shape = [batch, units, inputs, x.byteOffset] as const;
          const { byteOffset: w } = kernel;
          memory.kernels.dense(
            ...shape,
            w,
            bias.byteOffset,
            z.byteOffset,
            scratch,
            scratchBytes,
            part,
            parts,
          );
          const { byteOffset: to } = gradient;
          memory.kernels.denseKernelGradient(...shape, dz.byteOffset, to, scratch, scratchBytes, part, parts);
        };
        compute(0, 1);
        const whole = [z.slice(), gradient.slice()];
        for (const parts of counts) {
          for (const each of [z, gradient]) each.fill(Number.NaN);
          for (let part = 0; part < parts; part++) compute(part, parts);
          const shape = `[${batch},${inputs}]·[${inputs},${units}], ${foreground} foreground, in ${parts} parts`;
          expect([differing(z, whole[0]), differing(gradient, whole[1])], shape).toEqual([-1, -1]);
        }
      },
    );
  });
});

/** The place of the first value that is not the same to the bit; −1 if there is none. */
function differing(a: Float32Array, b: Float32Array): number {
  const bits = (x: Float32Array) => new Uint32Array(x.buffer, x.byteOffset, x.length);
  const [left, right] = [bits(a), bits(b)];
  return left.findIndex((bit, i) => bit !== right[i]);
}
