import '@tensorflow/tfjs-backend-cpu';
import {
  add,
  clipByValue,
  customGrad,
  engine,
  equal,
  grad,
  keep,
  memory,
  mul,
  reshape,
  scalar,
  setBackend,
  sum,
  type Tensor,
  tensor1d,
  tidy,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { adamStep, dropoutMask, relu } from '../ops';
import { foldIn, type RandomKey, randomKey } from '../random';
import { attributeOf, disposeRecording, programOf, type Recording, recordStep } from '.';

beforeAll(() => setBackend('cpu'));

const made: { dispose(): void }[] = [];
const own = <T extends { dispose(): void }>(thing: T): T => {
  made.push(thing);
  return thing;
};
afterEach(() => {
  for (const each of made.splice(0)) each.dispose();
});

/** What a step sees. */
interface World {
  x: Tensor;
  w: Variable;
  key: RandomKey;
  numbers: { learningRate: number; step: number };
}

/** Records two steps, the second with another input and key, and other numbers. */
function recordTwice(
  step: (world: World) => Tensor[],
  states?: (world: World) => Record<string, Tensor>,
  learningRates = [0.5, 0.25],
) {
  const w = own(variable(tensor1d([1, 2, 3])));
  return [0, 1].map((i) => {
    const world: World = {
      x: own(tensor1d([i, 2, 3])),
      w,
      key: foldIn(randomKey(1), i),
      numbers: { learningRate: learningRates[i], step: 3 + i },
    };
    const { outcome, result } = recordStep(
      {
        inputs: { x: world.x },
        states: () => states?.(world) ?? { w },
        key: world.key,
        numbers: world.numbers,
      },
      () => tidy(() => step(world).map((each) => keep(each))),
      (outputs) => outputs,
    );
    for (const each of result) own(each);
    return outcome;
  });
}

const adamSettings = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  weightDecayMode: 'l2',
} as const;

/** A step of Adam with a learning rate that is computed from that of the step. */
function adamWith(rate: (learningRate: number) => number) {
  const state = own(zeros([3]));
  return ({ x, w, numbers: { learningRate, step } }: World) =>
    adamStep(
      { parameter: w, gradient: x, firstMoment: state, secondMoment: state },
      { ...adamSettings, learningRate: rate(learningRate), step },
    );
}

/** The program of a step, which must have one. */
function programFor(...given: Parameters<typeof recordTwice>) {
  const [first, second] = recordTwice(...given).map(
    (outcome) => (outcome as { recording: Recording }).recording,
  );
  const outcome = programOf(first, second);
  for (const each of [first, second]) own({ dispose: () => disposeRecording(each) });
  if ('obstacle' in outcome) throw new Error(outcome.obstacle);
  return outcome;
}

/** Why there is no program of a step. */
function obstacleOf(...given: Parameters<typeof recordTwice>): string | undefined {
  const [first, second] = recordTwice(...given);
  for (const each of [first, second])
    if ('recording' in each) own({ dispose: () => disposeRecording(each.recording) });
  if ('obstacle' in first) return first.obstacle;
  if ('obstacle' in second) return second.obstacle;
  const outcome = programOf(first.recording, second.recording);
  return 'obstacle' in outcome ? outcome.obstacle : undefined;
}

