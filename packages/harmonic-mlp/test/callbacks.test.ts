import { cosine, type Schedule } from '@harmonic-mlp/freq-optimizer';
import { memory, setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Callback,
  checkpointing,
  type EvaluateEvent,
  earlyStopping,
  type FitOptions,
  HarmonicMLP,
  type Position,
  progress,
  readCheckpoint,
  type SavedCheckpoint,
  weightAveraging,
} from '../src';
import { noisyPatterns } from './small-data';

const shape = { inputSize: 12, classes: 4, hidden: [10], seed: 2 };
const data = noisyPatterns({ size: 64 });
const test = noisyPatterns({ size: 40, seed: 6 });
/** Four steps an epoch. */
const batchSize = 16;

beforeAll(() => setBackend('cpu'));

const weightsOf = (model: HarmonicMLP) =>
  Object.fromEntries(
    Object.entries(model.variables).map(([path, variable]) => [path, [...variable.dataSync()]]),
  );

async function trained(options: FitOptions) {
  const model = new HarmonicMLP(shape);
  const before = memory().numTensors;
  const result = await model.fit(data, { batchSize, epochs: 3, validation: test, ...options });
  expect(memory().numTensors).toBe(before);
  const weights = weightsOf(model);
  const evaluation = await model.evaluate(test);
  model.dispose();
  return { result, weights, evaluation };
}

/** What was saved last before a run was interrupted at a step. */
async function interrupted(options: FitOptions, at: { epoch: number; step: number }) {
  const controller = new AbortController();
  let file: Uint8Array | undefined;
  await trained({
    ...options,
    signal: controller.signal,
    onStep: ({ epoch, step }) => {
      if (epoch === at.epoch && step === at.step) controller.abort();
    },
    onAbort: async ({ checkpoint }) => {
      file = await checkpoint();
    },
  });
  return file!;
}

