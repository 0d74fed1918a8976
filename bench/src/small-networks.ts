import { foldIn, randomKey, randomNormal, randomPermutation, randomUniform } from '@harmonic-mlp/core';
import { cappedHarmonicSeries } from '@harmonic-mlp/harmonic-layer';
import type { Batch } from './contender';
import { type Network, withPeriods } from './network';

/** A network whose steps are so short that what is around the arithmetic shows, with its data. */
export interface SmallCase {
  readonly network: Network;
  readonly batchSize: number;
  /** Steps of a turn for each of `--steps`. */
  readonly repeats: number;
  /** One epoch. */
  readonly batches: readonly Batch[];
}

/** The published model with one small layer: batch normalization and dropout too. */
const classifier: Network = {
  name: '24-16-3',
  task: 'classification',
  inputSize: 24,
  hidden: [withPeriods(cappedHarmonicSeries(16, { maxFreq: 5 }))],
  outputs: 3,
  residual: 0.1,
  isNormalized: true,
  dropout: 0.2,
  learningRate: 1e-3,
  options: { inputSize: 24, hidden: [16], classes: 3 },
};

/** A function of two variables. */
const curve: Network = {
  name: '2-32-32-1',
  task: 'regression',
  inputSize: 2,
  hidden: [5, 3].map((maxFreq) => withPeriods(cappedHarmonicSeries(32, { maxFreq }))),
  outputs: 1,
  residual: 0.1,
  isNormalized: false,
  dropout: 0,
  learningRate: 1e-3,
  options: { task: 'regression', inputSize: 2, outputs: 1, hidden: [32, 32], norm: 'none', dropout: 0 },
};

const omega = 30;

/** An image as a function of its coordinates, in sines (SIREN), all coordinates in a batch. */
const image: Network = {
  name: '2-64-64-64-64-1, sines',
  task: 'regression',
  inputSize: 2,
  hidden: Array.from({ length: 4 }, () => ({ omegas: Array(64).fill(omega) })),
  outputs: 1,
  residual: 0,
  isNormalized: false,
  dropout: 0,
  learningRate: 1e-4,
  options: {
    ...{ task: 'regression', inputSize: 2, outputs: 1, hidden: [64, 64, 64, 64] },
    ...{ activation: 'siren', omega, norm: 'none', dropout: 0 },
  },
};

export const smallCases = (): SmallCase[] => [
  { network: classifier, batchSize: 16, repeats: 20, batches: classes(2048, 16) },
  { network: curve, batchSize: 64, repeats: 10, batches: waves(randomPoints(2048), 64) },
  { network: image, batchSize: 4096, repeats: 0.3, batches: waves(grid(64), 4096) },
];

/** Points around the corners of a triangle in 24 dimensions. */
function classes(examples: number, batchSize: number): Batch[] {
  const key = randomKey(0, 'classes');
  const { inputSize, outputs } = classifier;
  const corners = randomNormal(foldIn(key, 'corners'), outputs * inputSize);
  const noise = randomNormal(foldIn(key, 'noise'), examples * inputSize);
  const targets = Int32Array.from({ length: examples }, (_, i) => i % outputs);
  const inputs = Float32Array.from(
    noise,
    (value, i) => value + corners[targets[Math.floor(i / inputSize)] * inputSize + (i % inputSize)],
  );
  return cut(inputs, targets, examples, batchSize);
}

const randomPoints = (count: number): Float32Array =>
  randomUniform(randomKey(0, 'points'), 2 * count).map((value) => 2 * value - 1);

/** All pixels of a square, in no order. */
function grid(side: number): Float32Array {
  const points = new Float32Array(2 * side * side);
  randomPermutation(randomKey(0, 'grid'), side * side).forEach((pixel, i) => {
    points[2 * i] = (2 * (pixel % side)) / (side - 1) - 1;
    points[2 * i + 1] = (2 * Math.floor(pixel / side)) / (side - 1) - 1;
  });
  return points;
}

/** sin(4x + y)·cos(3y), standardized. */
function waves(points: Float32Array, batchSize: number): Batch[] {
  const count = points.length / 2;
  const values = Float64Array.from(
    { length: count },
    (_, i) => Math.sin(4 * points[2 * i] + points[2 * i + 1]) * Math.cos(3 * points[2 * i + 1]),
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
  return cut(
    points,
    Float32Array.from(values, (value) => (value - mean) / deviation),
    count,
    batchSize,
  );
}

function cut<T extends Batch['targets']>(
  inputs: Float32Array,
  targets: T,
  count: number,
  size: number,
): Batch[] {
  const width = inputs.length / count;
  return Array.from({ length: count / size }, (_, i) => ({
    inputs: inputs.slice(i * size * width, (i + 1) * size * width),
    targets: targets.slice(i * size, (i + 1) * size) as T,
    size,
  }));
}
