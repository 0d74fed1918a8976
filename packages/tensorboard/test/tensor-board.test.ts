import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, setBackend, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { decode } from 'fast-png';
import {
  type Callback,
  type EpochRecord,
  fit as fitModel,
  HarmonicMLP,
  type Model,
  readCheckpoint,
} from 'harmonic-mlp';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EventSink, type TensorBoardOptions, tensorBoard } from '../src';
import { eventFile } from '../src/node';
import { sides } from './examples';
import { type ReadEvent, readEvents } from './read-events';

/** Four steps an epoch. */
const [train, validation, batchSize] = [sides(64, 1), sides(20, 2), 16];
const architecture = { inputSize: 64, classes: 2, hidden: [6, 4], seed: 1 };

beforeAll(() => setBackend('cpu'));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'harmonic board '));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let parts: Uint8Array[];
/** How many parts had been written when the sink was closed. */
let closed: number[];
let sink: EventSink;
beforeEach(() => {
  parts = [];
  closed = [];
  sink = { write: (bytes) => void parts.push(bytes), close: () => void closed.push(parts.length) };
});

const written = () => readEvents(Buffer.concat(parts));

/** Trains with TensorBoard and, after it, other callbacks. */
async function fit(
  options: Partial<TensorBoardOptions> = {},
  { callbacks = [], ...more }: Parameters<HarmonicMLP['fit']>[1] & object = {},
  model = new HarmonicMLP(architecture),
) {
  const board = tensorBoard({ to: sink, ...options });
  return model.fit(train, { epochs: 2, batchSize, validation, ...more, callbacks: [board, ...callbacks] });
}

/** The steps and values of a curve. */
const curve = (tag: string, events: ReadEvent[] = written()) =>
  events.flatMap(({ step, values }) =>
    values.filter((value) => value.tag === tag).map(({ scalar }) => [step, scalar]),
  );
const stepsOf = (tag: string, events: ReadEvent[] = written()): number[] =>
  events.filter(({ values: [value] }) => value?.tag === tag).map(({ step }) => step);
const lastOf = (tag: string) =>
  written()
    .filter(({ values: [value] }) => value?.tag === tag)
    .at(-1)!;