describe('Callbacks', () => {
  it('are called at their events, in their order, with the run', async () => {
    const calls: string[] = [];
    const named = (name: string): Callback => {
      const note = (event: string) => (_: unknown, run: { position: Position }) => {
        const { epoch, step } = run.position;
        calls.push(`${name} ${event} ${epoch}.${step}`);
      };
      return {
        name,
        onStart: note('onStart'),
        beforeStep: note('beforeStep'),
        onStep: note('onStep'),
        onMetrics: note('onMetrics'),
        onPause: note('onPause'),
        onEvaluate: note('onEvaluate'),
        onEpoch: note('onEpoch'),
        onAbort: note('onAbort'),
        onEnd: note('onEnd'),
        dispose: () => calls.push(`${name} dispose`),
      };
    };
    await trained({ epochs: 1, batchSize: 32, callbacks: [named('a'), named('b')] });
    const events = [
      'onStart 1.0',
      'beforeStep 1.0',
      'onStep 1.1',
      'beforeStep 1.1',
      'onStep 1.2',
      'onMetrics 1.2',
      'onPause 1.2',
      'onEvaluate 1.2',
      'onEpoch 2.0',
      'onEnd 2.0',
      'dispose',
    ];
    expect(calls).toEqual(events.flatMap((event) => [`a ${event}`, `b ${event}`]));
  });

  it('can end a run with a reason, after a step or an epoch', async () => {
    const stopper = (event: 'onStep' | 'onEpoch'): Callback => ({
      name: 'stopper',
      [event]: (_: unknown, run: { position: Position; stop(reason: string): void }) => {
        if (event === 'onEpoch' || run.position.step === 3) run.stop('enough');
      },
    });
    const inEpoch = await trained({ callbacks: [stopper('onStep')] });
    expect(inEpoch.result).toMatchObject({ steps: 3, stopped: 'enough', aborted: false, history: [] });
    const after = await trained({ callbacks: [stopper('onEpoch')] });
    expect(after.result).toMatchObject({ steps: 4, stopped: 'enough', aborted: false });
    expect(after.result.history).toHaveLength(1);
  });

  it('remember in a checkpoint', async () => {
    const counter = () => {
      let count = 0;
      const callback: Callback = {
        name: 'counter',
        onStep() {
          count += 1;
        },
        saveState: () => ({ values: { count } }),
        loadState: ({ values }) => {
          count = (values as { count: number }).count;
        },
      };
      return { callback, count: () => count };
    };
    const file = await interrupted({ callbacks: [counter().callback] }, { epoch: 2, step: 3 });
    const again = counter();
    await trained({ callbacks: [again.callback], resume: file });
    expect(again.count()).toBe(12);
  });

  it.each<[string, unknown, string]>([
    ['no list', earlyStopping(), 'callbacks'],
    ['none', [undefined], 'callbacks[0]'],
    ['one without a name', [{ onEpoch() {} }], 'callbacks[0]'],
    ['one whose method is none', [{ name: 'a', onEpoch: 5 }], 'callbacks[0].onEpoch'],
    ['two of one name', [progress(), progress()], 'callbacks[1].name'],
  ])('are refused before the run: %s', async (_, callbacks, argument) => {
    await expect(trained({ callbacks: callbacks as Callback[] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument,
    });
  });
});

describe('earlyStopping', () => {
  const wild = { learningRate: 1, schedule: null } as const;

  it('ends a run that gets no better, and puts the best weights back', async () => {
    const options = { ...wild, epochs: 50, callbacks: [earlyStopping({ patience: 2 })] };
    const { result, evaluation } = await trained(options);
    const losses = result.history.map(({ validation }) => validation!.loss);
    const best = losses.indexOf(Math.min(...losses));
    expect(result.stopped).toContain('The validation loss has not been better than');
    expect(result.history).toHaveLength(best + 1 + 3);
    expect(evaluation.loss).toBe(losses[best]);

    const last = await trained({
      ...options,
      callbacks: [earlyStopping({ patience: 2, restoreBest: false })],
    });
    expect(last.result.history).toHaveLength(result.history.length);
    expect(last.evaluation.loss).toBe(losses.at(-1));
  });

  it('watches what it is told to', async () => {
    const rising = earlyStopping({ metric: 'accuracy', patience: 0, minDelta: 1 });
    const { result } = await trained({ epochs: 9, callbacks: [rising] });
    expect(result.history).toHaveLength(2);
    const falling = earlyStopping({ metric: 'accuracy', mode: 'min', patience: 0 });
    const { history } = (await trained({ epochs: 9, callbacks: [falling] })).result;
    const accuracies = history.map(({ validation }) => validation!.accuracy);
    expect(accuracies.at(-1)).toBeGreaterThanOrEqual(Math.min(...accuracies.slice(0, -1)));
  });

  it('goes on in a resumed run as if there had been no interruption', async () => {
    const options = () => ({ ...wild, epochs: 50, callbacks: [earlyStopping({ patience: 3 })] });
    const whole = await trained(options());
    const at = { epoch: whole.result.history.length - 1, step: 2 };
    const file = await interrupted(options(), at);
    const resumed = await trained({ ...options(), resume: file });
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.result.stopped).toBe(whole.result.stopped);
  });

  it('asks for validation data, and for a metric that they have', async () => {
    await expect(trained({ validation: undefined, callbacks: [earlyStopping()] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'validation',
    });
    await expect(trained({ callbacks: [earlyStopping({ metric: 'f1' })] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'metric',
      value: 'f1',
      allowed: 'one of loss, accuracy',
    });
  });
});

describe('weightAveraging', () => {
  it('leaves the mean of the weights in the model, and does not disturb the training', async () => {
    const seen: Record<string, number[]>[] = [];
    const model = new HarmonicMLP(shape);
    const losses: number[][] = [[], []];
    const options: FitOptions = { batchSize, epochs: 2, validation: test, readEvery: 1 };
    await model.fit(data, {
      ...options,
      onStep: () => void seen.push(weightsOf(model)),
      onMetrics: (event) => losses[0].push(...event.losses),
    });
    model.dispose();

    const { weights, evaluation, result } = await trained({
      ...options,
      callbacks: [weightAveraging({ decay: 0.75 })],
      onMetrics: (event) => losses[1].push(...event.losses),
    });
    expect(losses[1]).toEqual(losses[0]);
    for (const [path, values] of Object.entries(weights)) {
      for (const [i, value] of values.entries()) {
        const mean = seen
          .slice(1)
          .reduce((average, step) => 0.75 * average + 0.25 * step[path][i], seen[0][path][i]);
        expect(Math.abs(value - mean)).toBeLessThan(1e-6 + 1e-5 * Math.abs(mean));
      }
    }
    expect(result.history.at(-1)?.validation).toEqual(evaluation);
  });

  it('goes on in a resumed run to the bit, from the middle of an epoch and from its end', async () => {
    const options = () => ({ epochs: 4, callbacks: [weightAveraging({ decay: 0.9, startEpoch: 2 })] });
    const whole = await trained(options());
    for (const at of [
      { epoch: 2, step: 2 },
      { epoch: 3, step: 4 },
    ]) {
      const resumed = await trained({ ...options(), resume: await interrupted(options(), at) });
      expect(resumed.weights).toEqual(whole.weights);
    }
  });
});

describe('checkpointing', () => {
  it('hands out each epoch, tells the best, and what an aborted run had come to', async () => {
    const saved: SavedCheckpoint[] = [];
    const save = (each: SavedCheckpoint) => void saved.push(each);
    const { result } = await trained({ callbacks: [checkpointing({ save, metadata: { note: 'kept' } })] });
    expect(saved).toHaveLength(3);
    const accuracies = result.history.map(({ validation }) => validation!.accuracy);
    const isBest = accuracies.map((value, i) => accuracies.slice(0, i).every((other) => value > other));
    expect(saved.map((each) => each.isBest)).toEqual(isBest);
    expect(readCheckpoint(saved[1].bytes)).toMatchObject({
      position: { epoch: 3, step: 0 },
      metadata: { note: 'kept' },
    });
    saved.length = 0;
    await interrupted(
      { callbacks: [checkpointing({ save, epochs: 'best', everySteps: 3 })] },
      { epoch: 2, step: 3 },
    );
    const steps = saved.map(({ epoch, step }) => [epoch, step]);
    expect(steps).toEqual([
      [1, 3],
      [2, 0],
      [2, 2],
      [2, 3],
    ]);
    const whole = await trained({});
    for (const { bytes } of saved) {
      expect((await trained({ resume: bytes })).weights).toEqual(whole.weights);
    }
  });
});

describe('progress', () => {
  it('writes a line for each epoch', async () => {
    const lines: string[] = [];
    await trained({ epochs: 2, callbacks: [progress({ write: (line) => lines.push(line) })] });
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(
      /^epoch 1 {2}loss \d\.\d{4} {2}accuracy 0\.\d{4} {2}validation loss \d\.\d{4} {2}accuracy 0\.\d{4} {2}\d+\.\d s$/,
    );
  });
});

describe('Steps', () => {
  it('end a run in the middle of an epoch, from which it goes on to the bit', async () => {
    let file: Uint8Array | undefined;
    const cut = await trained({
      epochs: undefined,
      steps: 6,
      onEnd: async ({ checkpoint }) => {
        file = await checkpoint();
      },
    });
    expect(cut.result).toMatchObject({ steps: 6, aborted: false });
    expect(cut.result.history).toHaveLength(1);
    expect(readCheckpoint(file!).position).toMatchObject({ epoch: 2, step: 2 });
    const [whole, resumed] = [await trained({}), await trained({ resume: file })];
    expect(resumed.weights).toEqual(whole.weights);
    expect(resumed.result.history.map(({ trainLoss }) => trainLoss)).toEqual(
      whole.result.history.map(({ trainLoss }) => trainLoss),
    );
  });

  it('are not more than the epochs have', async () => {
    expect((await trained({ epochs: 2, steps: 100 })).result.steps).toBe(8);
  });

  it('can be evaluated between', async () => {
    const events: EvaluateEvent[] = [];
    const { result } = await trained({
      epochs: 2,
      evaluateEvery: 3,
      onEvaluate: (event) => void events.push(event),
    });
    expect(events.map(({ epoch, step }) => [epoch, step])).toEqual([
      [1, 3],
      [1, 4],
      [2, 2],
      [2, 4],
    ]);
    expect(events[1].validation).toEqual(result.history[0].validation);
    expect((await trained({ epochs: 2 })).weights).toEqual(
      (await trained({ epochs: 2, evaluateEvery: 1 })).weights,
    );
    await expect(trained({ validation: undefined, evaluateEvery: 2 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'evaluateEvery',
    });
  });
});

describe('A schedule of the step', () => {
  /** The rates of all steps. */
  async function rates(options: FitOptions): Promise<number[]> {
    const seen: number[] = [];
    const watch: Callback = {
      name: 'watch',
      onStep: (_, { optimizer }) =>
        void seen.push((optimizer as unknown as { learningRate: number }).learningRate),
    };
    await trained({ callbacks: [watch], ...options });
    return seen;
  }

  const expected = (schedule: Schedule, steps: number, rate = 1e-3, length = steps) =>
    Array.from({ length: steps }, (_, step) => rate * schedule.factor(step, length));

  it('sets the rate of each step, times the learning rate', async () => {
    const schedule = cosine({ warmup: 2 });
    expect(await rates({ schedule })).toEqual(expected(schedule, 12));
    expect(await rates({ schedule: 'cosine', learningRate: 0.1 })).toEqual(expected(cosine(), 12, 0.1));
    expect(await rates({ schedule, epochs: undefined, steps: 7 })).toEqual(expected(schedule, 7));
  });

  it('is followed by a resumed run, to the bit, and at its last rate where that is longer', async () => {
    const options = { schedule: cosine({ final: 0.1 }), learningRate: 0.01 };
    const whole = await trained(options);
    const file = await interrupted(options, { epoch: 2, step: 1 });
    expect((await trained({ resume: file })).weights).toEqual(whole.weights);
    expect((await trained({ ...options, resume: file })).weights).toEqual(whole.weights);
    const longer = await rates({ resume: file, epochs: 4 });
    expect(longer).toEqual([...expected(options.schedule, 12, 0.01).slice(5), ...Array(4).fill(0.01 * 0.1)]);
  });

  it('is as long as the run where it is given anew, and scaled by another learning rate', async () => {
    const schedule = cosine();
    const file = await interrupted({ schedule }, { epoch: 2, step: 1 });
    expect(await rates({ resume: file, epochs: 4, schedule })).toEqual(expected(schedule, 16).slice(5));
    expect(await rates({ resume: file, schedule: null })).toEqual(Array(7).fill(1e-3));
    expect(await rates({ resume: file, learningRate: 0.5 })).toEqual(expected(schedule, 12, 0.5).slice(5));
  });

  it('is in the checkpoint by its name, settings and length', async () => {
    const file = await interrupted({ schedule: cosine({ warmup: 0.25 }) }, { epoch: 1, step: 2 });
    expect(JSON.parse(readCheckpoint(file).metadata.training).schedule).toEqual({
      kind: 'cosine',
      settings: { final: 0, warmup: 0.25 },
      steps: 12,
    });
  });
});
