import { gaussianNoise, randomBits, randomKey } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { expectAllClose } from '../../../../test/support/allclose';
import { read } from '../check';

export function gaussianNoiseSuite(): void {
  describe('Gaussian noise', () => {
    const draw = async (shape: [number, number], deviation: number, seed: number) =>
      (await read(() => gaussianNoise({}, { shape, deviation, key: randomKey(seed) })))[0];

    it('is the Box–Muller transform of its stream', async () => {
      const words = randomBits(randomKey(5), new Uint32Array(24));
      const expected = Array.from({ length: 12 }, (_, i) => {
        const [u, v] = [(words[2 * i] + 1) / 2 ** 32, words[2 * i + 1] / 2 ** 32];
        return 0.5 * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
      });
      expectAllClose(await draw([3, 4], 0.5, 5), { shape: [3, 4], data: expected });
    });

    it('has the mean and the moments of a normal distribution', async () => {
      const { data } = await draw([100, 200], 2, 6);
      const moment = (power: number) =>
        data.reduce((total, value) => total + (value / 2) ** power, 0) / data.length;
      // Within five standard errors.
      expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(20_000));
      expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000));
      expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / 20_000));
    });

    it('is the same for the same key, and another for another', async () => {
      const first = await draw([2, 3], 1, 7);
      expect(await draw([2, 3], 1, 7)).toEqual(first);
      expect(await draw([2, 3], 1, 8)).not.toEqual(first);
      expect((await draw([2, 3], 0, 7)).data.every((value) => Math.abs(value) === 0)).toBe(true);
    });

    it.each<[string, unknown]>([
      ['deviation', -1],
      ['shape', [3]],
      ['key', 5],
      ['rate', 0.5],
    ])('refuses the %s %j', (name, value) => {
      const attributes = {
        shape: [2, 3] as [number, number],
        deviation: 1,
        key: randomKey(0),
        [name]: value,
      };
      expect(() => gaussianNoise({}, attributes)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: name, value }),
      );
    });
  });
}
