import { foldIn, type RandomKey, randomUniform } from '@harmonic-mlp/core';

/** A layer's initial weights, row-major. */
export interface InitialWeights {
  /** [inputs, units]. */
  kernel: Float32Array;
  /** [units]. */
  bias: Float32Array;
}

/**
 * The frequency-scaled initialiser: `W, b ~ U(−1/√I, 1/√I) · s` for I inputs, where unit i's scale is
 * `s[i] = (1/√p[i]) / mean(1/√p)`. With equal periods it is the uniform initialiser of a plain dense layer.
 *
 * @param key the random stream; the kernel uses its sub-stream `kernel`, the bias `bias`.
 */
export function frequencyScaledWeights(
  inputs: number,
  periods: ArrayLike<number>,
  key: RandomKey,
): InitialWeights {
  const units = periods.length;
  const bound = 1 / Math.sqrt(inputs);
  const inverseRoots = Array.from(periods, (period) => 1 / Math.sqrt(period));
  const mean = inverseRoots.reduce((total, value) => total + value, 0) / units;
  const bounds = inverseRoots.map((value) => (bound * value) / mean);

  const scaled = (name: string, count: number) => {
    const weights = randomUniform(foldIn(key, name), count);
    for (let i = 0; i < count; i++) weights[i] = (2 * weights[i] - 1) * bounds[i % units];
    return weights;
  };
  return { kernel: scaled('kernel', inputs * units), bias: scaled('bias', units) };
}
