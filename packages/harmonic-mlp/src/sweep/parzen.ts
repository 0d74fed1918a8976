import { foldIn, type RandomKey, randomNormal, randomUniform } from '@harmonic-mlp/core';
import { type Axis, isRange, keyOf, type Range, withoutDetail } from './axis';
import { normalDensity, normalProbability } from './normal-distribution';

/** An estimate of how values of an axis are distributed. */
export interface Parzen {
  /** The logarithm of the density or, for values that can be counted, of the probability. */
  logDensity(value: unknown): number;
  sample(key: RandomKey): unknown;
}

/**
 * The Parzen estimator of an axis, as in Optuna: a mixture of one kernel for each observation, and one for the prior. The last
 * 25 observations weigh as much as the prior, and those before them less, the earlier the less.
 *
 * @param observed values of the axis, in the order of time.
 */
export const parzenOf = (axis: Axis, observed: readonly unknown[]): Parzen =>
  isRange(axis) ? ofNumbers(axis, observed as readonly number[]) : ofChoices(axis, observed);

/**
 * Normal distributions around the observed numbers, or their logarithms, cut off at the ends of the range. Each is as wide as the
 * distance to the farther of its neighbors, but at least a hundredth of the range, or more while there are few. The prior has its
 * mean in the middle, and the width of the range.
 */
function ofNumbers(range: Range, observed: readonly number[]): Parzen {
  const { from, to, scale, integer } = range;
  const half = integer ? 0.5 : 0;
  const toScale = scale === 'log' ? Math.log : (value: number) => value;
  const fromScale = scale === 'log' ? Math.exp : (value: number) => value;
  const [low, high] = [toScale(from - half), toScale(to + half)];
  const means = observed.map(toScale);
  const kernels = [
    ...widths(means, low, high).map((width, i) => ({ mean: means[i], width })),
    { mean: (low + high) / 2, width: high - low },
  ];
  const weights = weightsOf(observed.length);
  const probability = ({ mean, width }: (typeof kernels)[number], below: number, above: number) =>
    normalProbability((above - mean) / width) - normalProbability((below - mean) / width);
  const insides = kernels.map((kernel) => probability(kernel, low, high));

  return {
    logDensity(value) {
      const number = value as number;
      const density = (kernel: (typeof kernels)[number]) =>
        integer
          ? probability(kernel, toScale(number - half), toScale(number + half))
          : normalDensity((toScale(number) - kernel.mean) / kernel.width) / kernel.width;
      return Math.log(sum(kernels.map((kernel, i) => (weights[i] * density(kernel)) / insides[i])));
    },
    sample(key) {
      const { mean, width } = kernels[pick(weights, foldIn(key, 'kernel'))];
      const numbers = randomNormal(foldIn(key, 'value'), mostDraws).map((each) => mean + width * each);
      // A mean is never outside, so a third of the draws or more are inside.
      const value = fromScale(numbers.find((each) => each >= low && each <= high) ?? mean);
      return integer ? Math.min(to, Math.max(from, Math.round(value))) : withoutDetail(range, value);
    },
  };
}

const mostDraws = 32;

/** The widths of the kernels at these places. */
function widths(means: readonly number[], low: number, high: number): number[] {
  const order = means.map((_, i) => i).sort((a, b) => means[a] - means[b]);
  const least = (high - low) / Math.min(100, 2 + means.length);
  const result: number[] = [];
  order.forEach((place, i) => {
    const isFirst = i === 0;
    const isLast = i === order.length - 1;
    const below = means[place] - (isFirst ? low : means[order[i - 1]]);
    const above = (isLast ? high : means[order[i + 1]]) - means[place];
    // At the ends, the other neighbor counts, if there is one.
    const width = isFirst === isLast ? Math.max(below, above) : isFirst ? above : below;
    result[place] = Math.min(high - low, Math.max(least, width));
  });
  return result;
}

/** The observed frequencies of the values of a list, smoothed by a prior that is uniform. */
function ofChoices(choices: readonly unknown[], observed: readonly unknown[]): Parzen {
  const keys = choices.map(keyOf);
  const smoothing = 1 / (observed.length + 1);
  const total = 1 + choices.length * smoothing;
  const weights = weightsOf(observed.length);
  // The prior's own kernel, last, is uniform.
  const probabilities = keys.map((_) => weights[observed.length] / choices.length);
  observed.forEach((value, i) => {
    const chosen = keys.indexOf(keyOf(value));
    for (let c = 0; c < keys.length; c++)
      probabilities[c] += (weights[i] * (smoothing + Number(c === chosen))) / total;
  });
  return {
    logDensity: (value) => Math.log(probabilities[keys.indexOf(keyOf(value))]),
    sample: (key) => choices[pick(probabilities, key)],
  };
}

/** The weights of the observations and, last, of the prior; together 1. */
function weightsOf(count: number): number[] {
  const ramp = count - 25;
  // From 1/count to 1, in even steps.
  const early = (i: number) => (ramp === 1 ? 1 / count : 1 / count + (i / (ramp - 1)) * (1 - 1 / count));
  const weights = Array.from({ length: count + 1 }, (_, i) => (i < ramp ? early(i) : 1));
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}

/** A place, each with its probability. */
function pick(probabilities: readonly number[], key: RandomKey): number {
  let left: number = randomUniform(key, 1)[0];
  for (let i = 0; i < probabilities.length - 1; i++) {
    left -= probabilities[i];
    if (left < 0) return i;
  }
  return probabilities.length - 1;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
