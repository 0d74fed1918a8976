import {
  applyMask,
  dropout,
  dropoutMask,
  foldIn,
  keepThreshold,
  randomBits,
  randomKey,
} from '@harmonic-mlp/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { read, runWithGradients, uniform, withTensors } from '../check';

const key = foldIn(randomKey(7), 'dropout');

/** The mask by its definition. */
function maskByHand(shape: [number, number], rate: number): number[] {
  const words = randomBits(key, new Uint32Array(shape[0] * shape[1]));
  return Array.from(words, (word) => (word < (1 - rate) * 2 ** 32 ? Math.fround(1 / (1 - rate)) : 0));
}

export function dropoutSuite(): void {
  describe('dropoutMask', () => {
    it.each<[[number, number], number]>([
      [[1, 1], 0.5],
      [[1, 7], 0.2],
      [[5, 3], 0.9],
      [[9, 31], 0.2],
      [[16, 64], 0.001],
    ])(
      'of shape %j and rate %d is the one that the random words decide, bit for bit',
      async (shape, rate) => {
        const [mask] = await read(() => dropoutMask({}, { shape, rate, key }));
        expect(mask).toEqual({ shape, data: maskByHand(shape, rate) });
      },
    );

    it('keeps a fraction of 1 − rate', async () => {
      const elements = 200 * 500;
      for (const rate of [0.1, 0.5, 0.8]) {
        const [{ data }] = await read(() => dropoutMask({}, { shape: [200, 500], rate, key }));
        const kept = data.filter((value) => value !== 0).length;
        const deviation = Math.sqrt(rate * (1 - rate) * elements);
        expect(Math.abs(kept - (1 - rate) * elements)).toBeLessThan(4 * deviation);
      }
    });

    it('keeps an element just when its word is less than the threshold', async () => {
      const words = randomBits(key, new Uint32Array(9));
      for (const [i, word] of words.entries()) {
        // Rates that make the threshold the word itself and the next integer; both are exact in float64.
        for (const [threshold, kept] of [
          [word, false],
          [word + 1, true],
        ] as const) {
          const rate = 1 - threshold / 2 ** 32;
          const [mask] = await read(() => dropoutMask({}, { shape: [3, 3], rate, key }));
          expect(mask.data[i] > 0, `element ${i}, threshold ${threshold}`).toBe(kept);
        }
      }
    });

    it.each([
      [0, 2 ** 32],
      [0.2, 3435973837],
      [0.5, 2 ** 31],
      [0.75, 2 ** 30],
    ])('of rate %d has the threshold %i', (rate, threshold) => {
      expect(keepThreshold(rate)).toBe(threshold);
    });

    it('of rate 0 keeps all', async () => {
      const [{ data }] = await read(() => dropoutMask({}, { shape: [64, 65], rate: 0, key }));
      expect(data.every((value) => value === 1)).toBe(true);
    });

    it.each<[string, unknown]>([
      ['shape', 6],
      ['shape', [6]],
      ['shape[1]', [2, 0.5]],
      ['rate', 1],
      ['rate', -0.1],
      ['rate', undefined],
      ['key', 42],
      ['key[0]', [-1, 0]],
    ])('refuses %s of %j', (argument, value) => {
      const [name] = argument.split('[');
      const attributes = { shape: [2, 3] as [number, number], rate: 0.2, key, [name]: value };
      expect(() => dropoutMask({}, attributes)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument }),
      );
    });

    it('refuses an attribute that is not known', () => {
      const attributes = { shape: [2, 3] as [number, number], rate: 0.2, key, keep: 0.8 };
      expect(() => dropoutMask({}, attributes)).toThrow(
        expect.objectContaining({
          code: 'INVALID_ARGUMENT',
          argument: 'keep',
          value: 0.8,
          message: 'dropoutMask has no option "keep". It takes shape, rate, key.',
        }),
      );
    });

    it.each([0.2, null])('refuses attributes that are not an object: %j', (attributes) => {
      expect(() => dropoutMask({}, attributes as never)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'attributes', value: attributes }),
      );
    });

    it('is another for another key', async () => {
      const of = (key: readonly [number, number]) =>
        read(() => dropoutMask({}, { shape: [4, 8], rate: 0.5, key }));
      expect(await of(key)).not.toEqual(await of(foldIn(key, 1)));
    });
  });

  describe('applyMask', () => {
    it('multiplies, and masks the gradient too', async () => {
      const x = { shape: [2, 3], data: [1, -2, 3, 4, 5, 6] };
      const mask = { shape: [2, 3], data: [0, 2, 2, 0, 1.5, 0] };
      const dy = { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] };
      const { results, gradients } = await runWithGradients(
        { x, mask },
        ({ x, mask }) => applyMask({ x: x as Tensor2D, mask: mask as Tensor2D }),
        ['x'],
        dy,
      );
      expect(results[0].data.map((value) => value + 0)).toEqual([0, -4, 6, 0, 7.5, 0]);
      expect(gradients.x.data).toEqual([0, 4, 6, 0, 7.5, 0]);
    });

    it('passes a kept NaN on', async () => {
      const x = { shape: [1, 3], data: [Number.NaN, 1, Number.POSITIVE_INFINITY] };
      await withTensors({ x, mask: { shape: [1, 3], data: [2, 2, 2] } }, async ({ x, mask }) => {
        const [{ data }] = await read(() => applyMask({ x: x as Tensor2D, mask: mask as Tensor2D }));
        expect(data).toEqual([Number.NaN, 2, Number.POSITIVE_INFINITY]);
      });
    });

    it('refuses a mask of another shape', async () => {
      await withTensors({ x: uniform(1, [2, 3]), mask: uniform(2, [1, 3]) }, ({ x, mask }) => {
        expect(() => applyMask({ x: x as Tensor2D, mask: mask as Tensor2D })).toThrow(
          expect.objectContaining({
            code: 'INVALID_SHAPE',
            argument: 'mask',
            value: mask,
            allowed: 'a tensor of shape [2, 3], since x has shape [2,3]',
          }),
        );
      });
    });
  });

  describe('dropout', () => {
    it.each<[[number, number], number]>([
      [[1, 1], 0.5],
      [[7, 5], 0.5],
      [[3, 17], 0.2],
      [[4, 4], 0],
    ])('of shape %j and rate %d masks values and gradients by the same mask', async (shape, rate) => {
      const mask = maskByHand(shape, rate);
      const x = uniform(41, shape);
      const dy = uniform(42, shape);
      const { results, gradients } = await runWithGradients(
        { x },
        ({ x }) => dropout(x as Tensor2D, { rate, key }),
        ['x'],
        dy,
      );
      const masked = (values: number[]) => values.map((value, i) => Math.fround(value * mask[i]) + 0);
      expect(results[0].data.map((value) => value + 0)).toEqual(masked(x.data));
      expect(gradients.x.data.map((value) => value + 0)).toEqual(masked(dy.data));
    });

    it.each<[string, unknown, unknown]>([
      ['options', 0.2, 0.2],
      ['rate', { rate: 1, key }, 1],
      ['rate', { key }, undefined],
      ['key', { rate: 0.2, key: 5 }, 5],
      ['seed', { rate: 0.2, key, seed: 5 }, 5],
    ])('refuses %s in %j', async (argument, options, value) => {
      await withTensors({ x: uniform(1, [2, 3]) }, ({ x }) => {
        expect(() => dropout(x as Tensor2D, options as never)).toThrow(
          expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
        );
      });
    });

    it('refuses a tensor that is not a batch of units', async () => {
      const allowed = 'a tensor of shape [batch, units]';
      await withTensors({ x: uniform(1, [3]) }, ({ x }) => {
        expect(() => dropout(x as Tensor2D, { rate: 0.2, key })).toThrow(
          expect.objectContaining({ code: 'INVALID_SHAPE', argument: 'x', value: x, allowed }),
        );
      });
    });
  });
}