describe('writes', () => {
  it('the curves of a run, by its steps', async () => {
    const losses: number[] = [];
    const { history } = await fit(
      {},
      { readEvery: 2, learningRate: 0.01, onMetrics: (event) => void losses.push(...event.losses) },
    );
    const float = Math.fround;
    expect(losses).toHaveLength(8);
    expect(curve('loss/step')).toEqual(
      [2, 4, 6, 8].map((step) => [step, float((losses[step - 2] + losses[step - 1]) / 2)]),
    );
    const of = (read: (record: EpochRecord) => number) =>
      history.map((each, i) => [4 * i + 4, float(read(each as EpochRecord))]);
    expect(curve('loss/train')).toEqual(of(({ trainLoss }) => trainLoss));
    expect(curve('accuracy/train')).toEqual(of(({ trainAccuracy }) => trainAccuracy));
    expect(curve('loss/validation')).toEqual(of((record) => record.validation!.loss));
    expect(curve('accuracy/validation')).toEqual(of((record) => record.validation!.accuracy));
    expect(curve('learning_rate')).toEqual([2, 4, 6, 8].map((step) => [step, float(0.01)]));
  });

  it('each evaluation, under the name that the data have', async () => {
    await fit({ validationName: 'test' }, { evaluateEvery: 3 });
    expect(stepsOf('accuracy/test')).toEqual([3, 4, 6, 8]);
    expect(stepsOf('accuracy/validation')).toEqual([]);
  });

  it('histograms of the weights before the first step and after each epoch', async () => {
    const model = new HarmonicMLP(architecture);
    await fit({}, {}, model);
    for (const path of Object.keys(model.parameters)) expect(stepsOf(`weights/${path}`)).toEqual([0, 4, 8]);
    const last = lastOf('weights/hidden.1/kernel');
    const weights = await model.parameters['hidden.1/kernel'].data();
    expect(last.values[0].histogram).toMatchObject({
      count: 24,
      min: Math.min(...weights),
      max: Math.max(...weights),
    });
  });

  it('histograms of the activations of the hidden layers', async () => {
    const model = new HarmonicMLP(architecture);
    await fit({ inputs: validation.inputs }, {}, model);
    for (const [path, units] of [
      ['hidden.0', 6],
      ['hidden.1', 4],
    ] as const) {
      expect(stepsOf(`activations/${path}`)).toEqual([0, 4, 8]);
      const last = lastOf(`activations/${path}`);
      const inputs = tensor2d(validation.inputs as number[][]);
      const activations = await model.hiddenActivations(inputs)[path].data();
      const { count, min, max } = last.values[0].histogram!;
      expect(count).toBe(20 * units);
      expect(min).toBe(Math.min(...activations));
      expect(max).toBe(Math.max(...activations));
    }
  });

  it.each<[string, () => TensorBoardOptions['inputs'], count: number]>([
    ['a tensor', () => tensor2d(new Float32Array(3 * 64), [3, 64]), 3],
    ['rows one after the other', () => new Float32Array(2 * 64), 2],
    ['the first 128 examples of a data set', () => manyBatches(), 128],
  ])('activations of %s', async (_, inputs, count) => {
    await fit({ inputs: inputs() });
    const { values } = written().find(({ values: [first] }) => first?.tag === 'activations/hidden.0')!;
    expect(values[0].histogram!.count).toBe(6 * count);
  });

  it('the first layer as images', async () => {
    await fit();
    const images = written().flatMap(({ step, values: [value] }) =>
      value?.image === undefined ? [] : [{ step, tag: value.tag, ...value.image }],
    );
    expect(images.map(({ step, tag }) => [step, tag])).toEqual(
      [0, 4, 8].map((step) => [step, 'kernels/hidden.0']),
    );
    // Six units, in a grid of three by two.
    for (const { width, height, png } of images) {
      expect([width, height]).toEqual([26 * 17, 17 * 17]);
      expect(decode(png!)).toMatchObject({ width, height, channels: 3 });
    }
  });

  it.each<[string, Partial<TensorBoardOptions>, string[]]>([
    ['another shape', { imageShape: [4, 16] }, ['kernels/hidden.0']],
    ['no images', { imageShape: null }, []],
    ['a shape of another size', { imageShape: [4, 4] }, []],
    ['neither images nor histograms', { histogramEvery: 0 }, []],
  ])('%s', async (_, options, tags) => {
    await fit(options, { epochs: 1 });
    const found = written().flatMap(({ values }) =>
      values.filter(({ image }) => image).map(({ tag }) => tag!),
    );
    expect([...new Set(found)]).toEqual(tags);
  });

  it('histograms of some epochs', async () => {
    await fit({ histogramEvery: 2 }, { epochs: 5 });
    expect(stepsOf('weights/output/bias')).toEqual([0, 8, 16]);
    expect(stepsOf('loss/train')).toEqual([4, 8, 12, 16, 20]);
  });

  it.each<[string, TensorBoardOptions['configuration'], RegExp]>([
    [
      'the model and the optimizer',
      undefined,
      /\| model\.hidden \| 6, 4 \|(.|\n)*\| optimizer\.learningRate \|/,
    ],
    [
      'what is given',
      { note: 'first try' },
      /^\| name \| value \|\n\| --- \| --- \|\n\| note \| first try \|\n$/,
    ],
    ['what a function gives', ({ floatPrecision }) => ({ floatPrecision }), /\| floatPrecision \| 32 \|/],
  ])('a table of %s', async (_, configuration, table) => {
    await fit({ configuration }, { epochs: 1 });
    const [{ step, values }] = written().filter(({ values: [value] }) => value?.tag === 'configuration');
    expect(step).toBe(0);
    expect(values[0].text).toMatch(table);
  });

  it('a regression, which has no accuracy', async () => {
    const model = new HarmonicMLP({ inputSize: 64, task: 'regression', hidden: [4] });
    await fit({}, { epochs: 1 }, model);
    expect(stepsOf('rmse/validation')).toEqual([4]);
    expect(stepsOf('r2/train')).toEqual([4]);
    expect(stepsOf('accuracy/train')).toEqual([]);
  });
});

