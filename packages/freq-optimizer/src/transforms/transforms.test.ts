import '@tensorflow/tfjs-backend-cpu';
import {
  dispose,
  engine,
  memory,
  setBackend,
  sub,
  type Tensor,
  tensor,
  tensor1d,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { errorOf } from '../../../../test/support/error-of';
import {
  addDecayedWeights,
  asOptimizer,
  byGroup,
  chain,
  clipByGlobalNorm,
  clipByValue,
  momentum,
  scaleByAdam,
  scaleByLearningRate,
  scaleByPeriods,
  type Transform,
} from '..';

let w: Variable;
let tensorsBefore: number;
beforeAll(() => setBackend('cpu'));
beforeEach(() => {
  tensorsBefore = memory().numTensors;
  w = tidy(() => variable(tensor([1, 1], [1, 2])));
});
afterEach(() => {
  dispose(w);
  expect(memory().numTensors).toBe(tensorsBefore);
});

/** What steps with a rate of 1 subtract from w, one gradient per step. */
function updatesOf(transform: Transform, ...gradients: number[][]): number[] {
  const optimizer = asOptimizer(transform, { learningRate: 1 });
  const before = Array.from(w.dataSync());
  for (const gradient of gradients) {
    tidy(() => optimizer.applyGradients({ [w.name]: tensor(gradient, [1, 2]) }));
  }
  optimizer.dispose();
  return Array.from(w.dataSync(), (value, i) => before[i] - value);
}

describe('by hand', () => {
  const periods = [1, 3];
  it.each<[string, () => Transform, number[][], number[]]>([
    ['nothing', () => chain(), [[0.5, -2]], [0.5, -2]],
    ['a rate', () => scaleByLearningRate(4), [[0.5, -2]], [2, -8]],
    [
      'a chain of chains',
      () => chain(scaleByLearningRate(4), chain(scaleByLearningRate(2))),
      [[0.5, -2]],
      [4, -16],
    ],
    ['decay', () => addDecayedWeights(0.25), [[0.5, -2]], [0.75, -1.75]],
    ['a limit of elements', () => clipByValue(1), [[0.5, -2]], [0.5, -1]],
    ['a limit of the norm', () => clipByGlobalNorm(2.5), [[3, -4]], [1.5, -2]],
    ['a limit of the norm that is not reached', () => clipByGlobalNorm(5), [[3, -4]], [3, -4]],
    [
      'momentum',
      () => momentum({ momentum: 0.5 }),
      [
        [1, -2],
        [2, 0],
      ],
      [1 + 2.5, -2 - 1],
    ],
    [
      'Nesterov’s momentum',
      () => momentum({ momentum: 0.5, nesterov: true }),
      [
        [1, -2],
        [2, 0],
      ],
      [1.5 + 3.25, -3 - 0.5],
    ],
    ['periods', () => scaleByPeriods([{ kernel: w, periods }], { freqScaleFactor: 1 }), [[2, 4]], [1, 1]],
    [
      'no period of one unit',
      () => scaleByPeriods([{ kernel: w, periods: [0, 3] }], { freqScaleFactor: 1 }),
      [[2, 4]],
      [2, 1],
    ],
    [
      'periods that are trained',
      () => {
        let current = periods;
        const currentPeriods = () => {
          const now = tensor1d(current);
          current = [3, 7]; // Those of the second step.
          return now;
        };
        return scaleByPeriods([{ kernel: w, periods: [9, 9], currentPeriods }], { freqScaleFactor: 1 });
      },
      [
        [2, 4],
        [2, 4],
      ],
      [1 + 0.5, 1 + 0.5],
    ],
    ['periods of other variables', () => scaleByPeriods(() => undefined), [[2, 4]], [2, 4]],
    [
      'a group',
      () => byGroup({ all: scaleByLearningRate(2), none: clipByValue(1) }, () => 'all'),
      [[2, 4]],
      [4, 8],
    ],
    [
      'periods in a group',
      () =>
        byGroup(
          { all: scaleByPeriods(() => periods, { freqScaleFactor: 1 }), none: clipByValue(1) },
          () => 'all',
        ),
      [[2, 4]],
      [1, 1],
    ],
  ])('%s', (_, make, gradients, updates) => {
    expect(updatesOf(make(), ...gradients)).toEqual(updates);
  });
});

describe('Adam in a chain', () => {
  /** How often Adam's kernel runs in two steps of two variables. */
  function adamSteps(make: () => Transform): number {
    const other = tidy(() => variable(tensor([1])));
    const optimizer = asOptimizer(make(), { learningRate: 0.1 });
    const run = vi.spyOn(engine(), 'runKernel');
    for (let step = 0; step < 2; step++) {
      tidy(() => optimizer.applyGradients({ [w.name]: tensor([[1, 2]]), [other.name]: tensor([3]) }));
    }
    const names = run.mock.calls.map(([name]) => name);
    run.mockRestore();
    optimizer.dispose();
    other.dispose();
    return names.filter((name) => name === 'HarmonicMLP.AdamStep').length;
  }
  const periods = () => scaleByPeriods(({ name }) => (name === w.name ? [1, 2] : undefined));

  it.each<[string, () => Transform, operations: number]>([
    ['alone', scaleByAdam, 4],
    [
      'behind all that goes before it',
      () => chain(clipByGlobalNorm(1), periods(), addDecayedWeights(1), scaleByAdam()),
      4,
    ],
    [
      'before all that comes after it',
      () => chain(scaleByAdam(), addDecayedWeights(1), scaleByLearningRate(2), periods()),
      4,
    ],
    [
      'in a group',
      () => byGroup({ a: scaleByAdam(), b: momentum() }, ({ name }) => (name === w.name ? 'a' : 'b')),
      2,
    ],
    ['between two decays', () => chain(addDecayedWeights(1), scaleByAdam(), addDecayedWeights(1)), 0],
    ['before a limit', () => chain(scaleByAdam(), clipByValue(1)), 0],
    [
      'before a decay that no rate scales',
      () => chain(scaleByAdam(), scaleByLearningRate(2), addDecayedWeights(1)),
      0,
    ],
    ['between two scalings of its updates', () => chain(scaleByAdam(), periods(), periods()), 0],
    [
      'in a group before a limit',
      () =>
        chain(
          byGroup({ all: scaleByAdam() }, () => 'all'),
          clipByValue(1),
        ),
      0,
    ],
  ])('%s takes so many operations of its own', (_, make, operations) => {
    expect(adamSteps(make)).toBe(operations);
  });
});

it.each([
  ['alone', (transform: Transform) => transform],
  ['before Adam', (transform: Transform) => chain(transform, scaleByAdam())],
])('keeps what a transform only reads of its state, %s', (_, around) => {
  const away: Transform = {
    name: 'away',
    settings: {},
    init: (parameter) => ({ start: parameter.clone() }),
    update: (updates) =>
      updates.map((each) => ({ ...each, update: sub(each.parameter, each.state.start as Tensor) })),
  };
  const optimizer = asOptimizer(around(away), { learningRate: 1 });
  for (let step = 0; step < 3; step++) tidy(() => optimizer.applyGradients({ [w.name]: tensor([[3, 4]]) }));
  expect(Array.from(w.dataSync())).toEqual([1, 1]);
  expect(Array.from(optimizer.saveState({ w }).tensors['w/start'].dataSync())).toEqual([1, 1]);
  optimizer.dispose();
});

it('refuses the periods of one variable before another one moves', () => {
  const other = tidy(() => variable(tensor([1])));
  const periodsOf = ({ name }: Variable) => (name === other.name ? [1, 2] : undefined);
  for (const transform of [
    chain(scaleByPeriods(periodsOf), scaleByAdam()),
    chain(scaleByAdam(), scaleByPeriods(periodsOf)),
  ]) {
    const optimizer = asOptimizer(transform, { learningRate: 1 });
    const step = () => optimizer.applyGradients({ [w.name]: tensor([[1, 1]]), [other.name]: tensor([1]) });
    expect(errorOf(() => tidy(step))).toMatchObject({ code: 'INVALID_SHAPE', argument: 'periods' });
    expect(Array.from(w.dataSync())).toEqual([1, 1]);
    optimizer.dispose();
  }
  other.dispose();
});

it('is plain data', () => {
  const transform = chain(
    clipByGlobalNorm(1),
    chain(clipByValue(2), addDecayedWeights(0.1)),
    byGroup({ some: momentum({ nesterov: true }), rest: scaleByAdam({ beta1: 0.8 }) }, () => 'rest'),
    scaleByPeriods([]),
    scaleByLearningRate(0.5),
  );
  const optimizer = asOptimizer(transform, { learningRate: 0.3 });
  optimizer.learningRate = 0.2;
  expect(optimizer.getClassName()).toBe('TransformOptimizer');
  expect(JSON.parse(JSON.stringify(optimizer.getConfig()))).toEqual({
    learningRate: 0.2,
    transform: {
      name: 'chain',
      settings: {
        transforms: [
          { name: 'clipByGlobalNorm', settings: { maxNorm: 1 } },
          { name: 'clipByValue', settings: { limit: 2 } },
          { name: 'addDecayedWeights', settings: { weightDecay: 0.1 } },
          {
            name: 'byGroup',
            settings: {
              groups: {
                some: { name: 'momentum', settings: { momentum: 0.9, nesterov: true } },
                rest: { name: 'scaleByAdam', settings: { beta1: 0.8, beta2: 0.999 } },
              },
            },
          },
          { name: 'scaleByPeriods', settings: { freqScaleFactor: 0.1 } },
          { name: 'scaleByLearningRate', settings: { rate: 0.5 } },
        ],
      },
    },
  });
});

describe('is refused', () => {
  const adam = scaleByAdam();
  const { name, settings, update } = adam;
  const nearly = [
    { name, settings },
    { name, update },
    { settings, update },
  ];
  it.each<[string, () => unknown, argument: string, value: unknown]>([
    ['a negative rate', () => scaleByLearningRate(-1), 'rate', -1],
    ['a negative decay', () => addDecayedWeights(-1), 'weightDecay', -1],
    ['a limit of 0', () => clipByValue(0), 'limit', 0],
    ['no limit', () => clipByValue(undefined as never), 'limit', undefined],
    ['a norm of 0', () => clipByGlobalNorm(0), 'maxNorm', 0],
    ['a momentum of 1', () => momentum({ momentum: 1 }), 'momentum', 1],
    ['a word for true', () => momentum({ nesterov: 'yes' as never }), 'nesterov', 'yes'],
    ['a decay that is no option', () => momentum({ decay: 0.9 } as never), 'decay', 0.9],
    ['a number for options', () => momentum(0.9 as never), 'options', 0.9],
    ['a moment that never fades', () => scaleByAdam({ beta1: 1 }), 'beta1', 1],
    ['another that never fades', () => scaleByAdam({ beta2: 1 }), 'beta2', 1],
    ['a negative ε', () => scaleByAdam({ epsilon: -1 }), 'epsilon', -1],
    ['a number for Adam’s options', () => scaleByAdam(0.9 as never), 'options', 0.9],
    ['a rate of Adam’s moments', () => scaleByAdam({ learningRate: 1 } as never), 'learningRate', 1],
    ['a negative factor', () => scaleByPeriods([], { freqScaleFactor: -1 }), 'freqScaleFactor', -1],
    ['a number for its options', () => scaleByPeriods([], 0.1 as never), 'options', 0.1],
    ['a misspelled factor', () => scaleByPeriods([], { factor: 1 } as never), 'factor', 1],
    ['no units', () => scaleByPeriods(undefined as never), 'units', undefined],
    ['a period below 0', () => scaleByPeriods([{ kernel: w, periods: [1, -1] }]), 'periods[1]', -1],
    ['an optimizer in a chain', () => chain(adam, 'adam' as never), 'transforms[1]', 'adam'],
    ['nothing in a chain', () => chain(undefined as never), 'transforms[0]', undefined],
    ...nearly.map((part): [string, () => unknown, string, unknown] => [
      `a transform of only ${Object.keys(part).join(' and ')}`,
      () => chain(part as never),
      'transforms[0]',
      part,
    ]),
    ['no groups', () => byGroup(undefined as never, () => ''), 'groups', undefined],
    ['a null for groups', () => byGroup(null as never, () => ''), 'groups', null],
    ['a group of no transform', () => byGroup({ all: 'adam' as never }, () => 'all'), 'groups.all', 'adam'],
    ['no function of groups', () => byGroup({ all: adam }, 'all' as never), 'groupOf', 'all'],
    ['an optimizer of none', () => asOptimizer('adam' as never, { learningRate: 1 }), 'transform', 'adam'],
    ['an optimizer without a rate', () => asOptimizer(adam, {} as never), 'learningRate', undefined],
    ['an optimizer of a number', () => asOptimizer(adam, 0.1 as never), 'options', 0.1],
    ['an optimizer without options', () => asOptimizer(adam, undefined as never), 'learningRate', undefined],
    ['an optimizer with more', () => asOptimizer(adam, { learningRate: 1, beta1: 0 } as never), 'beta1', 0],
  ])('%s', (_, run, argument, value) => {
    expect(errorOf(run)).toMatchObject({ code: 'INVALID_ARGUMENT', argument, value });
  });

  const steps: [string, (gradient: Tensor) => unknown, object][] = [
    [
      'a group that is unknown',
      (g) =>
        asOptimizer(
          byGroup({ rest: adam }, () => 'rset'),
          { learningRate: 1 },
        ).applyGradients({ [w.name]: g }),
      { code: 'INVALID_ARGUMENT', argument: 'group', value: 'rset', fix: 'Did you mean "rest"?' },
    ],
    [
      'a chain of two that keep the same',
      (g) => asOptimizer(chain(momentum(), momentum()), { learningRate: 1 }).applyGradients({ [w.name]: g }),
      {
        code: 'INVALID_ARGUMENT',
        argument: 'transforms',
        message:
          'Two transforms of the chain keep "momentum" in their state; momentum is the second. Use one of them.',
      },
    ],
    [
      'two gradients for one variable',
      (g) =>
        asOptimizer(adam, { learningRate: 1 }).applyGradients([
          { name: w.name, tensor: g },
          { name: w.name, tensor: g },
        ]),
      { code: 'INVALID_ARGUMENT', argument: 'gradients', fix: 'Pass their sum.' },
    ],
    [
      'a gradient of another shape',
      () => asOptimizer(chain(), { learningRate: 1 }).applyGradients({ [w.name]: tensor([1]) }),
      {
        code: 'INVALID_SHAPE',
        argument: expect.stringMatching(/^gradients\[".+"\]$/),
        allowed: "a tensor of its variable's shape, [1,2]",
      },
    ],
    [
      'a gradient for none',
      (g) => asOptimizer(chain(), { learningRate: 1 }).applyGradients({ nothing: g }),
      { code: 'INVALID_ARGUMENT' },
    ],
  ];
  it.each(steps)('at a step, before anything moves: %s', (_, run, fields) => {
    tidy(() => {
      expect(errorOf(() => run(tensor([[1, 1]])))).toMatchObject(fields);
    });
    expect(Array.from(w.dataSync())).toEqual([1, 1]);
  });
});
