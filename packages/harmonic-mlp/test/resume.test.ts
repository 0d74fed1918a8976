import {
  Adam,
  FrequencyAwareOptimizer,
  getLearningRate,
  linear,
  ReduceLROnPlateau,
} from '@harmonic-mlp/freq-optimizer';
import { memory, train as optimizers, setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Callback,
  createOptimizer,
  type EpochRecord,
  type FitOptions,
  type FitResult,
  HarmonicMLP,
  inspectModelFile,
  type OptimizerOptions,
  readCheckpoint,
  type StartEvent,
} from '../src';
import { decodeSafetensors, encodeSafetensors } from '../src/checkpoint/safetensors';
import { noisyPatterns } from './small-data';

const shape = { inputSize: 12, classes: 4, hidden: [10], seed: 2 };
const data = noisyPatterns({ size: 64 });
const batchSize = 16;

beforeAll(() => setBackend('cpu'));

const weightsOf = (model: HarmonicMLP) =>
  Object.values(model.variables).map((variable) => [...variable.dataSync()]);

interface Ran {
  result: FitResult;
  started?: StartEvent;
  rates: (number | undefined)[];
  weights: number[][];
  /** The checkpoint of each epoch. */
  files: Uint8Array[];
  error?: unknown;
}

/** Runs with an optimizer of these settings, or with what `fit` makes by itself. */
async function run(options: FitOptions, settings?: OptimizerOptions): Promise<Ran> {
  const model = new HarmonicMLP(shape);
  const optimizer = settings && createOptimizer(model, settings);
  const files: Uint8Array[] = [];
  let started: StartEvent | undefined;
  try {
    const result = await model.fit(data, {
      batchSize,
      ...(optimizer && { optimizer }),
      ...options,
      onStart: (event) => {
        started = event;
      },
      onEpoch: async ({ checkpoint }) => {
        files.push(await checkpoint());
      },
    });
    const rates = result.history.map(({ learningRate }: EpochRecord) => learningRate);
    return { result, started, rates, weights: weightsOf(model), files };
  } finally {
    optimizer?.dispose();
    model.dispose();
  }
}

/** A plateau that reduces after every epoch, by a tenth. */
const steep = { factor: 0.1, patience: 0, threshold: 10, thresholdMode: 'abs' } as const;

/** A run on a schedule that needs its optimizer. */
async function scheduled(
  options: FitOptions,
  settings: OptimizerOptions,
  plateau: object = steep,
): Promise<Ran> {
  const model = new HarmonicMLP(shape);
  const optimizer = createOptimizer(model, settings);
  const files: Uint8Array[] = [];
  try {
    const result = await model.fit(data, {
      batchSize,
      optimizer,
      schedule: new ReduceLROnPlateau(optimizer, plateau),
      ...options,
      onEpoch: async ({ checkpoint }) => {
        files.push(await checkpoint());
      },
    });
    return { result, rates: result.history.map((r) => r.learningRate), weights: weightsOf(model), files };
  } finally {
    optimizer.dispose();
    model.dispose();
  }
}

/** A file as earlier releases wrote it: without what this one records besides. */
function asOlder(
  file: Uint8Array,
  change: (progress: Record<string, unknown>) => void = () => {},
): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(file);
  const progress = JSON.parse(metadata.training);
  for (const name of ['initialLearningRate', 'optimizerSettings', 'dropLast', 'callbacks']) {
    expect(progress).toHaveProperty(name);
    delete progress[name];
  }
  const { metricSums, schedule, ...older } = progress;
  Object.assign(older, { correct: metricSums.accuracy, schedule: schedule?.state ?? null });
  change(older);
  const training = JSON.stringify(older);
  return encodeSafetensors({ tensors, metadata: { ...metadata, version: '1', training, checksum: 'none' } });
}