/** A data set of 150 examples with tensors that are gone once they are disposed. */
function manyBatches() {
  return {
    size: 150,
    inputSize: 64,
    classes: 2,
    async *batches({ batchSize: size }: { batchSize: number }) {
      for (let left = 150; left > 0; left -= size) {
        const examples = Math.min(size, left);
        yield {
          inputs: tensor2d(new Float32Array(examples * 64), [examples, 64]),
          labels: tensor1d(new Int32Array(examples), 'int32'),
          size: examples,
        };
      }
    },
  };
}

it('leaves no tensors', async () => {
  const model = new HarmonicMLP(architecture);
  await fit({}, { epochs: 1 }, model);
  const before = memory().numTensors;
  await fit({ inputs: validation.inputs }, { epochs: 2 }, model);
  await fit({ inputs: manyBatches() }, { epochs: 2 }, model);
  expect(memory().numTensors).toBe(before);
});

it('changes nothing in the run', async () => {
  const [plain, shown] = [new HarmonicMLP(architecture), new HarmonicMLP(architecture)];
  await plain.fit(train, { epochs: 2, batchSize, validation });
  await fit({ inputs: validation.inputs }, {}, shown);
  expect(await shown.toBytes()).toEqual(await plain.toBytes());
});

it('takes any model, also one that does not show its activations', async () => {
  const inner = new HarmonicMLP(architecture);
  const { config, inputSize, outputSize, seed } = inner;
  const model: Model = {
    ...{ config, inputSize, outputSize, seed, smallestBatch: 2, harmonicLayers: [], isDisposed: false },
    parameters: inner.parameters,
    variables: inner.variables,
    requireAlive() {},
    forward: (x, key) => inner.forward(x, key),
  };
  const board = tensorBoard({ to: sink, inputs: validation.inputs });
  await fitModel(model, manyBatches(), { epochs: 1, batchSize: 75, callbacks: [board] });
  expect(stepsOf('weights/output/bias')).toEqual([0, 2]);
  expect(stepsOf('activations/hidden.0')).toEqual([]);
});

describe('a resumed run', () => {
  /** The step of each start. */
  const starts = (events: ReadEvent[]) =>
    events.filter(({ session }) => session === 1).map(({ step }) => step);

  it('continues the curves in a new file, and says from which step', async () => {
    const logs = join(folder, 'resumed');
    let checkpoint = new Uint8Array();
    const save: Callback = {
      name: 'save',
      async onEpoch({ epoch, checkpoint: make }) {
        if (epoch === 1) checkpoint = await make();
      },
    };
    // As if the run was killed after its second epoch, when it had saved the first.
    await fit({ to: eventFile(logs) }, { callbacks: [save] });
    const model = HarmonicMLP.fromBytes(readCheckpoint(checkpoint));
    await fit({ to: eventFile(logs) }, { epochs: 3, resume: checkpoint }, model);

    const [first, second, ...others] = (await readdir(logs)).sort();
    expect(others).toEqual([]);
    const [before, after] = [first, second].map((name) => readEvents(readFileSync(join(logs, name))));
    expect(starts(before)).toEqual([0]);
    expect(starts(after)).toEqual([5]);
    expect(stepsOf('loss/train', before)).toEqual([4, 8]);
    expect(stepsOf('loss/train', after)).toEqual([8, 12]);
    expect(stepsOf('weights/output/bias', after)).toEqual([8, 12]);
    expect(Math.min(...after.slice(1).map(({ step }) => step))).toBe(5);
  });

  it('within an epoch', async () => {
    let checkpoint = new Uint8Array();
    const controller = new AbortController();
    await fit(
      {},
      {
        signal: controller.signal,
        onStep: ({ epoch, step }) => epoch === 2 && step === 2 && controller.abort(),
        async onAbort({ checkpoint: make }) {
          checkpoint = await make();
        },
      },
    );
    expect(stepsOf('loss/step').at(-1)).toBe(6);
    parts = [];
    await fit({}, { resume: checkpoint }, HarmonicMLP.fromBytes(checkpoint));
    expect(starts(written())).toEqual([7]);
    expect(stepsOf('loss/step')).toEqual([8]);
  });
});

