import { foldIn, randomKey, randomUniform } from '@harmonic-mlp/core';
import { describe, expect, it } from 'vitest';
import {
  fanInUniform,
  frequencyScaledWeights,
  frequencyScales,
  sirenWeights,
  uniformWeights,
} from './initializer';

const key = randomKey(17);

describe('frequencyScaledWeights', () => {
  it('with periods 1, 2, 3, 3 has the bounds that follow by hand', () => {
    // 1/√p = 1, 0.70711, 0.57735, 0.57735; their mean is 0.715452; with 4 inputs, the plain bound is 1/2.
    const bounds = [0.698859, 0.494168, 0.403486, 0.403486];
    const { kernel, bias } = frequencyScaledWeights(4, [1, 2, 3, 3], key);
    const plain = {
      kernel: randomUniform(foldIn(key, 'kernel'), 16),
      bias: randomUniform(foldIn(key, 'bias'), 4),
    };
    expect([kernel.length, bias.length]).toEqual([16, 4]);
    kernel.forEach((weight, i) => {
      expect(weight).toBeCloseTo((2 * plain.kernel[i] - 1) * bounds[i % 4], 5);
    });
    bias.forEach((weight, i) => {
      expect(weight).toBeCloseTo((2 * plain.bias[i] - 1) * bounds[i], 5);
    });
  });

  it.each([0, 1, 2])('is uniform between the bounds of each unit (seed %i)', (seed) => {
    const inputs = 10_000;
    const periods = [1, 2, 3, 3, 0.25];
    const inverseRoots = periods.map((p) => p ** -0.5);
    const mean = inverseRoots.reduce((sum, value) => sum + value) / periods.length;
    const { kernel } = frequencyScaledWeights(inputs, periods, randomKey(seed));
    periods.forEach((_, unit) => {
      const bound = (0.01 * inverseRoots[unit]) / mean;
      const column = kernel.filter((_, i) => i % periods.length === unit);
      const average = column.reduce((sum, w) => sum + w, 0) / inputs;
      const variance = column.reduce((sum, w) => sum + (w - average) ** 2, 0) / inputs;
      const largest = column.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
      expect(largest / bound).toBeLessThanOrEqual(1 + 1e-6);
      expect(largest / bound).toBeGreaterThan(0.998);
      // Four standard deviations for 10,000 uniform numbers.
      expect(Math.abs(average / bound)).toBeLessThan(4 * Math.sqrt(1 / 3 / inputs));
      expect(Math.abs(variance / bound ** 2 - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / inputs));
    });
  });

  it('draws biases between the same bounds', () => {
    const periods = Float32Array.from({ length: 4000 }, (_, i) => (i % 2 === 0 ? 1 : 4));
    // 1/√p is 1 and 1/2, their mean 3/4; with 9 inputs, the plain bound is 1/3.
    const { bias } = frequencyScaledWeights(9, periods, key);
    for (const [parity, bound] of [4 / 9, 2 / 9].entries()) {
      const half = bias.filter((_, i) => i % 2 === parity);
      const largest = half.reduce((most, b) => Math.max(most, Math.abs(b)), 0);
      expect(largest / bound).toBeLessThanOrEqual(1 + 1e-6);
      expect(largest / bound).toBeGreaterThan(0.99);
      const variance = half.reduce((sum, b) => sum + b * b, 0) / half.length;
      expect(Math.abs(variance / bound ** 2 - 1 / 3)).toBeLessThan(4 * Math.sqrt(4 / 45 / half.length));
    }
  });

  it('with equal periods is the uniform initializer of a plain layer', () => {
    const weights = frequencyScaledWeights(16, [5, 5, 5], key);
    const plain = randomUniform(foldIn(key, 'kernel'), 48).map((u) => (2 * u - 1) / 4);
    weights.kernel.forEach((weight, i) => {
      expect(weight).toBeCloseTo(plain[i], 7);
    });
    expect(frequencyScaledWeights(16, [2, 2, 2], key).kernel.every((w) => Math.abs(w) <= 0.25 + 1e-7)).toBe(
      true,
    );
  });

  it('gives the same weights for the same key only, and no bias like a kernel', () => {
    const of = (seed: number) => frequencyScaledWeights(1, [1, 2], randomKey(seed));
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    expect(of(1).bias).not.toEqual(of(1).kernel);
  });

  it('gives these weights, on every machine and in every version', () => {
    const { kernel, bias } = frequencyScaledWeights(3, [1, 2, 2.5], key);
    expect([...kernel.slice(0, 4)]).toEqual([
      -0.4956202805042267, -0.07538635283708572, 0.41051173210144043, 0.28964176774024963,
    ]);
    expect([...bias]).toEqual([-0.17272761464118958, -0.3514309823513031, -0.20165319740772247]);
  });

  it.each<[string, unknown, unknown]>([
    ['inputs', 0, key],
    ['inputs', 1.5, key],
    ['inputs', undefined, key],
    ['key', 3, 17],
  ])('refuses %s: %j inputs and the key %j', (argument, inputs, stream) => {
    expect(() => frequencyScaledWeights(inputs as number, [1, 2], stream as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument }),
    );
  });
});

describe('fanInUniform', () => {
  it('is the frequency-scaled initializer of periods that are all 1, to the bit', () => {
    const layer = { inputSize: 7, units: 5, isFirst: false, periods: undefined, hyperparameters: {} };
    expect(fanInUniform(layer, key)).toEqual(frequencyScaledWeights(7, [1, 1, 1, 1, 1], key));
  });
});

describe('frequencyScales', () => {
  it('leaves units without a period at the bound, and out of the mean', () => {
    // 1/√p = 1 and 1/2, whose mean is 3/4.
    expect(frequencyScales([1, 0, 4], 0.5)).toEqual(
      [2 / 3, 0.5, 1 / 3].map((each) => expect.closeTo(each, 10)),
    );
  });
});

describe('sirenWeights', () => {
  const largest = (weights: Float32Array) =>
    weights.reduce((most, each) => Math.max(most, Math.abs(each)), 0);

  it.each([
    [true, 1 / 24],
    [false, 0.5 / 30],
  ])('is uniform between the bounds of SIREN (first layer: %s)', (isFirst, bound) => {
    const layer = { inputSize: 24, units: 400, isFirst, periods: undefined, hyperparameters: {} };
    const { kernel, bias } = sirenWeights(layer, 30, key);
    expect([kernel.length, bias.length]).toEqual([24 * 400, 400]);
    for (const [weights, most] of [
      [kernel, bound],
      [bias, 1 / Math.sqrt(24)],
    ] as const) {
      expect(largest(weights) / most).toBeLessThanOrEqual(1 + 1e-6);
      expect(largest(weights) / most).toBeGreaterThan(0.98);
    }
  });
});

describe('uniformWeights', () => {
  it('draws between the bounds of each unit', () => {
    const { kernel, bias } = uniformWeights(2, [0, 1000], key);
    expect([kernel[0], kernel[2], bias[0]].map(Math.abs)).toEqual([0, 0, 0]);
    for (const weight of [kernel[1], kernel[3], bias[1]]) expect(Math.abs(weight)).toBeGreaterThan(1);
  });
});
