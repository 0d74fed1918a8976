import { foldIn, randomKey, randomNormal } from '@harmonic-mlp/core';
import type { ExampleValues } from 'harmonic-mlp';
import { makeData, spirals } from 'harmonic-mlp/made-data';

/** What is learned. */
export interface Task {
  readonly name: string;
  readonly kind: 'classification' | 'regression';
  readonly inputSize: number;
  readonly steps: number;
  /** Where the answers of a network are drawn: at these inputs, or in the square over them. */
  readonly axis: readonly number[];
  /** The function behind the examples, and where those begin that are tested on. */
  readonly goesOn?: { truth(input: number): number; readonly testedFrom: number };
  /** What is made: to learn, to tune the learning rate on, and to test on. */
  examples(isQuick: boolean): Readonly<Record<'train' | 'validation' | 'test', ExampleValues>>;
}

/** Samples in a season, and the seasons that are trained on, tuned on, and tested on, one after the other. */
const [samples, trained, tuned, tested] = [24, 8, 1, 3];
const noise = 0.1;

/** A trend, a season, and a third of it, at a time in seasons. */
const seriesAt = (time: number) =>
  0.15 * time + Math.sin(2 * Math.PI * time) + 0.5 * Math.cos(6 * Math.PI * time);

/** Some seasons of the series; all but those that are tested on have noise. */
function seasons(first: number, count: number, hasNoise: boolean): ExampleValues {
  const times = Array.from({ length: count * samples }, (_, i) => first + i / samples);
  const key = foldIn(randomKey(1), `seasons from ${first}`);
  const normal = randomNormal(key, times.length);
  return {
    inputs: times,
    targets: times.map((time, i) => seriesAt(time) + (hasNoise ? noise * normal[i] : 0)),
  };
}

/** Evenly spaced numbers, both ends included. */
const range = (from: number, to: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Number((from + ((to - from) * i) / (count - 1)).toFixed(6)));

export const tasks: readonly Task[] = [
  {
    name: 'spirals',
    kind: 'classification',
    inputSize: 2,
    steps: 2000,
    axis: range(-1, 1, 41),
    examples: (isQuick) => {
      const count = isQuick ? 20 : 200;
      return {
        train: makeData(spirals, { examples: count, seed: 1, noise: 0.02 }),
        validation: makeData(spirals, { examples: 5 * count, seed: 2, noise: 0.02, part: 'test' }),
        test: makeData(spirals, { examples: 10 * count, seed: 3, noise: 0.02, part: 'test' }),
      };
    },
  },
  {
    name: 'seasons',
    kind: 'regression',
    inputSize: 1,
    steps: 2000,
    axis: range(0, trained + tuned + tested, 289),
    goesOn: { truth: seriesAt, testedFrom: trained + tuned },
    examples: () => ({
      train: seasons(0, trained, true),
      validation: seasons(trained, tuned, true),
      test: seasons(trained + tuned, tested, false),
    }),
  },
];