describe('A recorded step', () => {
  it('becomes operations on what it was given, what it keeps, and what it makes', () => {
    const offset = own(tensor1d([5, 5, 5]));
    const { program, constants } = programFor(({ x, w }) => {
      const y = relu({ x: add(mul(x, w), offset) as never });
      w.assign(mul(y, 2));
      return [sum(y)];
    });
    expect(program.calls.map(({ kernel }) => kernel)).toEqual([
      'Multiply',
      'Add',
      'HarmonicMLP.Relu',
      'Multiply',
      'Sum',
    ]);
    const [product, shifted, rectified, doubled, total] = program.calls;
    const { x } = program.inputs;
    const { before, after } = program.states.w;
    expect(product.inputs).toEqual({ a: { value: x, shape: [3] }, b: { value: before, shape: [3] } });
    expect(shifted.inputs.b.value).toBe(program.constants[0]);
    expect(constants[0].dataId).toBe(offset.dataId);
    expect(rectified.inputs.x).toEqual(shifted.outputs[0]);
    expect(doubled.outputs[0].value).toBe(after);
    expect(program.literals).toEqual([{ value: doubled.inputs.b.value, data: Float32Array.of(2) }]);
    expect(program.outputs).toEqual([total.outputs[0].value]);
    expect(program.values[total.outputs[0].value]).toEqual({ shape: [], dtype: 'float32' });
  });

  it('has the operations of functions with a gradient of their own', () => {
    const inner = customGrad((z) => ({ value: add(z as Tensor, 1), gradFunc: (dy) => dy }));
    const outer = customGrad((z) => ({ value: mul(inner(z as Tensor), 2), gradFunc: (dy) => mul(dy, 5) }));
    const { program } = programFor(({ x }) => [grad(outer)(x, x), outer(x)]);
    const called = program.calls.map(({ kernel }) => kernel);
    expect(called).toEqual(['Add', 'Multiply', 'Multiply', 'Add', 'Multiply']);
    // That of the gradient is multiplied by 5.
    const { x } = program.inputs;
    expect(program.calls[2].inputs.a.value).toBe(x);
    expect(program.literals.find(({ value }) => value === program.calls[2].inputs.b.value)?.data).toEqual(
      Float32Array.of(5),
    );
  });

  it('is plain data', () => {
    const { program } = programFor(({ x, w }) => [mul(x, w)]);
    expect(JSON.parse(JSON.stringify({ ...program, literals: [] }))).toEqual({ ...program, literals: [] });
  });

  it('computes what it always does, and leaves the engine and its tensors as they were', () => {
    const { runKernelFunc, makeTensor } = engine() as never as Record<string, unknown>;
    const before = memory().numTensors;
    const x = tensor1d([1, 2]);
    const { result, outcome } = recordStep(
      { inputs: { x }, states: () => ({}), key: [0, 1], numbers: {} },
      () => tidy(() => add(x, tensor1d([1, 1]))),
      (y) => [y],
    );
    expect([...result.dataSync()]).toEqual([2, 3]);
    disposeRecording((outcome as { recording: Recording }).recording);
    x.dispose();
    result.dispose();
    expect(memory().numTensors).toBe(before);
    expect(engine()).toMatchObject({ runKernelFunc, makeTensor });
    expect(Object.hasOwn(engine(), 'runKernelFunc')).toBe(false);
  });

  it('keeps its constants, and gives them back', () => {
    const offset = tensor1d([5, 5, 5]);
    const before = memory().numTensors;
    const { recording } = recordTwice(({ x }) => [add(x, offset)])[0] as { recording: Recording };
    offset.dispose();
    const [constant] = [...recording.origins.values()].flatMap((each) =>
      each.kind === 'constant' ? each.tensor : [],
    );
    expect([...constant.dataSync()]).toEqual([5, 5, 5]);
    disposeRecording(recording);
    expect(constant.isDisposed).toBe(true);
    expect(memory().numTensors).toBeGreaterThan(before - 1);
  });

  it('ends with the error of the step, and listens no more', () => {
    const fail = () => {
      throw new Error('it failed');
    };
    const given = { inputs: {}, states: () => ({}), key: randomKey(1), numbers: {} };
    expect(() => recordStep(given, fail, () => [])).toThrow('it failed');
    expect(Object.hasOwn(engine(), 'runKernelFunc')).toBe(false);
  });

  it('lets others listen, who did so before', () => {
    const listened = engine() as unknown as { runKernelFunc?: (call: { kernelName: string }) => unknown };
    const { runKernelFunc } = listened;
    const heard: string[] = [];
    listened.runKernelFunc = (call) => {
      heard.push(call.kernelName);
      return runKernelFunc!.call(listened, call);
    };
    try {
      programFor(({ x }) => [mul(x, x)]);
      tidy(() => add(1, 2));
    } finally {
      delete listened.runKernelFunc;
    }
    expect(heard).toEqual(['Multiply', 'Multiply', 'Add']);
  });

  it('has the sources of what changes: keys, numbers, and counts', () => {
    const state = own(zeros([3]));
    const { program } = programFor(({ x, w, key, numbers: { learningRate, step } }) => {
      const mask = dropoutMask({}, { shape: [1, 3], rate: 0.5, key: foldIn(foldIn(key, 7), 'noise') });
      const given = { parameter: w, gradient: x, firstMoment: state, secondMoment: state };
      const [next] = adamStep(given, { ...adamSettings, learningRate: 0.1 * learningRate, step: step + 2 });
      return [mask, next];
    });
    expect(program.dynamic).toEqual([
      { call: 0, attribute: 'key', source: { kind: 'key', path: [7, 'noise'] } },
      {
        call: 1,
        attribute: 'learningRate',
        source: { kind: 'number', name: 'learningRate', factor: 0.1, offset: 0 },
      },
      { call: 1, attribute: 'step', source: { kind: 'number', name: 'step', factor: 1, offset: 2 } },
    ]);
    const scalars = { key: randomKey(9), numbers: { learningRate: 0.3, step: 40 } };
    const values = program.dynamic.map(({ source }) => attributeOf(source, scalars));
    expect(values).toEqual([foldIn(foldIn(randomKey(9), 7), 'noise'), 0.1 * 0.3, 42]);
  });
});

