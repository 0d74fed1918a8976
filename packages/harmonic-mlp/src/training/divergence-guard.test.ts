import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import type { HarmonicError } from '@harmonic-mlp/core';
import { Adam } from '@harmonic-mlp/freq-optimizer';
import {
  memory,
  type Optimizer,
  train as optimizers,
  setBackend,
  tensor1d,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Run } from './callback';
import { divergenceGuard, type FindFault } from './divergence-guard';

let weight: Variable;
let tensors: number;

beforeEach(() => {
  tensors = memory().numTensors;
  weight = tidy(() => variable(tensor1d([0])));
});
afterEach(() => {
  weight.dispose();
  expect(memory().numTensors).toBe(tensors);
});

const become = (value: number) => tidy(() => weight.assign(tensor1d([value])));
const noFault = () => vi.fn<FindFault>(async () => undefined);

/** Nine steps of an epoch, whose losses are read after some, and whose weights become what is given by the step. */
async function guarded(
  losses: number[],
  weights: number[],
  {
    readAt = [9],
    pauseAt = 9,
    findFault = noFault(),
    optimizer = new Adam({ learningRate: 0.5 }) as Optimizer,
  } = {},
): Promise<{ error: HarmonicError | undefined; left: number; asked: unknown[][] }> {
  const model = { variables: { weight }, parameters: { weight }, requireAlive() {} };
  const guard = divergenceGuard(({ step }) => readAt.includes(step), findFault);
  const at = (step: number) => ({ epoch: 2, step, stepsPerEpoch: 9 });
  const runAt = (step: number) => ({ model, optimizer, position: at(step) }) as unknown as Run;
  let error: HarmonicError | undefined;
  let read = 0;
  try {
    guard.onStart!({} as never, runAt(0));
    for (let step = 1; step <= losses.length; step++) {
      guard.beforeStep!(at(step), runAt(step - 1));
      become(weights[step - 1]);
      if (readAt.includes(step)) {
        await guard.onMetrics!({ ...at(step), losses: losses.slice(read, step) } as never, runAt(step));
        read = step;
      }
      if (step === pauseAt) await guard.onPause!(at(step), runAt(step));
    }
  } catch (thrown) {
    error = thrown as HarmonicError;
  }
  guard.dispose!();
  optimizer.dispose();
  return { error, left: weight.dataSync()[0], asked: findFault.mock.calls };
}

const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const withNaN = (...at: number[]) => numbers.map((value) => (at.includes(value) ? Number.NaN : value));

describe.each(['cpu', 'wasm'])('divergenceGuard on %s', (backend) => {
  beforeAll(() => setBackend(backend));

  it('lets a run go on whose losses and weights are finite', async () => {
    expect(await guarded(numbers, numbers, { readAt: [3, 6, 9] })).toEqual({
      error: undefined,
      left: 9,
      asked: [],
    });
  });

  it.each<[number[], number[], number, number, number[]]>([
    [[9], withNaN(1), 0, 1, [2, 1, 9]],
    [[9], withNaN(9), 0, 9, [2, 1, 9]],
    [[3, 6, 9], withNaN(2, 3), 0, 2, [2, 1, 3]],
    [[3, 6, 9], withNaN(5, 6), 2, 5, [2, 3, 6]],
    [[1, 2, 3], withNaN(3), 1, 3, [2, 2, 3]],
    [[3, 9], withNaN(8), 2, 8, [2, 3, 9]],
  ])(
    'with reads after %j and losses of %j leaves the weight of step %i',
    async (readAt, losses, left, step, asked) => {
      const found = await guarded(losses, numbers, { readAt });
      expect(found).toMatchObject({ left, asked: [asked] });
      expect(found.error).toMatchObject({
        code: 'DIVERGED',
        message: `The training loss is NaN at step ${step} of epoch 2: training diverged. The weights are back at the last good ones. Lower the learning rate (now 0.5).`,
      });
    },
  );

  it('ends a run whose weights alone are no longer finite, and suspects the step before', async () => {
    const found = await guarded(numbers, withNaN(9), { readAt: [3, 9] });
    expect(found).toMatchObject({ left: 8, asked: [[2, 9, 9]] });
    expect(found.error?.message).toMatch(
      /^The weights are no longer finite after step 9 of epoch 2: training/,
    );
  });

  it('suspects the whole epoch where the weights of a finite loss are not finite', async () => {
    const late = await guarded(numbers, withNaN(5, 6, 7, 8, 9));
    expect(late).toMatchObject({
      left: 0,
      asked: [
        [2, 9, 9],
        [2, 1, 8],
      ],
    });
    const first = await guarded([1], [Number.NaN], { readAt: [], pauseAt: 1 });
    expect(first).toMatchObject({ left: 0, asked: [[2, 1, 1]] });
  });

  it('looks no further where it has found a fault, which it tells', async () => {
    const fault = {
      argument: 'inputs',
      value: 5,
      allowed: 'less',
      problem: 'The data are bad.',
      fix: 'Mend them.',
    };
    const findFault = vi.fn<FindFault>(async () => fault);
    const { error, asked } = await guarded(numbers, withNaN(5, 6, 7, 8, 9), { findFault });
    expect(asked).toHaveLength(1);
    expect(error).toMatchObject({
      code: 'INVALID_DATA',
      argument: 'inputs',
      value: 5,
      allowed: 'less',
      message:
        'The data are bad. The weights are no longer finite after step 9 of epoch 2; the weights are back at the last good ones. Mend them.',
      cause: { code: 'DIVERGED' },
    });
  });

  it('hides nothing where the data cannot be looked at again', async () => {
    const findFault = vi.fn<FindFault>(() => Promise.reject(new Error('gone')));
    expect((await guarded(withNaN(9), numbers, { findFault })).error).toMatchObject({ code: 'DIVERGED' });
  });
});

describe('The optimizer of a run that diverged', () => {
  const diverged = async (optimizer: Optimizer) =>
    (await guarded(withNaN(9), numbers, { optimizer })).error?.message.split('good ones. ')[1];
  const savable = (saveState: () => object) => {
    const optimizer = new Adam({ learningRate: 0.25 });
    const loadState = vi.spyOn(optimizer, 'loadState').mockReturnValue();
    vi.spyOn(optimizer, 'saveState').mockImplementation(saveState as never);
    return { optimizer, loadState };
  };

  it('begins anew where its state is no longer finite', async () => {
    for (const [values, isCleared] of [
      [[], false],
      [[1, 2], false],
      [[1, Number.NaN], true],
    ] as const) {
      const moments = values.map((value) => tensor1d([value]));
      const { optimizer, loadState } = savable(() => ({ tensors: { ...moments }, values: {} }));
      expect(await diverged(optimizer)).toBe('Lower the learning rate (now 0.25).');
      expect(loadState.mock.calls).toEqual(isCleared ? [[{ weight }, { tensors: {}, values: {} }]] : []);
      for (const each of moments) each.dispose();
    }
  });

  it('is to be replaced if its state cannot be read', async () => {
    expect(await diverged(optimizers.sgd(0.25))).toBe(
      'Lower the learning rate (now 0.25). The state of this SGD may not be finite; make a new one.',
    );
    const { optimizer } = savable(() => {
      throw new Error('the base cannot');
    });
    expect(await diverged(optimizer)).toMatch(/The state of this HarmonicAdam may not be finite/);
    const rateless = Object.assign(optimizers.sgd(0.25), { learningRate: undefined });
    expect(await diverged(rateless as unknown as Optimizer)).toBe(
      'Lower the learning rate. The state of this SGD may not be finite; make a new one.',
    );
  });
});
