import { Adam, cosine, type Schedule, setLearningRate } from '@harmonic-mlp/freq-optimizer';
import { dispose, memory, scalar, setBackend, type Tensor, tensor1d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Batch,
  type Callback,
  type Checkpointer,
  type CheckpointingOptions,
  checkpointing,
  type EarlyStoppingOptions,
  type EpochRecord,
  type EvaluateEvent,
  earlyStopping,
  type FitOptions,
  HarmonicMLP,
  type Metric,
  type Position,
  progress,
  type Run,
  readCheckpoint,
  type SavedCheckpoint,
  weightAveraging,
} from '../src';
import { noisyPatterns } from './small-data';

/** Lets time pass in a moment. */
const clock = vi.hoisted(() => ({ seconds: 0 }));
vi.mock('../src/training/now', async (original) => {
  const { now } = await original<typeof import('../src/training/now')>();
  return { now: () => now() + 1000 * clock.seconds };
});

const shape = { inputSize: 12, classes: 4, hidden: [10], seed: 2 };
const data = noisyPatterns({ size: 64 });
const test = noisyPatterns({ size: 40, seed: 6 });
/** Four steps an epoch. */
const batchSize = 16;

beforeAll(() => setBackend('cpu'));

/** What a callback can be called at. */
const eventNames = [
  'onStart',
  'beforeStep',
  'onStep',
  'onMetrics',
  'onPause',
  'onEvaluate',
  'onEpoch',
  'onAbort',
  'onEnd',
];

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

