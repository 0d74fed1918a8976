import { foldIn, HarmonicError, type RandomKey, randomUniform, requireNumber } from '@harmonic-mlp/core';
import type { HyperparameterValues } from './hyperparameters';

/** A layer's initial weights, row-major. */
export interface InitialWeights {
  /** [inputs, units]. */
  kernel: Float32Array;
  /** [units]. */
  bias: Float32Array;
}

/** The layer whose weights are drawn. */
export interface LayerShape<Name extends string = string> {
  /** The width of the input. */
  readonly inputSize: number;
  /** The number of columns of the kernel: the units, unless the activation's `layout` has another number. */
  readonly units: number;
  /** Whether this is the first layer of the network. */
  readonly isFirst: boolean;
  /** The period of each column, 0 for one that has none; undefined if units have none. */
  readonly periods: Float32Array | undefined;
  /** The activation's hyperparameters. */
  readonly hyperparameters: HyperparameterValues<Name>;
}

/**
 * Draws weights and biases from `U(−b, b)`, with a bound b for each unit.
 *
 * @param bounds [units].
 * @param key the random stream; the kernel uses its substream `kernel`, and the bias uses `bias`.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a number of inputs that is not positive, and if `key` is not a key.
 */
export function uniformWeights(inputs: number, bounds: ArrayLike<number>, key: RandomKey): InitialWeights {
  requireNumber('inputs', inputs, { integer: true, min: 1 });
  const units = bounds.length;
  const draw = (name: string, count: number) => {
    const weights = randomUniform(foldIn(key, name), count);
    for (let i = 0; i < count; i++) weights[i] = (2 * weights[i] - 1) * bounds[i % units];
    return weights;
  };
  return { kernel: draw('kernel', inputs * units), bias: draw('bias', units) };
}

/** The initializer of a plain dense layer, as in PyTorch: `U(−1/√I, 1/√I)` for I inputs. */
export function fanInUniform({ inputSize, units }: LayerShape, key: RandomKey): InitialWeights {
  return uniformWeights(inputSize, new Float64Array(units).fill(1 / Math.sqrt(inputSize)), key);
}

/**
 * The initializer of SIREN in its authors' code: weights from `U(−1/I, 1/I)` in the first layer and `U(−√(6/I)/ω, √(6/I)/ω)` in
 * the others and in the output layer, biases from `U(−1/√I, 1/√I)`, for I inputs.
 */
export function sirenWeights(
  { inputSize, units, isFirst }: LayerShape,
  omega: number,
  key: RandomKey,
): InitialWeights {
  const bound = isFirst ? 1 / inputSize : Math.sqrt(6 / inputSize) / omega;
  const { kernel } = uniformWeights(inputSize, new Float64Array(units).fill(bound), key);
  const { bias } = uniformWeights(1, new Float64Array(units).fill(1 / Math.sqrt(inputSize)), key);
  return { kernel, bias };
}

/**
 * The frequency-scaled initializer: `W, b ~ U(−1/√I, 1/√I) · s` for I inputs, where unit i's scale is
 * `s[i] = (1/√p[i]) / mean(1/√p)`. With equal periods, it is the initializer of a plain dense layer.
 *
 * @param periods p, [units]; units with 0 have none, and the scale 1.
 * @param key the random stream; the kernel uses its substream `kernel`, and the bias uses `bias`.
 * @throws {HarmonicError} `INVALID_ARGUMENT` for a number of inputs that is not positive, and if `key` is not a key.
 */
export function frequencyScaledWeights(
  inputs: number,
  periods: ArrayLike<number>,
  key: RandomKey,
): InitialWeights {
  return uniformWeights(inputs, frequencyScales(periods, 1 / Math.sqrt(inputs)), key);
}

/** The scale of each unit, `s[i] = (1/√p[i]) / mean(1/√p)`, times a bound; the bound itself for units without a period. */
export function frequencyScales(periods: ArrayLike<number>, bound = 1): number[] {
  const inverseRoots = Array.from(periods)
    .filter(Boolean)
    .map((period) => 1 / Math.sqrt(period));
  const mean = inverseRoots.reduce((total, value) => total + value, 0) / inverseRoots.length;
  return Array.from(periods, (period) => (period === 0 ? bound : (bound * (1 / Math.sqrt(period))) / mean));
}

/** Checks what a method of an activation draws, which may be a user's own. */
export function requireInitialWeights(
  weights: InitialWeights,
  { inputSize, units }: LayerShape,
  { activation, method }: { activation: string; method: string },
): InitialWeights {
  const { kernel, bias } = Object(weights) as Partial<InitialWeights>;
  if (kernel?.length === inputSize * units && bias?.length === units) return weights;
  const allowed = `{ kernel, bias } with ${inputSize * units} and ${units} numbers`;
  throw new HarmonicError('INVALID_ARGUMENT', {
    argument: `activation.${method}`,
    value: weights,
    allowed,
    problem: `The activation ${JSON.stringify(activation)} must draw ${allowed} for a layer of ${inputSize} inputs and ${units} columns.`,
  });
}