describe('A resumed run', () => {
  it('goes on at the rate that it had come to where the script is run again, to the bit', async () => {
    const settings = { learningRate: 0.01, weightDecay: 1e-3, freqScale: 'update' } as const;
    const whole = await scheduled({ epochs: 4 }, settings);
    expect(whole.rates.map((rate) => rate?.toPrecision(3))).toEqual([
      '0.0100',
      '0.0100',
      '0.00100',
      '0.000100',
    ]);
    for (const resume of [whole.files[1], whole.files[2], asOlder(whole.files[2])]) {
      const again = await scheduled({ epochs: 4, resume }, settings);
      expect(again.rates).toEqual(whole.rates);
      expect(again.weights).toEqual(whole.weights);
    }
  });

  it('follows another rate, and takes it for the one that it was started with from then on', async () => {
    const first = await scheduled({ epochs: 3 }, { learningRate: 0.01 });
    const lower = { learningRate: 0.004 };
    const second = await scheduled({ epochs: 5, resume: first.files[2] }, lower);
    expect(second.rates.slice(0, 3)).toEqual(first.rates);
    expect(second.rates.slice(3)).toEqual([0.004, 0.004 * 0.1]);
    expect(inspectModelFile(second.files[0]).initialLearningRate).toBe(0.004);
    // The same script again.
    const third = await scheduled({ epochs: 6, resume: second.files[1] }, lower);
    expect(third.rates[5]).toBe(0.004 * 0.1 * 0.1);
    // And back to the first rate, which is another one by now.
    const back = await scheduled({ epochs: 6, resume: second.files[1] }, { learningRate: 0.01 });
    expect(back.rates[5]).toBe(0.01);
  });

  it('follows decay, betas, ε and scaling that are given', async () => {
    const { files } = await run({ epochs: 1 }, {});
    const base = await run({ epochs: 2, resume: files[0] }, {});
    for (const settings of [
      { weightDecay: 0.1 },
      { weightDecayMode: 'decoupled', weightDecay: 0.1 },
      { beta1: 0.5 },
      { beta2: 0.9 },
      { epsilon: 1e-3 },
      { freqScale: 'update' },
      { freqScale: 'update', freqScaleFactor: 5 },
    ] as OptimizerOptions[]) {
      const other = await run({ epochs: 2, resume: files[0] }, settings);
      expect(other.weights, JSON.stringify(settings)).not.toEqual(base.weights);
      expect(other.result.optimizer).toMatchObject(settings);
      expect(other.started?.optimizer).toMatchObject(settings);
      expect(inspectModelFile(other.files[0]).optimizer).toMatchObject(settings);
    }
  });

  it('has the settings of the checkpoint’s where none are given, to the bit', async () => {
    const settings = {
      learningRate: 0.02,
      beta1: 0.8,
      beta2: 0.95,
      epsilon: 1e-4,
      weightDecay: 0.01,
      weightDecayMode: 'decoupled',
      freqScaleFactor: 0.5,
      freqScale: 'update',
    } as const;
    for (const schedule of [undefined, null]) {
      const options = schedule === null ? { schedule } : {};
      const whole = await run({ epochs: 3, seed: 9, dropLast: true, ...options }, settings);
      expect(inspectModelFile(whole.files[0])).toMatchObject({
        initialLearningRate: 0.02,
        optimizer: { className: 'FrequencyAwareOptimizer', baseClassName: 'HarmonicAdam', ...settings },
      });
      const again = await run({ epochs: 3, resume: whole.files[0], batchSize: undefined });
      expect(again.weights).toEqual(whole.weights);
      expect(again.rates).toEqual(whole.rates);
      expect(again.result.optimizer).toEqual(whole.result.optimizer);
      const kept = JSON.parse(inspectModelFile(again.files[0]).metadata.training).schedule;
      expect(kept).toEqual(schedule === null ? null : expect.any(Object));
    }
    // The schedule's as well.
    const plateau = await scheduled({ epochs: 4 }, settings);
    const again = await run({ epochs: 4, resume: plateau.files[1] });
    expect(again.rates).toEqual(plateau.rates);
    expect(again.weights).toEqual(plateau.weights);
  });

  it('of an older file has the defaults, and its own rate', async () => {
    const whole = await run({ epochs: 3 });
    const reduced = asOlder(whole.files[1], (progress) => {
      progress.learningRate = 1e-4;
    });
    const again = await run({ epochs: 3, resume: asOlder(whole.files[1]) });
    expect(again.weights).toEqual(whole.weights);
    expect((await run({ epochs: 3, resume: reduced })).rates[2]).toBe(1e-4);
    // The first record tells what it was started with.
    expect((await run({ epochs: 3, resume: reduced }, { learningRate: 1e-3 })).rates[2]).toBe(1e-4);
    expect((await run({ epochs: 3, resume: reduced }, { learningRate: 5e-4 })).rates[2]).toBe(5e-4);
    expect(inspectModelFile(reduced)).not.toHaveProperty('optimizer');
    expect(inspectModelFile(reduced).initialLearningRate).toBe(1e-3);
  });

  it.each<[string, FitOptions['schedule']]>([
    ['constant', 'constant'],
    ['null', null],
    ['one that takes losses', 'plateau'],
  ])(
    'starts at the initial rate after a function of the step, with a schedule that is %s',
    async (...row) => {
      const settings = { learningRate: 0.01 };
      const { files, rates: before } = await run({ epochs: 2, schedule: linear() }, settings);
      expect(before[0]).toBeLessThan(0.007);
      const rates: number[] = [];
      const watching: Callback = {
        name: 'watching',
        onStep: (_, { optimizer }) => void rates.push(getLearningRate(optimizer)),
      };
      await run({ resume: files[0], epochs: 2, schedule: row[1], callbacks: [watching] }, settings);
      expect(rates).toEqual(Array(4).fill(0.01));
      // Its own schedule goes on where it was.
      const { started } = await run({ resume: files[0], epochs: 2 }, settings);
      expect(started!.optimizer.learningRate).toBe(before[0]);
    },
  );

  it('keeps the rate of the optimizer if the checkpoint has none', async () => {
    const { files } = await run({ epochs: 1 });
    const checkpoint = readCheckpoint(files[0]);
    const progress = { ...checkpoint.progress!, learningRate: undefined, initialLearningRate: undefined };
    const resumed = await run(
      { epochs: 2, resume: { ...checkpoint, progress }, schedule: null },
      { learningRate: 0.5 },
    );
    expect(resumed.rates[1]).toBe(0.5);
    const own = await run({ epochs: 2, resume: { ...checkpoint, progress }, schedule: null });
    expect(own.rates[1]).toBe(1e-3);
  });

  it('that is refused leaves the rate of the optimizer as it was', async () => {
    const { files } = await run({ epochs: 1 });
    const model = new HarmonicMLP(shape);
    const optimizer = createOptimizer(model, { learningRate: 0.5 });
    const resume = { ...readCheckpoint(files[0]), tensors: {} };
    await expect(
      model.fit(data, { batchSize, epochs: 2, optimizer, learningRate: 0.25, resume }),
    ).rejects.toMatchObject({ code: 'INVALID_DATA' });
    expect(optimizer.learningRate).toBe(0.5);
    optimizer.dispose();
    model.dispose();
  });

  it('gives the optimizer its own tensors, and no others', async () => {
    const { files } = await run({ epochs: 1 });
    const model = new HarmonicMLP(shape);
    const optimizer = createOptimizer(model);
    const loaded = vi.spyOn(optimizer, 'loadState');
    await model.fit(data, { batchSize, epochs: 2, optimizer, resume: files[0] });
    const names = Object.keys(readCheckpoint(files[0]).tensors).filter((name) =>
      name.startsWith('optimizer/'),
    );
    expect(names.length).toBeGreaterThan(0);
    expect(Object.keys(loaded.mock.calls[0][1].tensors)).toEqual(
      names.map((name) => name.slice('optimizer/'.length)),
    );
    optimizer.dispose();
    model.dispose();
  });

  it.each<[string, FitOptions, [number, number][]]>([
    ['within an epoch, which was evaluated', { evaluateEvery: 2 }, [[1, 4]]],
    ['at the end of an epoch, which was not', {}, [[1, 4]]],
  ])('of an older file evaluates once what has been trained: %s', async (_, options, evaluated) => {
    const model = new HarmonicMLP(shape);
    let file = new Uint8Array();
    const at = options.evaluateEvery ?? 4;
    const all = { ...options, batchSize, epochs: 1, validation: data };
    await model.fit(data, {
      ...all,
      callbacks: [
        {
          name: 'saving',
          async onStep({ step }, run) {
            if (step === at) file = await run.checkpoint();
          },
        },
      ],
    });
    const checkpoint = readCheckpoint(file);
    const progress = { ...checkpoint.progress!, isEvaluated: undefined };
    const seen: [number, number][] = [];
    await model.fit(data, {
      ...all,
      resume: { ...checkpoint, progress },
      onEvaluate: ({ epoch, step }) => void seen.push([epoch, step]),
    });
    expect(seen).toEqual(evaluated);
    model.dispose();
  });

  it('says so if the schedule of an older file needs another optimizer', async () => {
    const { files } = await run({ epochs: 1 });
    const checkpoint = readCheckpoint(asOlder(files[0]));
    const model = new HarmonicMLP(shape);
    const stock = optimizers.adagrad(0.1);
    Object.defineProperty(stock, 'learningRate', { value: undefined });
    await expect(
      model.fit(data, { batchSize, epochs: 2, optimizer: stock, resume: checkpoint }),
    ).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    stock.dispose();
    model.dispose();
  });

  it('takes a schedule that is given: its settings, and the state where the kind is the same', async () => {
    const settings = { learningRate: 0.01 };
    // Two bad epochs of three that are tolerated.
    const patient = { ...steep, patience: 2 };
    const first = await scheduled({ epochs: 3 }, settings, patient);
    expect(first.rates).toEqual([0.01, 0.01, 0.01]);
    const next = (plateau: object) =>
      scheduled({ epochs: 5, resume: first.files[2] }, settings, plateau).then(({ rates }) => rates[4]);
    expect(await next(patient)).toBe(0.01 * 0.1);
    expect(await next({ ...patient, factor: 0.5 })).toBe(0.005);
    expect(await next({ ...patient, patience: 3 })).toBe(0.01);
    // Constant, at the rate that it had come to.
    const reduced = await scheduled({ epochs: 3 }, settings);
    const constant = await run({ epochs: 5, resume: reduced.files[2], schedule: null }, settings);
    expect(constant.rates.slice(3)).toEqual([
      reduced.result.optimizer.learningRate,
      reduced.result.optimizer.learningRate,
    ]);
    // Fresh, where the checkpoint has none, or one of another kind.
    const none = await run({ epochs: 3, schedule: null }, settings);
    expect((await scheduled({ epochs: 5, resume: none.files[2] }, settings)).rates[4]).toBe(0.01);
    const states: unknown[] = [];
    const own = (kind?: string) => ({
      step() {},
      getState: () => ({ mine: 1 }),
      setState: (state: object) => void states.push(state),
      ...(kind && { getClassName: () => kind }),
    });
    const custom = await run({ epochs: 1, schedule: own('Mine') }, settings);
    await run({ epochs: 2, resume: custom.files[0], schedule: own('Mine') }, settings);
    await run({ epochs: 2, resume: custom.files[0], schedule: own('Yours') }, settings);
    await scheduled({ epochs: 2, resume: custom.files[0] }, settings);
    expect(states).toEqual([{ mine: 1 }]);
    const unnamed = await run({ epochs: 1, schedule: own() }, settings);
    await run({ epochs: 2, resume: unnamed.files[0], schedule: own() }, settings);
    expect(states).toHaveLength(2);
    await expect(run({ epochs: 2, resume: custom.files[0] }, settings)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('had a schedule of kind Mine, which fit cannot make by itself'),
    });
  });

  it('is refused without the optimizer where that was of another kind, and takes it where it is given', async () => {
    const fitWith = async (
      make: (model: HarmonicMLP) => Adam | FrequencyAwareOptimizer,
      resume?: Uint8Array,
    ) => {
      const model = new HarmonicMLP(shape);
      const optimizer = make(model);
      const files: Uint8Array[] = [];
      await model.fit(data, {
        batchSize,
        epochs: resume ? 2 : 1,
        optimizer,
        resume,
        onEpoch: async ({ checkpoint }) => void files.push(await checkpoint()),
      });
      optimizer.dispose();
      model.dispose();
      return files[0];
    };
    const file = await fitWith(() => new Adam({ weightDecay: 0.1 }));
    expect(inspectModelFile(file).optimizer).toMatchObject({ className: 'HarmonicAdam', weightDecay: 0.1 });
    const tensors = memory().numTensors;
    await expect(run({ epochs: 2, resume: file })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message:
        "The checkpoint's run was trained by HarmonicAdam, which fit cannot make by itself. Pass such an optimizer as the option optimizer.",
    });
    expect(memory().numTensors).toBe(tensors);
    await fitWith(() => new Adam({ weightDecay: 0.1 }), file);
    await fitWith((model) => createOptimizer(model), file);
  });

  it('is refused with an optimizer that cannot load its state, before anything changes', async () => {
    const { files } = await run({ epochs: 1 });
    const model = new HarmonicMLP(shape);
    const before = weightsOf(model);
    const stock = optimizers.sgd(0.1);
    for (const [optimizer, message] of [
      [stock, 'A run cannot be resumed with SGD'],
      [new FrequencyAwareOptimizer(stock, model.harmonicLayers), 'The state of SGD cannot be saved by path'],
    ] as const) {
      await expect(
        model.fit(data, { batchSize, epochs: 2, resume: files[0], optimizer }),
      ).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        ...(optimizer === stock && { argument: 'optimizer' }),
        message: expect.stringContaining(message),
      });
    }
    expect(weightsOf(model)).toEqual(before);
    stock.dispose();
    model.dispose();
  });

  it.each<[string, (progress: Record<string, unknown>) => void, argument: string, RegExp]>([
    [
      'settings that are none',
      (p) => (p.optimizerSettings = 5),
      'training.className',
      /className is undefined/,
    ],
    [
      'a setting of another type',
      (p) => Object.assign(p.optimizerSettings!, { beta1: 'x' }),
      'training.beta1',
      /beta1 is "x"/,
    ],
    [
      'a setting out of bounds',
      (p) => Object.assign(p.optimizerSettings!, { beta1: 2 }),
      'optimizerSettings.beta1',
      /the optimizer's settings is damaged: beta1 is 2/,
    ],
    [
      'a kind that is none',
      (p) => Object.assign(p.schedule!, { kind: 5 }),
      'training.schedule.kind',
      /schedule\.kind is 5; it must be a string/,
    ],
    [
      'settings of a schedule that are none',
      (p) => Object.assign(p.schedule!, { settings: null }),
      'training.schedule.settings',
      /schedule\.settings is null; it must be an object/,
    ],
    [
      'a setting of a schedule',
      (p) => Object.assign(p.schedule!, { settings: { patience: -1 } }),
      'schedule.settings.patience',
      /the schedule's settings is damaged: patience/,
    ],
    [
      'a rate',
      (p) => (p.initialLearningRate = 'x'),
      'training.initialLearningRate',
      /initialLearningRate is "x"/,
    ],
    ['a task that is none', (p) => (p.task = 5), 'training.task', /task is 5; it must be a string/],
    [
      'no answer',
      (p) => (p.dropLast = 'no'),
      'training.dropLast',
      /dropLast is "no"; it must be true or false/,
    ],
  ])('is refused where the file is damaged: %s', async (_, damage, argument, message) => {
    const { files } = await run({ epochs: 1 });
    const { tensors, metadata } = decodeSafetensors(files[0]);
    const progress = JSON.parse(metadata.training);
    damage(progress);
    const resume = encodeSafetensors({
      tensors,
      metadata: { ...metadata, training: JSON.stringify(progress), checksum: 'none' },
    });
    const before = memory().numTensors;
    await expect(run({ epochs: 2, resume })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument,
      fix: 'Use another copy of the file.',
      message: expect.stringMatching(message),
    });
    expect(memory().numTensors).toBe(before);
  });

  it('can follow the advice of a run that diverged', async () => {
    const settings = { learningRate: 0.01 };
    const { files } = await run({ epochs: 1 }, settings);
    const wild = run({ epochs: 9, resume: files[0] }, { learningRate: 1e30 });
    await expect(wild).rejects.toMatchObject({
      code: 'DIVERGED',
      message: expect.stringContaining('Lower the learning rate (now 1e+30).'),
    });
    const tamed = await run({ epochs: 3, resume: files[0] }, { learningRate: 1e-3 });
    expect(tamed.rates).toEqual([0.01, 1e-3, 1e-3]);
  });

  it('tells where it begins, and with what', async () => {
    const { files, started, result } = await run({ epochs: 1 });
    const settings = {
      className: 'FrequencyAwareOptimizer',
      baseClassName: 'HarmonicAdam',
      learningRate: 1e-3,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 1e-5,
      weightDecayMode: 'l2',
      freqScaleFactor: 0.1,
      freqScale: 'gradient',
    };
    expect(started).toStrictEqual({
      epoch: 1,
      step: 0,
      stepsPerEpoch: 4,
      optimizer: settings,
      floatPrecision: 32,
    });
    expect(result).toMatchObject({ optimizer: settings, floatPrecision: 32 });
    const again = await run({ epochs: 2, resume: files[0] });
    expect(again.started).toMatchObject({ epoch: 2, step: 0, stepsPerEpoch: 4 });
  });
});

it('refuses another number of examples, even in as many steps', async () => {
  const { files } = await run({ epochs: 1 });
  const model = new HarmonicMLP(shape);
  await expect(model.fit(noisyPatterns({ size: 60 }), { epochs: 2, resume: files[0] })).rejects.toMatchObject(
    {
      code: 'INVALID_DATA',
      message: expect.stringContaining('has size 64, this one 60'),
    },
  );
  model.dispose();
});
