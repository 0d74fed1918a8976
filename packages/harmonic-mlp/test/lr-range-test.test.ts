import { HarmonicError } from '@harmonic-mlp/core';
import { executorOf, type ProgramExecutor, setExecutor } from '@harmonic-mlp/core/program';
import {
  customGrad,
  fill,
  getBackend,
  memory,
  type Scalar,
  scalar,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  train,
  zeros,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import { readFixture, toTensor } from '../../../test/support/fixtures';
import { trajectories } from '../../../test/support/trajectory';
import { type BatchSource, classification, HarmonicMLP, lrRangeTest, type RangeTestPoint } from '../src';
import { noisyPatterns } from './small-data';

const shape = { inputSize: 12, classes: 4, hidden: [10, 8], seed: 2 };
const data = noisyPatterns({ size: 90 });
const brief = { batchSize: 16, start: 1e-4, end: 1, steps: 25 };

const weightsOf = (model: HarmonicMLP) =>
  Object.values(model.variables).map((variable) => [...variable.dataSync()]);

/** What PyTorch's own procedure gives in float64; see tools/reference. */
const reference = readFixture<{
  start: number;
  end: number;
  steps: number;
  smoothing: number;
  divergence: number;
  /** How many losses PyTorch's own float32 follows within a thousandth. */
  followed: number;
  losses: number[];
  smoothed: number[];
}>('range-test');

/** The batches of the fixture's trajectory, in their order, in every epoch. */
const batchesOfFixture: BatchSource = {
  size: 16 * trajectories.batches.length,
  inputSize: trajectories.model.inputs,
  classes: trajectories.model.classes,
  *batches() {
    for (const { x, labels } of trajectories.batches)
      yield { inputs: toTensor(x) as Tensor2D, labels: toTensor(labels, 'int32'), size: 16 };
  },
};

function modelOfFixture(): HarmonicMLP {
  const { inputs, classes, hidden, residual, dropout } = trajectories.model;
  const model = new HarmonicMLP({
    inputSize: inputs,
    classes,
    hidden: hidden.map(({ units }) => units),
    baseFreq: hidden.map(({ baseFreq }) => baseFreq),
    maxFreq: hidden.map(({ maxFreq }) => maxFreq),
    residual,
    dropout,
  });
  for (const [path, variable] of Object.entries(model.variables)) {
    const values = toTensor(trajectories.initial[path]);
    variable.assign(values);
    values.dispose();
  }
  return model;
}

describeOnEachBackend('a range test', () => {
  it("follows PyTorch's procedure, whose settings are the defaults", async () => {
    const model = modelOfFixture();
    const { points, ended } = await model.lrRangeTest(batchesOfFixture, { batchSize: 16 });
    model.dispose();
    const { start, end, steps, followed } = reference;
    for (const [i, { step, learningRate, loss, smoothed }] of points.slice(0, followed).entries()) {
      expect(step).toBe(i);
      expect(learningRate / (start * (end / start) ** (i / steps))).toBeCloseTo(1, 12);
      expect(Math.abs(loss / reference.losses[i] - 1), `loss ${i}`).toBeLessThan(0.01);
      expect(Math.abs(smoothed / reference.smoothed[i] - 1), `smoothed ${i}`).toBeLessThan(0.01);
    }
    expect(followed).toBeGreaterThan(80);
    expect(ended).toBe('diverged');
    // The losses grow so fast there that rounding moves the end by a step or two.
    expect(Math.abs(points.length - reference.losses.length)).toBeLessThanOrEqual(3);
  });

  it('trains as a run with the same seed, whose rate rises', async () => {
    const ratio = (step: number) => (brief.end / brief.start) ** (step / brief.steps);
    const schedule = { name: 'rising', settings: {}, factor: (step: number) => ratio(step) };
    const model = new HarmonicMLP(shape);
    const { points } = await model.lrRangeTest(data, { ...brief, divergence: Number.MAX_VALUE });
    const losses: number[] = [];
    await model.fit(data, {
      batchSize: 16,
      steps: brief.steps + 1,
      learningRate: brief.start,
      readEvery: 1,
      schedule,
      onMetrics: (event) => losses.push(...event.losses),
    });
    model.dispose();
    expect(points.map(({ loss }) => loss)).toEqual(losses);
  });

  it.each([
    ['reached its end', {}],
    ['diverged', { divergence: 1 }],
    ['was aborted', { abortAt: 7 }],
    ['failed', { failAt: 7 }],
    ['met a loss that is not finite', { end: 1e38 }],
  ])('leaves the model, and what is trained next, as they were, when it has %s', async (_, given) => {
    const { abortAt, failAt, ...options } = given as { abortAt?: number; failAt?: number };
    const untested = new HarmonicMLP(shape);
    await untested.fit(data, { epochs: 2, batchSize: 16 });
    const model = new HarmonicMLP(shape);
    await model.lrRangeTest(data, { ...brief, steps: 2 });
    const before = weightsOf(model);
    const tensors = memory().numTensors;
    const controller = new AbortController();
    const tested = model.lrRangeTest(data, {
      ...brief,
      ...options,
      signal: controller.signal,
      onStep({ step }: RangeTestPoint) {
        if (step === abortAt) controller.abort();
        if (step === failAt) throw new Error('It failed.');
      },
    });
    if (failAt === undefined) await tested;
    else await expect(tested).rejects.toThrow('It failed.');
    expect(weightsOf(model)).toEqual(before);
    expect(memory().numTensors).toBe(tensors);
    await model.fit(data, { epochs: 2, batchSize: 16 });
    expect(weightsOf(model)).toEqual(weightsOf(untested));
    model.dispose();
    untested.dispose();
  });

  it('says why it ended, with the points until then', async () => {
    const model = new HarmonicMLP(shape);
    const controller = new AbortController();
    const aborted = await model.lrRangeTest(data, {
      ...brief,
      signal: controller.signal,
      onStep: ({ step }) => step === 4 && controller.abort(),
    });
    expect([aborted.ended, aborted.points.length]).toEqual(['aborted', 5]);
    const soon = await model.lrRangeTest(data, { ...brief, signal: AbortSignal.abort() });
    expect(soon).toEqual({ points: [], ended: 'aborted', suggestions: {} });
    const diverged = await model.lrRangeTest(data, { ...brief, end: 1e4, smoothing: 0, divergence: 2 });
    const smoothed = diverged.points.map((point) => point.smoothed);
    expect(diverged.ended).toBe('diverged');
    expect(smoothed).toEqual(diverged.points.map(({ loss }) => loss));
    expect(smoothed.at(-1)).toBeGreaterThan(2 * Math.min(...smoothed));
    expect(Math.max(...smoothed.slice(0, -1))).toBeLessThanOrEqual(2 * Math.min(...smoothed));
    const endless = await model.lrRangeTest(data, { ...brief, end: 1e38, divergence: Number.MAX_VALUE });
    expect(endless.ended).toBe('notFinite');
    for (const { loss } of endless.points) expect(loss).toBeLessThan(Infinity);
    const late = new AbortController();
    const last = await model.lrRangeTest(data, {
      ...brief,
      signal: late.signal,
      onStep: ({ step }) => step === brief.steps && late.abort(),
    });
    expect([last.ended, last.points.length]).toEqual([undefined, brief.steps + 1]);
    model.dispose();
  });

  it('does not call a loss below 0 a divergence', async () => {
    const model = new HarmonicMLP(shape);
    const belowZero = customGrad((x) => ({
      value: scalar(-5),
      gradFunc: () => zerosLike(x as Tensor),
    }));
    const task = { ...classification, loss: (outputs: Tensor2D) => belowZero(outputs) as Scalar };
    const { points, ended } = await model.lrRangeTest(data, { ...brief, end: 1e-2, task });
    expect(points.every(({ loss }) => loss < 0)).toBe(true);
    expect([ended, points.length]).toEqual([undefined, brief.steps + 1]);
    model.dispose();
  });

  it('says which value of the data makes a loss that is not finite', async () => {
    const model = new HarmonicMLP(shape);
    const spoiled: BatchSource = {
      size: 32,
      inputSize: 12,
      classes: 4,
      *batches({ start = 0 }) {
        for (const value of [0.5, Number.NaN].slice(start))
          yield { inputs: fill([16, 12], value), labels: zeros([16], 'int32'), size: 16 };
      },
    };
    await expect(model.lrRangeTest(spoiled, brief)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('the batch of step 2 of epoch 1'),
    });
    model.dispose();
  });

  it('does not mistake data that cannot be read again for a fault of its own', async () => {
    const model = new HarmonicMLP(shape);
    let reads = 0;
    const once: BatchSource = {
      size: 32,
      inputSize: 12,
      classes: 4,
      *batches() {
        if (reads++ > 0) throw new Error('The stream has ended.');
        for (const value of [0.5, Number.NaN])
          yield { inputs: fill([16, 12], value), labels: zeros([16], 'int32'), size: 16 };
      },
    };
    const { ended, points } = await model.lrRangeTest(once, brief);
    expect([ended, points.length, reads]).toEqual(['notFinite', 1, 2]);
    model.dispose();
  });

  it('has the same losses as a program, on several threads, and as operations', async () => {
    const model = new HarmonicMLP(shape);
    const executor = executorOf(getBackend());
    // Threads have executors of their own, whose programs are not counted.
    let programs = 0;
    const counting: ProgramExecutor | undefined = executor && {
      name: executor.name,
      compile(...given) {
        programs += 1;
        return executor.compile(...given);
      },
      withThreads: executor.withThreads?.bind(executor),
    };
    setExecutor(getBackend(), counting);
    try {
      const { points } = await model.lrRangeTest(data, { ...brief, capture: false });
      expect(programs).toBe(0);
      expect((await model.lrRangeTest(data, { ...brief, threads: 1 })).points).toEqual(points);
      // One for batches of 16, and one for the last batch of an epoch, of 10.
      expect(programs).toBe(executor === undefined ? 0 : 2);
      expect((await model.lrRangeTest(data, { ...brief, threads: 2 })).points).toEqual(points);
    } finally {
      setExecutor(getBackend(), executor);
      model.dispose();
    }
  });

  it('gives back the units of data that no run has measured yet', async () => {
    const config = { task: 'regression', inputSize: 2, outputs: 1, hidden: [8], norm: 'none' } as const;
    const model = new HarmonicMLP({ ...config, standardizeInputs: true });
    const inputs = Array.from({ length: 60 }, (_, i) => [i / 10, (i * 7) % 11]);
    const targets = inputs.map(([a, b]) => 1000 + a + b);
    const { points } = await model.lrRangeTest({ inputs, targets }, brief);
    // In units of the targets; without them, it would be about a million.
    expect(points[0].loss).toBeLessThan(10);
    expect(Object.keys(model.variables)).toEqual(expect.arrayContaining(['inputs/count', 'targets/count']));
    for (const field of ['inputs', 'targets'])
      expect([...model.variables[`${field}/count`].dataSync()], field).toEqual([0]);
    model.dispose();
  });

  it('takes values, other tasks, and other optimizers', async () => {
    const inputs = Array.from({ length: 60 }, (_, i) => [i / 10, (i * 7) % 11]);
    const targets = inputs.map(([a, b]) => 100 + 10 * Math.sin(a) + b);
    const made = await HarmonicMLP.forData({ inputs, targets }, { task: 'regression', hidden: [8] });
    const before = weightsOf(made);
    const options = { ...brief, end: 10, optimizer: { optimizer: 'momentum', momentum: 0.8 } } as const;
    const found = await made.lrRangeTest({ inputs, targets }, options);
    expect(found.points[0].loss).toBeLessThan(10);
    expect(weightsOf(made)).toEqual(before);
    const adam = await made.lrRangeTest({ inputs, targets }, { ...options, optimizer: 'adam' });
    expect(adam.points[3].loss).not.toBe(found.points[3].loss);
    made.dispose();
  });
});