/** Ends a run after a step. */
const stopAt = (epoch: number, step: number): Callback => ({
  name: 'stopAt',
  onStep: (at, run) => {
    if (at.epoch === epoch && at.step === step) run.stop('enough');
  },
});

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

  it('are awaited at each event', async () => {
    const methods = eventNames.filter((name) => name !== 'onAbort');
    const calls: string[] = [];
    const slow = (name: string) => async (_: unknown, run: Run) => {
      const begun = JSON.stringify(run.position);
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(JSON.stringify(run.position)).toBe(begun);
      calls.push(name);
    };
    const callback = { name: 'slow', ...Object.fromEntries(methods.map((name) => [name, slow(name)])) };
    await trained({ epochs: 1, batchSize: 64, callbacks: [callback] });
    expect(calls).toEqual(methods);
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

  it('can end a run by a promise that they leave behind, after the step', async () => {
    const later: Callback = {
      name: 'later',
      onStep: (_, run) => void Promise.resolve().then(() => run.stop('enough')),
    };
    const ended = { steps: 1, stopped: 'enough' };
    expect((await trained({ callbacks: [later] })).result).toMatchObject(ended);
    // Of values, there is no batch to wait for.
    const model = new HarmonicMLP({ inputSize: 1, classes: 2, hidden: [2] });
    const values = { inputs: [1, 2, 3, 4], targets: [0, 1, 0, 1] };
    expect(await model.fit(values, { batchSize: 2, callbacks: [later] })).toMatchObject(ended);
    model.dispose();
  });

  it('need not give a reason, and give no other than a text', async () => {
    const stopper = (...reasons: unknown[]): Callback => ({
      name: 'stopper',
      onStep: (_, run) => (run.stop as (...all: unknown[]) => void)(...reasons),
    });
    const stopped = await trained({ callbacks: [stopper()] });
    expect(stopped.result).toMatchObject({ steps: 1, stopped: 'A callback ended the run.' });
    for (const reason of [0, null, '', new Error('enough')])
      await expect(trained({ callbacks: [stopper(reason)] })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        argument: 'reason',
        value: reason,
      });
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

  it.each<[string, () => Callback]>([
    ['earlyStopping', () => earlyStopping({ metric: 'accuracy', mode: 'min', patience: 1 })],
    ['weightAveraging', () => weightAveraging({ decay: 0.5 })],
  ])('begin anew in another run: %s', async (_, make) => {
    const reused = make();
    // The first run has better values by the metric, other weights, and a model of another size.
    const larger = new HarmonicMLP({ ...shape, hidden: [12, 12] });
    await larger.fit(data, { batchSize, epochs: 1, validation: test, callbacks: [reused] });
    larger.dispose();
    const file = await interrupted({ callbacks: [make()] }, { epoch: 2, step: 2 });
    for (const resume of [undefined, file]) {
      const first = await trained({ callbacks: [make()], resume });
      const second = await trained({ callbacks: [reused], resume });
      expect(second.weights).toEqual(first.weights);
      expect(second.result.stopped).toBe(first.result.stopped);
    }
  });

  it('keep their tensors apart, even if their names have slashes', async () => {
    const holder = (name: string, paths: string[]) => {
      const tensors: Record<string, Tensor> = {};
      const loaded: Record<string, number[]> = {};
      const callback: Callback = {
        name,
        onStart() {
          for (const path of paths) tensors[path] = tensor1d([name.length, path.length]);
        },
        saveState: () => ({ tensors }),
        loadState(state) {
          for (const [path, value] of Object.entries(state.tensors!)) loaded[path] = [...value.dataSync()];
        },
        dispose: () => dispose(tensors),
      };
      return { callback, loaded };
    };
    const inOrder = () => [holder('a/b', ['x', 'y']), holder('a', ['x', 'c/x']), holder('ab', ['x'])];
    for (const make of [inOrder, () => inOrder().reverse()]) {
      const file = await interrupted(
        { callbacks: make().map(({ callback }) => callback) },
        { epoch: 1, step: 2 },
      );
      const again = make();
      await trained({ resume: file, callbacks: again.map(({ callback }) => callback) });
      expect(Object.fromEntries(again.map(({ callback, loaded }) => [callback.name, loaded]))).toEqual({
        'a/b': { x: [3, 1], y: [3, 1] },
        a: { x: [1, 1], 'c/x': [1, 3] },
        ab: { x: [2, 1] },
      });
    }
    const alike = [holder('a/b', []), holder('a', ['b/x'])].map(({ callback }) => callback);
    await expect(interrupted({ callbacks: alike }, { epoch: 1, step: 2 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'callbacks.a.saveState()',
      value: 'b/x',
    });
  });

  it('are asked for if a checkpoint has weights of theirs', async () => {
    const averaging = () => weightAveraging({ decay: 0.9 });
    const file = await interrupted({ callbacks: [averaging(), rateByLoss] }, { epoch: 1, step: 2 });
    const model = new HarmonicMLP(shape);
    const tensors = memory().numTensors;
    const callbacks = [progress({ write() {} })];
    const optimizer = new Adam();
    await expect(
      model.fit(data, { batchSize, epochs: 3, resume: file, callbacks, optimizer }),
    ).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument: 'callbacks',
      message:
        'The checkpoint has weights of the callback "weightAveraging", which this run does not have. Pass it again, or start a new run from HarmonicMLP.fromBytes.',
    });
    // The optimizer has not taken over the state either.
    expect(optimizer.iterations).toBe(0);
    expect(memory().numTensors).toBe(tensors);
    optimizer.dispose();
    model.dispose();
    await trained({ resume: file, callbacks: [averaging()] });
  });

  it('load no state that was not saved, and save one that is not loaded', async () => {
    const loadState = vi.fn();
    const none = await interrupted({}, { epoch: 1, step: 2 });
    await trained({ resume: none, callbacks: [{ name: 'mine', loadState }] });
    expect(loadState).not.toHaveBeenCalled();
    const saving = { name: 'mine', saveState: () => ({ values: { n: 1 } }) };
    const file = await interrupted({ callbacks: [saving] }, { epoch: 1, step: 2 });
    await trained({ resume: file, callbacks: [{ name: 'mine' }] });
    await trained({ resume: file, callbacks: [{ name: 'mine', loadState }] });
    expect(loadState.mock.calls).toEqual([[{ values: { n: 1 }, tensors: {} }]]);
  });

  it('name the state that they cannot load', async () => {
    const saving = { name: 'mine', saveState: () => ({ values: { n: 1 } }) };
    const file = await interrupted({ callbacks: [saving] }, { epoch: 1, step: 2 });
    const cause = new TypeError('n is not a text.');
    const loading: Callback = {
      name: 'mine',
      loadState() {
        throw cause;
      },
    };
    await expect(trained({ resume: file, callbacks: [loading] })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument: 'callbacks.mine',
      cause,
    });
  });

  it('that end a run within an epoch leave it without an evaluation, even where one is due', async () => {
    const evaluated: Position[] = [];
    const options = { evaluateEvery: 2, onEvaluate: (event: Position) => void evaluated.push(event) };
    await trained({ ...options, callbacks: [stopAt(1, 2)] });
    expect(evaluated).toEqual([]);
  });

  it('that end a run at its start see nothing else of it', async () => {
    const calls: string[] = [];
    const note = (name: string) => () => void calls.push(name);
    const stopping: Callback = {
      name: 'stopping',
      ...Object.fromEntries(eventNames.map((name) => [name, note(name)])),
      onStart(_, run) {
        run.stop('not now');
      },
    };
    const { result } = await trained({ callbacks: [stopping] });
    expect(calls).toEqual(['onEnd']);
    expect(result).toMatchObject({ steps: 0, stopped: 'not now' });
    expect('stopped' in (await trained({ epochs: 1 })).result).toBe(false);
  });

  it.each<unknown>([
    { n: 1 },
    { values: { n: 1 }, n: 1 },
    { values: 5 },
    { values: [1] },
    { tensors: [] },
    [],
    undefined,
    null,
    5,
    Promise.resolve({ values: { n: 1 } }),
  ])('are refused for what saveState returns: %j', async (state) => {
    const callbacks = [{ name: 'counter', saveState: () => state } as Callback];
    await expect(interrupted({ callbacks }, { epoch: 1, step: 2 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'callbacks.counter.saveState()',
    });
  });

  it.each<[string, object, string]>([
    ['onEpochs', { name: 'typo', onEpochs() {} }, ' Did you mean onEpoch?'],
    ['onEpochEnd', { name: 'typo', onEpochEnd() {} }, ' Did you mean onEpoch?'],
    ['onTrainBegin', { name: 'typo', onTrainBegin() {} }, ''],
    ['beforeSteps', { name: 'typo', beforeSteps() {} }, ' Did you mean beforeStep?'],
    [
      'onStop',
      new (class {
        name = 'typo';
        onStop() {}
      })(),
      ' Did you mean onStep?',
    ],
  ])('are refused for a method that no event calls: %s', async (method, callback, fix) => {
    await expect(trained({ callbacks: [callback as Callback] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: `callbacks[0].${method}`,
      message: expect.stringMatching(
        new RegExp(`it must be one of onStart, .*, onEnd\\.${fix.replace('?', '.')}$`),
      ),
    });
  });

  it('may have other members', async () => {
    const members = { on() {}, once() {}, onset: 1, onTime: true, before() {}, reset() {}, sessionOnly() {} };
    await trained({ epochs: 1, callbacks: [{ name: 'more', ...members }] });
  });

  it.each<[string, unknown, string]>([
    ['no list', earlyStopping(), 'callbacks'],
    ['none', [undefined], 'callbacks[0]'],
    ['null', [null], 'callbacks[0]'],
    ['one that was not called', [earlyStopping], 'callbacks[0]'],
    ['one without a name', [{ onEpoch() {} }], 'callbacks[0]'],
    ['one of an empty name', [{ name: '', onEpoch() {} }], 'callbacks[0]'],
    ...[...eventNames, ...['saveState', 'loadState', 'dispose']].map(
      (method) =>
        [
          `one whose ${method} is none`,
          [progress(), { name: 'a', [method]: 5 }],
          `callbacks[1].${method}`,
        ] as [string, unknown, string],
    ),
    ['two of one name', [progress(), progress()], 'callbacks[1].name'],
  ])('are refused before the run: %s', async (_, callbacks, argument) => {
    await expect(trained({ callbacks: callbacks as Callback[] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument,
    });
  });
});

it.each<[(options: never) => Callback, object, string, unknown]>([
  [earlyStopping, { metric: 5 }, 'metric', 5],
  [earlyStopping, { mode: 'low' }, 'mode', 'low'],
  [earlyStopping, { patience: -1 }, 'patience', -1],
  [earlyStopping, { patience: 1.5 }, 'patience', 1.5],
  [earlyStopping, { minDelta: -1 }, 'minDelta', -1],
  [earlyStopping, { restoreBest: 1 }, 'restoreBest', 1],
  [earlyStopping, { patient: 1 }, 'patient', 1],
  [weightAveraging, { decay: 1 }, 'decay', 1],
  [weightAveraging, { decay: -0.1 }, 'decay', -0.1],
  [weightAveraging, { startEpoch: 0 }, 'startEpoch', 0],
  [weightAveraging, { startEpoch: 1.5 }, 'startEpoch', 1.5],
  [weightAveraging, { start: 1 }, 'start', 1],
  [checkpointing, {}, 'save', undefined],
  [checkpointing, { save() {}, epochs: 'last' }, 'epochs', 'last'],
  [checkpointing, { save() {}, mode: 'low' }, 'mode', 'low'],
  [checkpointing, { save() {}, metric: '' }, 'metric', ''],
  [checkpointing, { save() {}, everySteps: 0 }, 'everySteps', 0],
  [checkpointing, { save() {}, everySteps: 1.5 }, 'everySteps', 1.5],
  [checkpointing, { save() {}, everySeconds: 0 }, 'everySeconds', 0],
  [checkpointing, { save() {}, everySeconds: '5' }, 'everySeconds', '5'],
  [checkpointing, { save() {}, every: 1 }, 'every', 1],
  [progress, { write: 'log' }, 'write', 'log'],
  [progress, { log() {} }, 'log', expect.any(Function)],
])('%o refuses the options %j', (make, options, argument, value) => {
  expect(() => make(options as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', argument, value }),
  );
});

it.each([earlyStopping, weightAveraging, checkpointing, progress])(
  '%o refuses what are no options',
  (make) => {
    expect(() => make(5 as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', argument: 'options' }),
    );
  },
);

it('The callbacks take all of their options, each at its bounds', () => {
  earlyStopping({ metric: 'f1', mode: 'max', patience: 0, minDelta: 0, restoreBest: false });
  weightAveraging({ decay: 0, startEpoch: 1 });
  checkpointing({ save() {}, epochs: 'every', everySteps: 1, metric: 'loss', mode: 'min', metadata: {} });
  checkpointing({ save() {}, everySeconds: 1e-3 });
  expect([earlyStopping(), weightAveraging(), progress()].map(({ name }) => name)).toEqual([
    'earlyStopping',
    'weightAveraging',
    'progress',
  ]);
});

/** Calls a callback as a run whose validations find these values would, and gives the evaluation that ended it. */
function stoppedAt(callback: Callback, values: number[], metric = 'loss'): number | undefined {
  const ends: number[] = [];
  for (const [i, value] of values.entries()) {
    const validation = { loss: 0, accuracy: 0, [metric]: value };
    const run = { model: { variables: {} }, stop: () => void ends.push(i + 1) } as unknown as Run;
    callback.onEvaluate!({ epoch: i + 1, step: 1, stepsPerEpoch: 1, validation }, run);
  }
  return ends[0];
}

describe('earlyStopping', () => {
  it.each<[EarlyStoppingOptions, number[], number | undefined]>([
    [{}, [5, 5, 5, 5, 5, 5], undefined],
    [{}, [5, 5, 5, 5, 5, 5, 5], 7],
    [{ patience: 0 }, [5, 4, 3, 3], 4],
    [{ patience: 0, minDelta: 1 }, [5, 4], 2],
    [{ patience: 0, minDelta: 1 }, [5, 3.9], undefined],
    [{ patience: 1 }, [5, 6, 4, 5, 6], 5],
    [{ patience: 0, mode: 'max' }, [5, 6, 6], 3],
    [{ patience: 0, metric: 'accuracy' }, [5, 6, 6], 3],
    [{ patience: 0, metric: 'accuracy', minDelta: 1 }, [5, 6], 2],
    [{ patience: 0, metric: 'accuracy', minDelta: 1 }, [5, 6.1], undefined],
    [{ patience: 0, metric: 'accuracy', mode: 'min' }, [5, 4, 4], 3],
  ])('with %j and validations of %j ends the run at number %s', (options, values, at) => {
    expect(stoppedAt(earlyStopping(options), values, options.metric)).toBe(at);
  });

  it('says what was not better', () => {
    const stop = vi.fn();
    const callback = earlyStopping({ patience: 0, restoreBest: false });
    for (const loss of [0.5123456789, 0.75, 0.75]) {
      const validation = { loss, accuracy: 0 };
      callback.onEvaluate!({ epoch: 1, step: 1, stepsPerEpoch: 1, validation }, { stop } as unknown as Run);
    }
    expect(stop.mock.calls).toEqual([
      ['The validation loss has not improved on 0.512346 in 1 evaluation.'],
      ['The validation loss has not improved on 0.512346 in 2 evaluations.'],
    ]);
  });

  it('keeps what it has seen, nothing at first', () => {
    const callback = earlyStopping({ patience: 1, restoreBest: false });
    const watched = { metric: 'loss', mode: 'min' };
    expect(callback.saveState!()).toEqual({ values: { ...watched, best: null, bad: 0 }, tensors: {} });
    expect(stoppedAt(callback, [4, 5])).toBeUndefined();
    const state = callback.saveState!();
    expect(state).toEqual({ values: { ...watched, best: 4, bad: 1 }, tensors: {} });
    for (const [saved, at] of [
      [state, 1],
      [{ values: { best: null, bad: 0 } }, undefined],
      // Of an earlier version.
      [{ values: { best: 4, bad: 1 } }, 1],
    ] as const) {
      const next = earlyStopping({ patience: 1, restoreBest: false });
      next.loadState!(saved);
      expect(stoppedAt(next, [4.5])).toBe(at);
    }
  });

  const wild = { learningRate: 1, schedule: null } as const;

  it('ends a run that gets no better, and puts the best weights back', async () => {
    const options = { ...wild, epochs: 50, callbacks: [earlyStopping({ patience: 2 })] };
    const { result, evaluation } = await trained(options);
    const losses = result.history.map(({ validation }) => validation!.loss);
    const best = losses.indexOf(Math.min(...losses));
    expect(result.stopped).toContain('The validation loss has not improved on');
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

  it.each<[string, () => Callback[]]>([
    ['alone', () => []],
    ['with an average', () => [weightAveraging({ decay: 0.9 })]],
  ])('leaves a checkpoint that has the best model and goes on with the last, %s', async (_, others) => {
    for (const order of [(list: Callback[]) => list, (list: Callback[]) => list.reverse()]) {
      const options = (): FitOptions => ({
        ...wild,
        // The highest loss is not the last, so that the restored weights are others.
        callbacks: order([earlyStopping({ mode: 'max', patience: 12 }), ...others()]),
      });
      let file: Uint8Array | undefined;
      const whole = await trained({ ...options(), epochs: 12 });
      const part = await trained({
        ...options(),
        epochs: 6,
        onEnd: async ({ checkpoint }) => {
          file = await checkpoint();
        },
      });
      const losses = part.result.history.map(({ validation }) => validation!.loss);
      expect(losses.at(-1)).toBeLessThan(Math.max(...losses));
      const model = HarmonicMLP.fromBytes(file!);
      expect(weightsOf(model)).toEqual(part.weights);
      expect((await model.evaluate(test)).loss).toBe(Math.max(...losses));
      model.dispose();
      const again = options();
      // Whatever is saved later no longer has the weights that were put back.
      const saving = checkpointing({ save() {}, everySteps: 1 });
      const resumed = await trained({
        ...again,
        callbacks: [...again.callbacks!, saving],
        epochs: 12,
        resume: file,
      });
      expect(resumed.weights).toEqual(whole.weights);
      expect(resumed.result.history.slice(6).map(({ trainLoss }) => trainLoss)).toEqual(
        whole.result.history.slice(6).map(({ trainLoss }) => trainLoss),
      );
    }
  });

  it('has forgotten a run when it takes part in one that ends before it is evaluated', async () => {
    const stopping = earlyStopping();
    const { weights } = await trained({ epochs: undefined, steps: 1 });
    await trained({ epochs: 1, callbacks: [stopping] });
    const next = await trained({ callbacks: [stopping, stopAt(1, 1)] });
    expect(next.weights).toEqual(weights);
  });

  it('starts over in a resumed run that watches another metric, from the last weights', async () => {
    const options = { ...wild, epochs: 8 };
    const file = await interrupted({ ...options, callbacks: [earlyStopping()] }, { epoch: 3, step: 2 });
    const whole = await trained(options);
    for (const other of [
      { metric: 'accuracy' },
      { mode: 'max' as const },
      { metric: 'accuracy', mode: 'min' as const },
    ]) {
      const resumed = await trained({
        ...options,
        resume: file,
        callbacks: [earlyStopping({ ...other, patience: 100, restoreBest: false })],
      });
      expect(resumed.weights).toEqual(whole.weights);
      const { metric = 'loss', mode = 'max' } = other as { metric?: string; mode?: 'max' | 'min' };
      const values = resumed.result.history.slice(2).map(({ validation }) => validation![metric as 'loss']);
      const saved: SavedCheckpoint[] = [];
      await trained({
        ...options,
        resume: file,
        callbacks: [
          earlyStopping({ ...other, patience: 100 }),
          checkpointing({ save: (each) => void saved.push(each) }),
        ],
      });
      const { earlyStopping: state } = readCheckpoint(saved.at(-1)!.bytes).progress!.callbacks;
      expect(state).toMatchObject({ metric, mode, best: Math[mode](...values) });
    }
  });

  it('ends a resumed run at once if it had ended it before, unless it has more patience', async () => {
    const files: Uint8Array[] = [];
    const options: FitOptions = { ...wild, epochs: 50 };
    const save: Callback = {
      name: 'save',
      async onEvaluate(_, run) {
        files[0] = await run.checkpoint();
      },
      async onEpoch(_, run) {
        files[1] = await run.checkpoint();
      },
      async onEnd(_, run) {
        files[2] = await run.checkpoint();
      },
    };
    const whole = await trained({ ...options, callbacks: [earlyStopping({ patience: 2 }), save] });
    for (const resume of files) {
      const again = await trained({ ...options, resume, callbacks: [earlyStopping({ patience: 2 })] });
      expect(again.result).toMatchObject({ steps: 0, stopped: whole.result.stopped });
      expect(again.result.history).toHaveLength(whole.result.history.length);
      expect(again.weights).toEqual(whole.weights);
      const longer = await trained({ ...options, resume, callbacks: [earlyStopping({ patience: 3 })] });
      expect(longer.result.history.length).toBeGreaterThan(whole.result.history.length);
    }
  });

  it.each<FitOptions>([{}, { epochs: undefined, steps: 3 }])(
    'asks for validation data before the run: %j',
    async (options) => {
      const onStart = vi.fn();
      await expect(
        trained({ ...options, validation: undefined, callbacks: [earlyStopping()], onStart }),
      ).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
        argument: 'validation',
        message: expect.stringContaining('earlyStopping needs validation data, and there are none.'),
      });
      expect(onStart).not.toHaveBeenCalled();
    },
  );

  it.each<(metric: string) => Callback>([
    (metric) => earlyStopping({ metric }),
    (metric) => checkpointing({ save() {}, metric }),
    (metric) => checkpointing({ save() {}, epochs: 'best', metric }),
  ])('and checkpointing ask for a metric that the evaluations have: %#', async (make) => {
    await expect(trained({ callbacks: [make('acuracy')] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      argument: 'metric',
      value: 'acuracy',
      allowed: 'one of loss, accuracy',
    });
  });
});

describe('weightAveraging', () => {
  it('begins with an epoch, and is a 0.999 of itself at each step by default', async () => {
    const seen: Record<string, number[]>[] = [];
    const watch: Callback = {
      name: 'watch',
      onStep: (_, { model }) => void seen.push(weightsOf(model as HarmonicMLP)),
    };
    const { weights } = await trained({ epochs: 2, callbacks: [watch, weightAveraging({ startEpoch: 2 })] });
    const path = 'hidden.0/norm/running_mean';
    for (const [i, value] of weights[path].entries()) {
      const steps = seen.slice(4).map((step) => step[path][i]);
      const mean = steps.slice(1).reduce((average, step) => 0.999 * average + 0.001 * step, steps[0]);
      expect(value).toBeCloseTo(mean, 6);
      expect(value).not.toBeCloseTo(seen[0][path][i], 3);
    }
    const never = await trained({ epochs: 2, callbacks: [weightAveraging({ startEpoch: 3 })] });
    expect(never.weights).toEqual((await trained({ epochs: 2 })).weights);
  });

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

  it('has forgotten a run when it takes part in another, which is saved before its first step', async () => {
    const averaging = weightAveraging({ decay: 0.9 });
    const saving: Callback = { name: 'saving', onStart: async (_, run) => void (await run.checkpoint()) };
    const runs = [];
    for (let i = 0; i < 2; i++) runs.push(await trained({ epochs: 1, callbacks: [averaging, saving] }));
    expect(runs[1].weights).toEqual(runs[0].weights);
  });

  it('forgets a run that ends before its step does', async () => {
    const averaging = weightAveraging({ decay: 0.9 });
    const whole = await trained({ epochs: 1, callbacks: [weightAveraging({ decay: 0.9 })] });
    const failing: Callback = {
      name: 'failing',
      beforeStep() {
        throw new Error('no step');
      },
    };
    await expect(trained({ epochs: 1, callbacks: [averaging, failing] })).rejects.toThrow('no step');
    const saving: Callback = { name: 'saving', onStart: async (_, run) => void (await run.checkpoint()) };
    expect((await trained({ epochs: 1, callbacks: [averaging, saving] })).weights).toEqual(whole.weights);
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

it.each<[string, 'min' | 'max']>([
  ['rmse', 'min'],
  ['meanAbsoluteError', 'min'],
  ['r2', 'max'],
  ['top5', 'max'],
])('The best %s is its %s', async (name, best) => {
  // 3, 2, and 4 in the three epochs.
  const values = [3, 2, 4];
  const saved: boolean[] = [];
  let epoch = -1;
  const metric: Metric<Batch> = {
    name,
    sum: () => scalar(0),
    result: () => values[Math.max(0, epoch)],
  };
  const count: Callback = {
    name: 'count',
    onStep({ step }) {
      if (step === 1) epoch += 1;
    },
  };
  const { result } = await trained({
    metrics: [metric],
    callbacks: [
      count,
      checkpointing({ save: ({ isBest }) => void saved.push(isBest), metric: name }),
      earlyStopping({ metric: name, patience: 0, restoreBest: false }),
    ],
  });
  // 2 is an improvement of an error, and 4 is not; of a score, 2 is not, and ends the run.
  expect(saved).toEqual(best === 'min' ? [true, true, false] : [true, false]);
  expect(result.history).toHaveLength(saved.length);
});

describe('checkpointing', () => {
  /** Which epochs of these validations are saved, and whether as the best. */
  async function savedOf(options: Partial<CheckpointingOptions>, validations: (object | undefined)[]) {
    const saved: [epoch: number, isBest: boolean][] = [];
    const callback = checkpointing({
      save: ({ epoch, isBest }) => void saved.push([epoch, isBest]),
      ...options,
    });
    const history: EpochRecord[] = [];
    for (const [i, validation] of validations.entries()) {
      const record = { epoch: i + 1, validation } as EpochRecord & Checkpointer;
      history.push(record);
      const position = { epoch: i + 1, step: 0, stepsPerEpoch: 1 };
      await callback.onEpoch!(record, {
        position,
        history,
        checkpoint: async () => new Uint8Array(),
      } as never);
    }
    return saved;
  }

  it.each<[Partial<CheckpointingOptions>, (object | undefined)[], [number, boolean][]]>([
    [
      {},
      [undefined, undefined],
      [
        [1, true],
        [2, true],
      ],
    ],
    [
      {},
      [{ accuracy: 1 }, { accuracy: 1 }, { accuracy: 2 }],
      [
        [1, true],
        [2, false],
        [3, true],
      ],
    ],
    [
      { mode: 'min' },
      [{ accuracy: 1 }, { accuracy: 1 }, { accuracy: 0 }],
      [
        [1, true],
        [2, false],
        [3, true],
      ],
    ],
    [
      { metric: 'loss' },
      [{ loss: 2 }, { loss: 3 }, { loss: 1 }],
      [
        [1, true],
        [2, false],
        [3, true],
      ],
    ],
    [
      { epochs: 'best' },
      [{ accuracy: 1 }, { accuracy: 0 }, { accuracy: 2 }],
      [
        [1, true],
        [3, true],
      ],
    ],
    [{ epochs: 'best' }, [{ accuracy: 2 }, { accuracy: 0 }, { accuracy: 1 }], [[1, true]]],
    [
      { epochs: 'best', metric: 'loss', mode: 'max' },
      [{ loss: 2 }, { loss: 1 }, { loss: 3 }],
      [
        [1, true],
        [3, true],
      ],
    ],
    [
      { epochs: 'best' },
      [undefined, { accuracy: 0 }],
      [
        [1, true],
        [2, true],
      ],
    ],
  ])('with %j saves of the validations %j: %j', async (options, validations, saved) => {
    expect(await savedOf(options, validations)).toEqual(saved);
  });

  it('saves between the steps of an epoch, and leaves its last one to the epoch', async () => {
    const saved: [number, number, boolean][] = [];
    const save = ({ epoch, step, isBest }: SavedCheckpoint) => void saved.push([epoch, step, isBest]);
    await trained({ epochs: 2, validation: undefined, callbacks: [checkpointing({ save, everySteps: 2 })] });
    expect(saved).toEqual([
      [1, 2, false],
      [2, 0, true],
      [2, 2, false],
      [3, 0, true],
    ]);
  });

  it('saves so many seconds after the last save or the start, and leaves the last step of an epoch to that', async () => {
    const saved: [number, number][] = [];
    const save = ({ epoch, step }: SavedCheckpoint) => {
      saved.push([epoch, step]);
      clock.seconds += 5;
    };
    const slow: Callback = {
      name: 'slow',
      onStep() {
        clock.seconds += 10;
      },
    };
    const saving = checkpointing({ save, everySeconds: 25 });
    for (let i = 0; i < 2; i++) {
      saved.length = 0;
      clock.seconds += 100;
      await trained({ epochs: 2, callbacks: [slow, saving] });
      expect(saved).toEqual([
        [1, 3],
        [2, 0],
        [2, 3],
        [3, 0],
      ]);
    }
  });

  it.each<[string, FitOptions, [number, number][]]>([
    ['by its steps', { steps: 6 }, [[2, 2]]],
    [
      'by its steps, all of which are saved',
      { steps: 2 },
      [
        [1, 1],
        [1, 2],
      ],
    ],
    ['by a callback', { callbacks: [stopAt(2, 3)] }, [[2, 3]]],
    ['with an epoch', { steps: 8 }, []],
    ['by a callback, with an epoch', { callbacks: [stopAt(1, 4)] }, []],
  ])('saves the end of a run within an epoch, once: one that ends %s', async (_, options, ends) => {
    const saved: SavedCheckpoint[] = [];
    const everySteps = options.steps === 2 ? 1 : undefined;
    const saving = checkpointing({ save: (file) => void saved.push(file), everySteps });
    const { weights } = await trained({
      epochs: undefined,
      steps: 12,
      ...options,
      callbacks: [...(options.callbacks ?? []), saving],
    });
    const within = saved.filter(({ step }) => step > 0);
    expect(within.map(({ epoch, step }) => [epoch, step])).toEqual(ends);
    expect(within.every(({ isBest }) => !isBest)).toBe(true);
    const model = HarmonicMLP.fromBytes(saved.at(-1)!.bytes);
    expect(weightsOf(model)).toEqual(weights);
    model.dispose();
  });

  it('may be used again, for a run that is over at once', async () => {
    const saved: SavedCheckpoint[] = [];
    const saving = checkpointing({ save: (file) => void saved.push(file) });
    await trained({ callbacks: [saving] });
    const { length } = saved;
    await trained({ resume: saved.at(-1)!.bytes, epochs: 3, callbacks: [saving] });
    expect(saved).toHaveLength(length);
  });

  it('saves the end of another run that it takes part in, at the same step', async () => {
    const saved: Position[] = [];
    const saving = checkpointing({ save: (file) => void saved.push(file) });
    for (let i = 0; i < 2; i++) await trained({ epochs: undefined, steps: 2, callbacks: [saving] });
    expect(saved).toHaveLength(2);
  });

  it('saves an aborted run once', async () => {
    const saved: Position[] = [];
    const saving = checkpointing({ save: (file) => void saved.push(file), everySteps: 3 });
    await interrupted({ callbacks: [saving] }, { epoch: 1, step: 3 });
    await interrupted({ callbacks: [saving] }, { epoch: 1, step: 2 });
    expect(saved.map(({ step }) => step)).toEqual([3, 2]);
  });

  it('saves a run that is aborted before its first step', async () => {
    const saved: Position[] = [];
    const controller = new AbortController();
    const saving = checkpointing({ save: (file) => void saved.push(file) });
    await trained({
      callbacks: [{ name: 'abort', onStart: () => controller.abort() }, saving],
      signal: controller.signal,
    });
    expect(saved).toMatchObject([{ epoch: 1, step: 0 }]);
  });

  it('saves the epoch that an aborted run ends with, but not that of any other run unless it is the best', async () => {
    const saved: [number, boolean][] = [];
    // The loss falls, so that the first epoch is the best.
    const saving = checkpointing({
      save: ({ epoch, step, isBest }) => void saved.push([4 * (epoch - 1) + step, isBest]),
      epochs: 'best',
      metric: 'loss',
      mode: 'max',
    });
    const { result } = await trained({ epochs: 3, callbacks: [saving] });
    const losses = result.history.map(({ validation }) => validation!.loss);
    expect(Math.max(...losses)).toBe(losses[0]);
    expect(saved).toEqual([[4, true]]);
    saved.length = 0;
    const controller = new AbortController();
    await trained({
      epochs: 3,
      callbacks: [saving],
      signal: controller.signal,
      onEpoch: ({ epoch }) => void (epoch === 2 && controller.abort()),
    });
    expect(saved).toEqual([
      [4, true],
      [8, false],
    ]);
  });

  it.each<[CheckpointingOptions['epochs'], number]>([
    ['every', 10],
    ['best', 2],
  ])('saves the best weights that earlyStopping restores, of %s epoch', async (epochs, count) => {
    for (const patience of [8, 20]) {
      const saved: SavedCheckpoint[] = [];
      const saving = checkpointing({
        save: (file) => void saved.push(file),
        epochs,
        metric: 'loss',
        mode: 'max',
      });
      const stopping = earlyStopping({ mode: 'max', patience });
      for (let i = 0; i < 2; i++) {
        saved.length = 0;
        const { weights, result } = await trained({ epochs: 10, callbacks: [stopping, saving] });
        expect(result.history).toHaveLength(10);
        const losses = result.history.map(({ validation }) => validation!.loss);
        expect(Math.max(...losses)).toBe(losses[0]);
        expect(saved).toHaveLength(epochs === 'best' ? count : count + 1);
        expect(saved.at(-1)).toMatchObject({ epoch: 11, step: 0, isBest: false });
        const model = HarmonicMLP.fromBytes(saved.at(-1)!.bytes);
        expect(weightsOf(model)).toEqual(weights);
        expect((await model.evaluate(test)).loss).toBe(losses[0]);
        model.dispose();
      }
    }
  });

  it.each<[string, FitOptions]>([
    ['whose last step is saved already', { epochs: undefined, steps: 10 }],
    ['that is aborted within an epoch', { epochs: 3 }],
  ])('saves the weights that the end of a run restores, of one %s', async (_, options) => {
    const saved: SavedCheckpoint[] = [];
    const saving = checkpointing({ save: (file) => void saved.push(file), everySteps: 2 });
    const controller = new AbortController();
    const { weights } = await trained({
      ...options,
      // The loss falls, so that the first epoch has the highest.
      callbacks: [earlyStopping({ mode: 'max', patience: 9 }), saving],
      signal: controller.signal,
      onStep: ({ epoch, step }) => epoch === 3 && step === 2 && options.epochs === 3 && controller.abort(),
    });
    expect(saved.slice(-2).map(({ epoch, step }) => [epoch, step])).toEqual([
      [3, 2],
      [3, 2],
    ]);
    const [last, restored] = saved.slice(-2).map(({ bytes }) => HarmonicMLP.fromBytes(bytes));
    expect(weightsOf(restored)).toEqual(weights);
    expect(weightsOf(last)).not.toEqual(weights);
    last.dispose();
    restored.dispose();
  });

  it('takes the loss where there is no accuracy', async () => {
    const validations = [{ loss: 2 }, { loss: 3 }, { loss: 1 }];
    expect(await savedOf({ epochs: 'best' }, validations)).toEqual([
      [1, true],
      [3, true],
    ]);
  });

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

/** Makes the rate depend on each epoch's training loss. */
const rateByLoss: Callback = {
  name: 'rateByLoss',
  onEpoch: ({ trainLoss }, { optimizer }) => setLearningRate(optimizer, 0.01 * trainLoss),
};

describe('A checkpoint of a callback, in the middle of an epoch', () => {
  const timeless = (history: EpochRecord[]) => history.map(({ seconds: _, ...record }) => record);

  it.each<[string, () => Callback[]]>([
    ['alone', () => []],
    ['before others', () => [earlyStopping(), weightAveraging({ decay: 0.9 })]],
  ])('has all losses: the run goes on to the bit, with the same history, %s', async (_, others) => {
    const files: Uint8Array[] = [];
    const saving = checkpointing({ save: ({ bytes }) => void files.push(bytes), everySteps: 1 });
    const run = (more: Callback[], resume?: Uint8Array) =>
      trained({ schedule: null, resume, callbacks: [rateByLoss, ...more, ...others()] });
    const whole = await run([]);
    const runs = [await run([saving])];
    for (const file of files) runs.push(await run([], file));
    for (const { weights, result } of runs) {
      expect(weights).toEqual(whole.weights);
      expect(timeless(result.history)).toEqual(timeless(whole.result.history));
    }
    expect(runs).toHaveLength(1 + 12);
  });

  it('tells the losses before it is made, and does so once', async () => {
    const calls: string[] = [];
    const losses: number[] = [];
    const saver: Callback = {
      name: 'saver',
      async onStep({ step }, run) {
        if (step === 3) return;
        for (let i = 0; i < 2; i++) await run.checkpoint();
        calls.push(`saved ${step}`);
      },
      onMetrics(event) {
        calls.push(`metrics ${event.step}`);
        losses.push(...event.losses);
      },
      onPause: ({ step }) => void calls.push(`pause ${step}`),
    };
    await trained({ epochs: 1, readEvery: 3, callbacks: [saver] });
    expect(calls).toEqual([
      ...['metrics 1', 'pause 1', 'saved 1', 'metrics 2', 'pause 2', 'saved 2', 'metrics 3'],
      ...['metrics 4', 'pause 4', 'saved 4'],
    ]);
    expect(losses).toHaveLength(4);
  });

  it('is not made of weights that are not finite: the run diverges first', async () => {
    const files: Uint8Array[] = [];
    const saving = checkpointing({ save: ({ bytes }) => void files.push(bytes), everySteps: 1 });
    const optimizer = new Adam();
    const spoil: Callback = {
      name: 'spoil',
      beforeStep({ step }) {
        if (step === 2) optimizer.learningRate = 1e30;
      },
    };
    await expect(trained({ optimizer, schedule: null, callbacks: [spoil, saving] })).rejects.toMatchObject({
      code: 'DIVERGED',
    });
    optimizer.dispose();
    expect(files).toHaveLength(2);
    for (const file of files) {
      const { tensors } = readCheckpoint(file);
      for (const { data } of Object.values(tensors)) expect([...data].every(Number.isFinite)).toBe(true);
    }
  });

  it.each([
    ['awaited', async (run: Run) => void (await run.checkpoint().catch(() => {}))],
    ['not awaited', (run: Run) => void run.checkpoint()],
  ])('ends the run if its pause fails, even if its error is ignored: %s', async (_, onStep) => {
    const steps: number[] = [];
    const saver: Callback = {
      name: 'saver',
      onStep({ step }, run) {
        steps.push(step);
        return step === 2 ? onStep(run) : undefined;
      },
    };
    const failing: Callback = {
      name: 'failing',
      onPause() {
        throw new Error('The pause failed.');
      },
    };
    await expect(trained({ epochs: 1, callbacks: [saver, failing] })).rejects.toMatchObject({
      message: 'The pause failed.',
    });
    expect(steps).toEqual([1, 2]);
  });

  it('cannot be made when the run is over', async () => {
    let late: Run['checkpoint'] | undefined;
    const keeping: Callback = {
      name: 'keeping',
      onEpoch(_, { checkpoint }) {
        late = checkpoint;
      },
    };
    await trained({ epochs: 1, callbacks: [keeping] });
    await expect(late!()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: 'The run is over, so it cannot be checkpointed. Call checkpoint in a handler of fit.',
    });
  });

  it.each<[string, (run: Run) => Promise<Uint8Array>[]]>([
    ['alone', (run) => [run.checkpoint()]],
    ['two at once', (run) => [run.checkpoint(), run.checkpoint()]],
  ])('need not be awaited: %s', async (_, make) => {
    const options = () => ({
      epochs: 2,
      evaluateEvery: 3,
      callbacks: [rateByLoss, weightAveraging({ decay: 0.9 })],
    });
    const whole = await trained(options());
    for (const event of ['onStart', 'onStep', 'onEvaluate', 'onEpoch', 'onEnd'] as const) {
      const files: [Position, Promise<Uint8Array>][] = [];
      const saver: Callback = {
        name: 'saver',
        [event]: (_: unknown, run: Run) => {
          for (const file of make(run)) files.push([run.position, file]);
        },
      };
      const saved = await trained({ ...options(), callbacks: [...options().callbacks, saver] });
      expect(saved.weights).toEqual(whole.weights);
      for (const [position, file] of files) {
        const bytes = await file;
        expect(readCheckpoint(bytes).position).toEqual(position);
        const resumed = await trained({ ...options(), resume: bytes });
        expect(resumed.weights).toEqual(whole.weights);
        expect(timeless(resumed.result.history)).toEqual(timeless(whole.result.history));
      }
      expect(files.length).toBeGreaterThan(0);
    }
  });

  it('can be made before a step, with whatever callbacks', async () => {
    for (const order of [(list: Callback[]) => list, (list: Callback[]) => list.reverse()]) {
      const files: Uint8Array[] = [];
      const saver: Callback = {
        name: 'saver',
        async beforeStep(_, run) {
          files.push(await run.checkpoint());
        },
      };
      const options = () => ({
        epochs: 2,
        evaluateEvery: 3,
        callbacks: [rateByLoss, weightAveraging({ decay: 0.9 })],
      });
      const whole = await trained(options());
      const saved = await trained({ ...options(), callbacks: order([...options().callbacks, saver]) });
      expect(saved.weights).toEqual(whole.weights);
      for (const resume of files) {
        const resumed = await trained({ ...options(), resume });
        expect(resumed.weights).toEqual(whole.weights);
      }
      expect(files).toHaveLength(8);
    }
  });

  it('has the average as its model', async () => {
    const files: Uint8Array[] = [];
    const averages: Record<string, number[]>[] = [];
    const saver: Callback = {
      name: 'saver',
      async onStep({ step }, run) {
        if (step !== 3) return;
        files.push(await run.checkpoint());
      },
      onEnd: (_, { model }) => void averages.push(weightsOf(model as HarmonicMLP)),
    };
    const averaging = () => weightAveraging({ decay: 0.5 });
    // In whichever order, and as left by a run that ends there.
    for (const callbacks of [
      [saver, averaging()],
      [averaging(), saver],
    ])
      await trained({ callbacks, epochs: undefined, steps: 3 });
    for (const [i, file] of files.entries()) {
      const model = HarmonicMLP.fromBytes(file);
      expect(weightsOf(model)).toEqual(averages[i]);
      model.dispose();
    }
    expect(averages[1]).toEqual(averages[0]);
    const raw = await trained({ epochs: undefined, steps: 3 });
    expect(averages[0]).not.toEqual(raw.weights);
  });
});

describe('progress', () => {
  it('shows what there is', () => {
    const lines: string[] = [];
    const { onEpoch } = progress({ write: (line) => lines.push(line) });
    const record = { epoch: 3, trainLoss: 0.25, learningRate: 0.1, seconds: 4.125 };
    onEpoch!(
      { ...record, trainAccuracy: 0.5, validation: { loss: 1, accuracy: 0.75, f1: 0.5 } } as never,
      {} as never,
    );
    onEpoch!({ ...record, trainMetrics: { f1: 0.125 } } as never, {} as never);
    expect(lines).toEqual([
      'epoch 3  loss 0.2500  accuracy 0.5000  validation loss 1.0000  accuracy 0.7500  f1 0.5000  4.1 s',
      'epoch 3  loss 0.2500  f1 0.1250  4.1 s',
    ]);
  });

  it('writes to the console by default', () => {
    const log = vi.spyOn(console, 'log').mockReturnValue();
    progress().onEpoch!({ epoch: 1, trainLoss: 1, seconds: 1 } as never, {} as never);
    expect(log.mock.calls).toEqual([['epoch 1  loss 1.0000  1.0 s']]);
    log.mockRestore();
  });

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

  let last: unknown;

  it.each<[FitOptions, [number, number][]]>([
    [
      { steps: 6, evaluateEvery: 3 },
      [
        [1, 3],
        [1, 4],
        [2, 2],
      ],
    ],
    [{ steps: 3 }, [[1, 3]]],
    [{ steps: 4 }, [[1, 4]]],
    [{ steps: 3, validation: undefined }, []],
  ])('end with an evaluation: %j', async (options, at) => {
    const evaluated: [number, number][] = [];
    const { evaluation } = await trained({
      epochs: undefined,
      ...options,
      onEvaluate: ({ epoch, step, validation }) => {
        evaluated.push([epoch, step]);
        last = validation;
      },
    });
    expect(evaluated).toEqual(at);
    if (at.length > 0) expect(last).toEqual(evaluation);
  });
  it('end with an evaluation that a resumed run makes up for', async () => {
    const controller = new AbortController();
    const evaluated: [number, number][] = [];
    const options: FitOptions = {
      epochs: undefined,
      steps: 3,
      onEvaluate: ({ epoch, step }) => void evaluated.push([epoch, step]),
    };
    let file: Uint8Array | undefined;
    const cut = await trained({
      ...options,
      signal: controller.signal,
      onStep: ({ step }) => step === 3 && controller.abort(),
      onAbort: async ({ checkpoint }) => {
        file = await checkpoint();
      },
    });
    expect(cut.result.aborted).toBe(true);
    expect(evaluated).toEqual([]);
    const resumed = await trained({ ...options, resume: file });
    expect(resumed.result).toMatchObject({ steps: 0, aborted: false });
    expect(evaluated).toEqual([[1, 3]]);
  });

  it('at which both a checkpoint and an evaluation are due are evaluated once in a resumed run', async () => {
    const files: Uint8Array[] = [];
    const options: FitOptions = { epochs: 2, evaluateEvery: 3 };
    /** Saves at each step and evaluation, and counts the evaluations. */
    const saver = () => {
      const evaluated: number[] = [];
      const save = async (_: unknown, run: Run) => void files.push(await run.checkpoint());
      const callback: Callback = {
        name: 'saver',
        onStep: save,
        async onEvaluate({ epoch, step }, run) {
          evaluated.push(10 * epoch + step);
          await save(undefined, run);
        },
        saveState: () => ({ values: { ...evaluated } }),
        loadState: ({ values }) => void evaluated.push(...(Object.values(values!) as number[])),
      };
      return { callback, evaluated };
    };
    const whole = saver();
    await trained({ ...options, callbacks: [whole.callback] });
    expect(whole.evaluated).toEqual([13, 14, 22, 24]);
    for (const resume of files.splice(0)) {
      const again = saver();
      await trained({ ...options, resume, callbacks: [again.callback] });
      expect(again.evaluated).toEqual(whole.evaluated);
    }
  });

  it('can be none: a run that starts ends, too', async () => {
    const calls: string[] = [];
    const file = await interrupted({ epochs: 3 }, { epoch: 2, step: 2 });
    const finished: Callback = {
      name: 'finished',
      onStart: () => void calls.push('onStart'),
      onEnd: ({ epoch, step }) => void calls.push(`onEnd ${epoch}.${step}`),
    };
    await trained({ resume: file, steps: 5, callbacks: [finished] });
    await trained({ signal: AbortSignal.abort(), callbacks: [finished] });
    expect(calls).toEqual(['onStart', 'onEnd 2.2']);
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
