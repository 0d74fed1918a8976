import { describe, expect, it } from 'vitest';
import { randomNormal } from './normal';
import { foldIn, randomUniform } from './random';

describe('randomNormal', () => {
  it('draws from a normal distribution, the same for the same key', () => {
    const drawn = randomNormal([1, 2], 20_000);
    expect(randomNormal([1, 2], 20_000)).toEqual(drawn);
    expect(randomNormal([1, 3], 20_000)).not.toEqual(drawn);
    const mean = drawn.reduce((a, b) => a + b) / drawn.length;
    const deviation = Math.sqrt(drawn.reduce((sum, value) => sum + (value - mean) ** 2, 0) / drawn.length);
    // Within five standard errors.
    expect(Math.abs(mean)).toBeLessThan(0.036);
    expect(Math.abs(deviation - 1)).toBeLessThan(0.026);
    for (const [size, fraction] of [
      [1, 0.6827],
      [2, 0.9545],
    ]) {
      const within = drawn.filter((value) => Math.abs(value) < size).length / drawn.length;
      expect(Math.abs(within - fraction)).toBeLessThan(0.017);
    }
  });

  it('is these numbers, on every machine and in every version', () => {
    // By a separate program, from Threefry on.
    const expected = [-0.288942, -0.219533, -1.389066, -1.841243, -0.158352];
    expect([...randomNormal([1, 2], 5)]).toEqual(expected.map((each) => expect.closeTo(each, 5)));
  });

  it('is the transform of its streams but for the rounding of float32', () => {
    const count = 30_000;
    const key = [5, 6] as const;
    const [radii, angles] = ['radius', 'angle'].map((name) => randomUniform(foldIn(key, name), count));
    const errors = Array.from(randomNormal(key, count), (value, i) => {
      const exact = Math.sqrt(-2 * Math.log1p(-radii[i])) * Math.cos(2 * Math.PI * angles[i]);
      return Math.abs(value - exact);
    });
    expect(Math.max(...errors)).toBeLessThan(2e-6);
  });
});
