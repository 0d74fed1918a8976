import { expect, it } from 'vitest';
import { unexplained } from './ridge';

// By numpy from the definition, with S = H·solve(HᵀH + λI, Hᵀ): the least over λ = 1e-6, 1e-4, …, 100 times tr(HᵀH)/3.
const features = [
  [0.001, 0.299, -0.274],
  [-0.891, -0.455, -0.992],
  [0.06, 1.34, -0.492],
  [-0.62, 0.49, 0.357],
  [0.105, -0.93, -0.029],
  [0.695, -1.344, -0.458],
  [-1.901, -1.29, -1.842],
  [-0.235, -1.267, 0.271],
  [0.157, -0.187, -2.517],
  [-0.539, -0.049, 0.113],
  [-1.53, -0.478, -0.979],
  [-0.809, 1.061, -0.808],
];
const targets = [
  [-0.706417, 0.421917],
  [0.458583, -0.816083],
  [-0.715417, 0.356917],
  [-0.553417, 0.468917],
  [0.630583, 0.283917],
  [0.599583, 1.357917],
  [0.420583, -1.001083],
  [0.622583, 0.599917],
  [0.123583, 0.245917],
  [-0.014417, -0.154083],
  [0.124583, -1.269083],
  [-0.990417, -0.495083],
];

it('is the generalized cross-validation of the best ridge regression', () => {
  const [h, y] = [features, targets].map((rows) => Float64Array.from(rows.flat()));
  expect(unexplained(h, y, 12)).toBeCloseTo(0.5252511052866493, 10);
});

it('is 0 for what the features explain, and about 1 or more for what they do not', () => {
  const h = Float64Array.from(features.flat());
  const sums = Float64Array.from(features, ([a, b, c]) => a - 2 * b + c);
  expect(unexplained(h, sums, 12)).toBeLessThan(1e-5);
  const alternating = Float64Array.from({ length: 12 }, (_, i) => (i % 2) - 0.5);
  expect(unexplained(h, alternating, 12)).toBeGreaterThan(0.9);
  expect(unexplained(h, new Float64Array(12), 12)).toBe(0);
});

it('does not take as many features as examples for an explanation', () => {
  const h = Float64Array.from({ length: 16 }, (_, i) => Number(i % 5 === 0));
  expect(unexplained(h, Float64Array.of(1, -1, 1, -1), 4)).toBeGreaterThan(0.9);
  // HᵀH is diag(18, 2). With λ = 10, it is (2·(10/28)/(10/28 + 10/12))²; smaller penalties leave less than one degree of freedom.
  expect(unexplained(Float64Array.of(3, 1, -3, 1), Float64Array.of(1, -1), 2)).toBeCloseTo(0.36, 10);
});
