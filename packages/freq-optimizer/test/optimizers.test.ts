import {
  add,
  backend,
  dispose,
  memory,
  type Tensor,
  tidy,
  type Variable,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { expectAllClose } from '../../../test/support/allclose';
import { describeOnEachBackend } from '../../../test/support/backends';
import { type FixtureTensor, readFixture } from '../../../test/support/fixtures';
import {
  addDecayedWeights,
  asOptimizer,
  byGroup,
  chain,
  clipByGlobalNorm,
  type HarmonicUnits,
  makeOptimizer,
  momentum,
  type OptimizerName,
  type OptimizerSettings,
  optimizers,
  scaleByAdam,
  scaleByLearningRate,
  scaleByPeriods,
  type Transform,
  type TransformOptimizer,
} from '../src';
import { applyByPath, type ByPath, valuesOf, variablesOf } from './variables';

type Steps = ByPath<FixtureTensor>[];
interface Fixture {
  freqScaleFactor: number;
  periods: FixtureTensor;
  parameters: ByPath<FixtureTensor>;
  gradients: Steps;
  cases: { name: OptimizerName; settings: OptimizerSettings; steps: Steps }[];
  groups: { matrices: OptimizerSettings; rest: OptimizerSettings; steps: Steps };
}
const { freqScaleFactor, periods, parameters, gradients, cases, groups } = readFixture<Fixture>('optimizers');

const unitsOf = (variables: ByPath<Variable>): HarmonicUnits[] => [
  { kernel: variables['hidden/kernel'], bias: variables['hidden/bias'], periods: periods.data },
];

/** The values after each step. */
async function trajectory(make: (variables: ByPath<Variable>) => TransformOptimizer): Promise<Steps> {
  const variables = variablesOf(parameters);
  const optimizer = make(variables);
  const steps: Steps = [];
  for (const step of gradients) {
    applyByPath(optimizer, variables, step);
    steps.push(await valuesOf(variables));
  }
  optimizer.dispose();
  dispose(variables);
  return steps;
}

function expectSteps(actual: Steps, expected: Steps, tolerance = {}) {
  expect(actual).toHaveLength(expected.length);
  for (const [i, step] of expected.entries()) {
    for (const path of Object.keys(step)) {
      expectAllClose(actual[i][path], step[path], tolerance, `${path} after step ${i + 1}`);
    }
  }
}

/** The same, one operation after the other. */
const composed = (transform: Transform) => ({ ...transform, fuse: undefined }) as Transform;

describeOnEachBackend('optimizers', () => {
  it.each(cases)('equal PyTorch’s: $name $settings', async ({ name, settings, steps }) => {
    const make = (variables: ByPath<Variable>) =>
      makeOptimizer(name, { freqScaleFactor, ...settings }, unitsOf(variables));
    expectSteps(await trajectory(make), steps);
  });

  it('of two groups equal two of PyTorch’s', async () => {
    const { learningRate: rate = 0, ...settings } = groups.matrices;
    const { learningRate = 0, beta1, beta2, epsilon } = groups.rest;
    const make = () =>
      asOptimizer(
        byGroup(
          {
            matrices: chain(
              momentum({ momentum: settings.momentum, nesterov: settings.nesterov }),
              scaleByLearningRate(rate / learningRate),
            ),
            rest: scaleByAdam({ beta1, beta2, epsilon }),
          },
          ({ rank }) => (rank === 2 ? 'matrices' : 'rest'),
        ),
        { learningRate },
      );
    expectSteps(await trajectory(make), groups.steps);
  });

  describe.each<[string, (adam: Transform, variables: ByPath<Variable>) => Transform]>([
    ['alone', (adam) => adam],
    ['behind coupled decay', (adam) => chain(addDecayedWeights(0.1), adam)],
    ['before decoupled decay', (adam) => chain(adam, addDecayedWeights(0.5))],
    [
      'among gradients that are scaled and clipped, and a rate',
      (adam, variables) =>
        chain(
          clipByGlobalNorm(3),
          scaleByPeriods(unitsOf(variables), { freqScaleFactor }),
          addDecayedWeights(0.1),
          adam,
          scaleByLearningRate(2),
        ),
    ],
    [
      'among updates that are decayed, scaled and have a rate',
      (adam, variables) =>
        chain(
          adam,
          addDecayedWeights(0.5),
          scaleByLearningRate(0.5),
          scaleByPeriods(unitsOf(variables), { freqScaleFactor }),
        ),
    ],
    [
      'in a group, behind what clips all',
      (adam) =>
        chain(
          clipByGlobalNorm(2),
          byGroup({ some: chain(addDecayedWeights(0.1), adam), others: momentum() }, ({ rank }) =>
            rank === 2 ? 'some' : 'others',
          ),
        ),
    ],
  ])('in one operation, Adam %s', (_, make) => {
    const run = (adam: Transform) =>
      trajectory((variables) => asOptimizer(make(adam, variables), { learningRate: 0.01 }));

    it('is what it is in several', async () => {
      expectSteps(await run(scaleByAdam()), await run(composed(scaleByAdam())), { relative: 1e-6 });
    });
  });

  describe.each(Object.keys(optimizers) as OptimizerName[])('%s', (name) => {
    const slots = { adam: 3, adamw: 3, sgd: 0, momentum: 1 }[name];
    const make = (variables: ByPath<Variable>) =>
      makeOptimizer(
        name,
        { weightDecay: 0.1, clipNorm: 3, clipValue: 2, freqScale: 'update' },
        unitsOf(variables),
      );

    it('resumes to the bit from the state of each path', async () => {
      const straight = variablesOf(parameters);
      const optimizer = make(straight);
      for (const step of gradients.slice(0, 2)) applyByPath(optimizer, straight, step);
      const copies = variablesOf(await valuesOf(straight));
      const resumed = make(copies);
      const state = optimizer.saveState(straight);
      expect(Object.keys({ ...state.tensors, ...state.values })).toHaveLength(slots * 3);
      resumed.loadState(copies, state);
      for (const step of gradients.slice(2)) {
        applyByPath(optimizer, straight, step);
        applyByPath(resumed, copies, step);
      }
      expect(await valuesOf(copies)).toEqual(await valuesOf(straight));
      for (const owner of [optimizer, resumed]) owner.dispose();
      dispose([straight, copies]);
    });

    it('keeps the count of tensors from step to step, reads none back, and frees all', () => {
      const variables = variablesOf(parameters);
      const before = memory();
      const optimizer = make(variables);
      applyByPath(optimizer, variables, gradients[0]);
      const { numTensors, numDataBuffers } = memory();
      const reads = [vi.spyOn(backend(), 'readSync'), vi.spyOn(backend(), 'read')];
      for (const step of gradients) applyByPath(optimizer, variables, step);
      for (const read of reads) {
        expect(read).not.toHaveBeenCalled();
        read.mockRestore();
      }
      expect(memory()).toMatchObject({ numTensors, numDataBuffers });
      expect(optimizer.iterations).toBe(1 + gradients.length);
      optimizer.dispose();
      const { numTensors: tensors, numDataBuffers: buffers } = before;
      expect(memory()).toMatchObject({ numTensors: tensors, numDataBuffers: buffers });
      expect(optimizer.disposals).toBe(1);
      dispose(variables);
    });
  });

  it('let a parameter without a gradient be, and its state', async () => {
    const variables = variablesOf(parameters);
    const optimizer = makeOptimizer('adam', { clipNorm: 1 });
    const { 'hidden/bias': none, ...some } = gradients[0];
    applyByPath(optimizer, variables, some);
    expect((await valuesOf(variables))['hidden/bias'].data).toEqual(parameters['hidden/bias'].data);
    expect(optimizer.saveState(variables).values).toEqual({
      'hidden/kernel/step': 1,
      'output/kernel/step': 1,
    });
    applyByPath(optimizer, variables, { 'hidden/bias': none });
    expect(optimizer.saveState(variables).values).toMatchObject({
      'hidden/bias/step': 1,
      'output/kernel/step': 1,
    });
    tidy(() => optimizer.applyGradients({}));
    optimizer.dispose();
    dispose(variables);
  });

  it('clip nothing that is within the limits, to the bit, and nothing where all gradients are 0', async () => {
    const run = (settings: OptimizerSettings) => trajectory(() => makeOptimizer('sgd', settings));
    expect(await run({ clipNorm: 100, clipValue: 100 })).toEqual(await run({}));
    const variables = variablesOf(parameters);
    const optimizer = makeOptimizer('sgd', { clipNorm: 1 });
    const zeros = Object.entries(parameters).map(([path, { shape, data }]) => [
      path,
      { shape, data: data.map(() => 0) },
    ]);
    const before = await valuesOf(variables);
    applyByPath(optimizer, variables, Object.fromEntries(zeros));
    expect(await valuesOf(variables)).toEqual(before);
    optimizer.dispose();
    dispose(variables);
  });

  it('may remember a gradient, which stays the caller’s', async () => {
    const addLast: Transform = {
      name: 'addLast',
      settings: {},
      init: (parameter) => ({ last: zerosLike(parameter) }),
      update: (updates) =>
        updates.map(({ parameter, update, state }) => ({
          parameter,
          update: add(update, state.last as Tensor),
          state: { last: update },
        })),
    };
    const variables = variablesOf({ w: { shape: [1], data: [0] } });
    const optimizer = asOptimizer(addLast, { learningRate: 1 });
    for (const data of [[1], [2], [4]]) applyByPath(optimizer, variables, { w: { shape: [1], data } });
    expect((await valuesOf(variables)).w.data).toEqual([-10]);
    expect((await valuesOf(optimizer.saveState(variables).tensors))['w/last'].data).toEqual([4]);
    optimizer.dispose();
    dispose(variables);
  });
});