describe('the sink', () => {
  it('has all events of an epoch once it is over, and is closed at the end', async () => {
    const inEpochs: number[][] = [];
    await fit({}, { onEpoch: () => void inEpochs.push(stepsOf('loss/train')) });
    expect(inEpochs).toEqual([[4], [4, 8]]);
    expect(closed).toEqual([parts.length]);
  });

  it('has what there is to see of a run that fails', async () => {
    const failing: Callback = {
      name: 'failing',
      onEpoch({ epoch }) {
        if (epoch === 2) throw new Error('failed');
      },
    };
    await expect(fit({}, { callbacks: [failing] })).rejects.toThrow('failed');
    await vi.waitFor(() => expect(closed).toHaveLength(1));
    expect(stepsOf('loss/step')).toEqual([4, 8]);
  });

  it('gets nothing of a run that does not start', async () => {
    const failing: Callback = {
      name: 'failing',
      onStart() {
        throw new Error('failed');
      },
    };
    await expect(fit({}, { callbacks: [failing] })).rejects.toThrow('failed');
    await vi.waitFor(() => expect(closed).toEqual([0]));
  });

  it('ends a run before its first step if it cannot be opened', async () => {
    const onStep = vi.fn();
    const closedFolder = { write() {}, open: () => Promise.reject(new Error('closed')) };
    await expect(fit({ to: closedFolder }, { onStep })).rejects.toThrow('closed');
    expect(onStep).not.toHaveBeenCalled();
  });

  it('may serve several runs, one after the other', async () => {
    const logs = join(folder, 'several');
    const board = tensorBoard({ to: eventFile(logs) });
    for (let run = 0; run < 2; run++) {
      const model = new HarmonicMLP(architecture);
      await model.fit(train, { epochs: 1, batchSize, callbacks: [board] });
    }
    await vi.waitFor(async () => expect(await readdir(logs)).toHaveLength(2));
  });

  it('may fail for a while, which costs nothing but a warning', async () => {
    let isFull = true;
    const set = (state: boolean) => {
      isFull = state;
    };
    const full: EventSink = {
      write(bytes) {
        if (isFull) throw new Error('the disk is full');
        parts.push(bytes);
      },
    };
    const onProblem = vi.fn();
    const { history } = await fit(
      { to: full, onProblem },
      { epochs: 3, onEpoch: ({ epoch }) => void set(epoch < 2) },
    );
    expect(history).toHaveLength(3);
    expect(onProblem.mock.calls).toEqual([[expect.objectContaining({ message: 'the disk is full' })]]);
    expect(stepsOf('loss/train')).toEqual([4, 8, 12]);
  });

  it('warns on the console by default', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const full = () => Promise.reject(new Error('the disk is full'));
      await fit({ to: { write: full } });
      const texts = warn.mock.calls.map(([text]) => text as string);
      expect(texts.filter((text) => text.includes('TensorBoard'))).toEqual([
        "TensorBoard's events cannot be written, but training continues: the disk is full",
      ]);
    } finally {
      warn.mockRestore();
    }
  });
});

it.each<[string, object | undefined]>([
  ['to', { to: undefined }],
  ['to', { to: 'logs' }],
  ['histogramEvery', { histogramEvery: -1 }],
  ['imageShape', { imageShape: 28 }],
  ['imageShape[1]', { imageShape: [28, 0] }],
  ['validationName', { validationName: '' }],
  ['onProblem', { onProblem: true }],
  ['histogramsEvery', { histogramsEvery: 1 }],
])('refuses %s of %j', (argument, options) => {
  expect(() => tensorBoard({ to: { write() {} }, ...options } as TensorBoardOptions)).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', argument }),
  );
});

it('refuses inputs of another width before the first step', async () => {
  await expect(fit({ inputs: [[1, 2]] })).rejects.toMatchObject({
    code: 'INVALID_SHAPE',
    argument: 'inputs',
  });
});
