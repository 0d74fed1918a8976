import { expect, it } from 'vitest';
import { normalDensity, normalProbability } from './normal-distribution';

// scipy.stats.norm.cdf and pdf
it.each([
  [-9, 1.1285884059538324e-19, 1.0279773571668917e-18],
  [-5, 2.866515718791933e-7, 1.4867195147342979e-6],
  [-3, 0.0013498980316300933, 0.0044318484119380075],
  [-1.5, 0.06680720126885807, 0.12951759566589174],
  [-0.1, 0.460172162722971, 0.3969525474770118],
  [0, 0.5, 0.3989422804014327],
  [0.5, 0.6914624612740131, 0.35206532676429947],
  [1, 0.8413447460685429, 0.24197072451914337],
  [1.959963984540054, 0.975, 0.05844506980503538],
  [5, 0.9999997133484281, 1.4867195147342979e-6],
  [8, 0.9999999999999993, 5.052271083536893e-15],
])('at %d the probability is %d and the density %d', (x, probability, density) => {
  expect(Math.abs(normalProbability(x) - probability)).toBeLessThan(1e-15);
  expect(Math.abs(normalDensity(x) / density - 1)).toBeLessThan(1e-13);
});

it('the probability is 0 and 1 far away, and never falls', () => {
  expect([-Infinity, -40, 40, Infinity].map(normalProbability)).toEqual([0, 0, 1, 1]);
  let last = 0;
  for (let x = -10; x <= 10; x += 1 / 64) {
    const probability = normalProbability(x);
    expect(probability - last).toBeGreaterThan(-1e-15);
    last = probability;
  }
});
