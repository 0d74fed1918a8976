import { gaussianNoise, randomBits, randomKey } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import { expectAllClose, type Tolerance } from '../../../../test/support/allclose';
import { read } from '../check';

/** @param rounding how much a device may round differently. Default: no engine may change the bits. */
export function gaussianNoiseSuite(rounding?: Tolerance): void {
  describe('Gaussian noise', () => {
    const draw = async (shape: [number, number], deviation: number, seed: number) =>
      (await read(() => gaussianNoise({}, { shape, deviation, key: randomKey(seed) })))[0];

    it('is the Box–Muller transform of its stream', async () => {
      const count = 3 * 9001;
      const words = randomBits(randomKey(5), new Uint32Array(count + 1));
      const expected = Array.from({ length: count }, (_, i) => {
        const [u, v] = [(words[i & ~1] + 0.5) / 2 ** 32, words[i | 1] / 2 ** 32];
        const wave = i & 1 ? Math.sin : Math.cos;
        return 0.5 * Math.sqrt(-2 * Math.log(u)) * wave(2 * Math.PI * v);
      });
      const { shape, data } = await draw([3, 9001], 0.5, 5);
      expect(shape).toEqual([3, 9001]);
      let largest = 0;
      for (let i = 0; i < count; i++) {
        // That of a value near 0 is one of the angle, whose rounding the radius multiplies; near a radius of 0, one of the logarithm.
        largest = Math.max(largest, Math.abs(data[i] - expected[i]));
      }
      expect(largest).toBeLessThan(1e-6);
      const first = [0.235162467, -0.415070146, 1.02193451, -0.694775581, -0.257337302, 0.151018694];
      if (rounding === undefined) expect(Array.from(data.slice(0, 6))).toEqual(first.map(Math.fround));
      else expectAllClose({ shape: [6], data: data.slice(0, 6) }, { shape: [6], data: first }, rounding);
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