describe('A rate that is the same in both steps', () => {
  const twice = (rate: number) => 2 * rate;
  const sourceFor = (rates: number[], of: (rate: number) => number) =>
    programFor(adamWith(of), undefined, rates).program.dynamic.find(
      ({ attribute }) => attribute === 'learningRate',
    )?.source;

  it('is a multiple rather than a count', () => {
    const source = sourceFor([1, 1], twice);
    expect(source).toEqual({ kind: 'number', name: 'learningRate', factor: 2, offset: 0 });
  });

  it('is taken as it is if it is that of the step', () => {
    const source = sourceFor([1, 1], (rate) => rate);
    expect(source).toEqual({ kind: 'number', name: 'learningRate', factor: 1, offset: 0 });
  });

  it('says nothing if it is 0', () => {
    const obstacle = obstacleOf(adamWith(twice), undefined, [0, 0]);
    expect(obstacle).toContain('learningRate of HarmonicMLP.AdamStep does not come from');
  });

  it('is a multiple from 0 on', () => {
    const source = sourceFor([0, 1], twice);
    expect(source).toEqual({ kind: 'number', name: 'learningRate', factor: 2, offset: 0 });
  });
});

describe('There is no program', () => {
  let calls = 0;
  const others: Tensor[] = [];
  beforeAll(() => {
    others.push(tensor1d([1, 1, 1]), tensor1d([2, 2, 2]));
  });
  afterAll(() => {
    for (const other of others) other.dispose();
  });
  const foreign = () => own(variable(tensor1d([1])));
  it.each<[string, Parameters<typeof recordTwice>[0], string]>([
    [
      'of a step that reads a tensor',
      ({ x }) => {
        x.dataSync();
        return [];
      },
      'it reads a tensor',
    ],
    [
      'if operations change',
      ({ x }) => [calls++ % 2 === 0 ? mul(x, x) : add(x, x)],
      'its operations change from step to step',
    ],
    [
      'if their number changes',
      ({ x }) => (calls++ % 2 === 0 ? [mul(x, x)] : [mul(x, x), add(x, x)]),
      'its operations change from step to step',
    ],
    [
      'if what they are given changes',
      ({ x, w }) => [mul(x, calls++ % 2 === 0 ? x : w)],
      'is given something else',
    ],
    ['if a number changes', ({ x }) => [mul(x, calls++)], 'it is given other numbers from step to step'],
    ['if a constant changes', ({ x }) => [mul(x, others[calls++ % 2])], 'it is given another tensor'],
    [
      'if a setting changes',
      ({ x }) => [clipByValue(x, 0, calls++)],
      'clipValueMax of ClipByValue changes from step to step',
    ],
    [
      'if a key is not derived from that of the step',
      () => [dropoutMask({}, { shape: [1, 3], rate: 0.5, key: randomKey(calls++) })],
      'key of HarmonicMLP.DropoutMask does not come from what the step is given',
    ],
    ['of a step that returns integers', () => [scalar(7, 'int32')], 'it returns a tensor of int32'],
    ['of one that returns truth values', ({ x, w }) => [equal(x, w)], 'it returns a tensor of bool'],
  ])('%s', (_, step, obstacle) => {
    const found = obstacleOf(step);
    expect(found).toContain(obstacle);
  });

  it('if a dynamic number does not follow from those of the step', () => {
    expect(obstacleOf(adamWith(Math.sin))).toContain(
      'learningRate of HarmonicMLP.AdamStep does not come from',
    );
  });

  it('if it changes a variable that it was not told of, or makes a state', () => {
    const other = foreign();
    const changing = ({ x }: World) => {
      other.assign(reshape(sum(x), [1]));
      return [];
    };
    expect(obstacleOf(changing)).toMatch(/it changes the variable .*, which is not a part of the model/);
    let isThere = false;
    const making = ({ x }: World) => {
      isThere = true;
      return [mul(x, 2)];
    };
    expect(
      obstacleOf(making, ({ w, x }) => {
        const states: Record<string, Tensor> = { w };
        if (isThere) states.moment = x;
        return states;
      }),
    ).toBe('it makes moment');
  });
});
