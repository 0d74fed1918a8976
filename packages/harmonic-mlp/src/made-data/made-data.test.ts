import { describe, expect, it } from 'vitest';
import { errorOf } from '../../../../test/support/error-of';
import {
  checkerboard,
  type MadeDataset,
  madeDataSettings,
  madeDatasets,
  makeData,
  spirals,
  waves,
} from './index';

const formulas: Record<string, (x: number, y: number) => number> = {
  waves: (x) => Math.sin(25 * x) + x / 2,
  chirp: (x) => Math.sin(10 * (x + 1) * (x + 1)),
  'square-wave': (x) => (Math.sin(4 * Math.PI * x) < 0 ? -1 : 1),
  parabola: (x) => x ** 2,
  // An arm passes the angle a at the radius a/(2π · 1.75), and the other one half a turn later.
  spirals: (x, y) => {
    const turnsHere = Math.hypot(x, y) * 1.75;
    const turnsOf = Math.atan2(x, y) / (2 * Math.PI);
    return Math.round(2 * (turnsHere - turnsOf) + 8) % 2;
  },
  checkerboard: (x, y) => Number(Math.floor(2 * x + 2) % 2 !== Math.floor(2 * y + 2) % 2),
};

const values = (dataset: MadeDataset, options?: Parameters<typeof makeData>[1]) =>
  makeData(dataset, options) as { inputs: Float32Array; targets: Float32Array };

describe.each(Object.entries(madeDatasets))('%s', (name, dataset) => {
  it('has the name under which it is in the table, and classes if they are to be told apart', () => {
    expect(dataset.name).toBe(name);
    expect(dataset.task).toBe(dataset.classes === undefined ? 'regression' : 'classification');
  });

  it('has the targets of its formula, at inputs from −1 to 1', () => {
    const { inputs, targets } = values(dataset, { examples: 300, seed: 3 });
    expect(targets).toHaveLength(300);
    expect(inputs).toHaveLength(300 * dataset.inputSize);
    expect(Math.max(...inputs.map(Math.abs))).toBeLessThanOrEqual(1);
    targets.forEach((target, i) => {
      const [x, y] = inputs.subarray(i * dataset.inputSize);
      expect(target).toBeCloseTo(formulas[name](x, y), 4);
    });
  });

  it('is the same for the same seed, and another for another seed or part', () => {
    expect(makeData(dataset, { seed: 1 })).toEqual(makeData(dataset, { seed: 1 }));
    expect(makeData(dataset, { seed: 2 })).not.toEqual(makeData(dataset, { seed: 1 }));
    expect(makeData(dataset, { part: 'test' })).not.toEqual(makeData(dataset));
  });

  it('covers its inputs evenly', () => {
    const { inputs } = values(dataset, { examples: 400 });
    const first = inputs.filter((_, i) => i % dataset.inputSize === 0);
    for (const part of [-1, -0.5, 0, 0.5])
      expect(first.filter((x) => x >= part && x < part + 0.5).length).toBeGreaterThan(40);
  });
});

it('The table has each of them', () => {
  expect(Object.keys(madeDatasets)).toEqual(Object.keys(formulas));
});

it('The settings of made examples are for the data sets in the table', () => {
  for (const { when } of Object.values(madeDataSettings)) {
    expect(when).toEqual({
      setting: 'dataset',
      is: Object.keys(formulas),
      text: 'for data made by a formula',
    });
  }
});

it('leaves no gap of more than two parts between the inputs of a function', () => {
  const { inputs } = values(waves, { examples: 100 });
  for (let i = 1; i < 100; i++) expect(inputs[i] - inputs[i - 1]).toBeLessThan(0.04);
});

it('adds noise of a deviation to the targets of a regression, and to the inputs of a classification', () => {
  const deviationOf = (a: Float32Array, b: Float32Array) =>
    Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);
  const options = { examples: 4000, seed: 5 };
  const noisy = { ...options, noise: 0.3 };
  expect(values(waves, noisy).inputs).toEqual(values(waves, options).inputs);
  expect(deviationOf(values(waves, noisy).targets, values(waves, options).targets)).toBeCloseTo(0.3, 1);
  expect(values(spirals, noisy).targets).toEqual(values(spirals, options).targets);
  expect(deviationOf(values(spirals, noisy).inputs, values(spirals, options).inputs)).toBeCloseTo(0.3, 1);
});

// By a separate program, from the random generator on.
it.each<[MadeDataset, number, number[], number[]]>([
  [waves, 0.5, [-0.485777, -0.191117, 0.72908], [-0.612741, 0.860241, -0.36131]],
  [spirals, 0.5, [0.153906, -1.053899, -0.702733, 0.744747, -1.074584, -0.073775], [0, 1, 0]],
  [checkerboard, 0, [-0.207662, -0.647609, -0.189726, -0.139211, -0.130919, 0.789737], [1, 0, 0]],
])(
  'gives these examples of $name, on every machine and in every version',
  (dataset, noise, inputs, targets) => {
    const made = values(dataset, { examples: 3, seed: 1, noise });
    expect([...made.inputs]).toEqual(inputs.map((each) => expect.closeTo(each, 5)));
    expect([...made.targets]).toEqual(targets.map((each) => expect.closeTo(each, 5)));
  },
);

it('makes 512 examples of seed 0 for training, without noise', () => {
  const all = { examples: 512, seed: 0, noise: 0, part: 'train' } as const;
  expect(makeData(spirals)).toEqual(makeData(spirals, all));
});

it.each([
  [5, 'options'],
  [{ examples: 0 }, 'examples'],
  [{ examples: 1.5 }, 'examples'],
  [{ noise: -1 }, 'noise'],
  [{ seed: 1.5 }, 'seed'],
  [{ part: 'validation' }, 'part'],
  [{ sample: 3 }, 'sample'],
])('refuses %o', (options, argument) => {
  expect(errorOf(() => makeData(waves, options as never))).toMatchObject({
    code: 'INVALID_ARGUMENT',
    argument,
  });
});