describe('what a range test refuses', () => {
  it.each([
    [{ start: 0 }, 'start'],
    [{ end: -1 }, 'end'],
    [{ start: 1e-2, end: 1e-2 }, 'end'],
    [{ steps: 0 }, 'steps'],
    [{ smoothing: 1 }, 'smoothing'],
    [{ divergence: 0.5 }, 'divergence'],
    [{ stop: 1 }, 'stop'],
    [{ learningRate: 1 }, 'learningRate'],
    [{ optimizer: 'lion' }, 'optimizer'],
    [{ batchSize: 0 }, 'batchSize'],
    [{ start: 1e-300, end: 1e300 }, 'end'],
    [{ onStep: 5 }, 'onStep'],
    [{ optimizer: null }, 'optimizer'],
  ])('%j', async (options, argument) => {
    const model = new HarmonicMLP(shape);
    await expect(lrRangeTest(model, data, options as never)).rejects.toMatchObject({ argument });
    model.dispose();
  });

  it('an optimizer with state', async () => {
    const model = new HarmonicMLP(shape);
    const optimizer = train.adam(0.1);
    const tested = lrRangeTest(model, data, { optimizer: optimizer as never });
    await expect(tested).rejects.toThrow(/^optimizer is .*; it must be a name or settings/s);
    optimizer.dispose();
    model.dispose();
  });

  it('a model that a run trains, and a run on its own model', async () => {
    const model = new HarmonicMLP(shape);
    let during: unknown;
    await model.fit(data, {
      epochs: 1,
      batchSize: 16,
      async onEpoch() {
        during = await model.lrRangeTest(data, brief).catch((error: unknown) => error);
      },
    });
    expect(during).toMatchObject({ code: 'IN_USE' });
    await model.lrRangeTest(data, {
      ...brief,
      async onStep({ step }) {
        if (step === 2) during = await model.fit(data).catch((error: unknown) => error);
      },
    });
    expect(during).toMatchObject({ code: 'IN_USE' });
    model.dispose();
  });

  it('a disposed model, and one that is disposed in the meantime', async () => {
    const model = new HarmonicMLP(shape);
    const onStep = () => model.dispose();
    await expect(model.lrRangeTest(data, { ...brief, onStep })).rejects.toMatchObject({ code: 'IN_USE' });
    await expect(model.lrRangeTest(data, brief)).rejects.toBeInstanceOf(HarmonicError);
    // It is not held as if a run were using it.
    await expect(model.lrRangeTest(data, brief)).rejects.not.toMatchObject({ code: 'IN_USE' });
  });

  it('data of another width', async () => {
    const model = new HarmonicMLP(shape);
    const batch = () => ({ inputs: tensor2d([[1, 2]]), labels: tensor1d([0], 'int32'), size: 1 });
    const narrow = {
      size: 1,
      inputSize: 2,
      classes: 4,
      *batches() {
        yield batch();
      },
    };
    await expect(model.lrRangeTest(narrow, brief)).rejects.toMatchObject({ code: 'INVALID_SHAPE' });
    model.dispose();
  });
});
