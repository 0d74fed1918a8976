import { Adam, cosine, FrequencyAwareOptimizer } from '@harmonic-mlp/freq-optimizer';
import { memory, train as optimizers } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { describeOnEachBackend } from '../../../test/support/backends';
import {
  type Callback,
  checkpointing,
  createOptimizer,
  type Evaluation,
  earlyStopping,
  type FitOptions,
  HarmonicMLP,
  progress,
  weightAveraging,
} from '../src';
import { noisyPatterns } from './small-data';

const shape = { inputSize: 12, classes: 4, hidden: [10], seed: 2 };
const data = noisyPatterns({ size: 90 });
const options = { epochs: 2, batchSize: 16 };

const weightsOf = (model: HarmonicMLP) =>
  Object.values(model.variables).map((variable) => [...variable.dataSync()]);

const inUse = (name: string) =>
  expect.objectContaining({
    code: 'IN_USE',
    argument: name,
    message: `The ${name} is in use by another run that has not ended. Await the first run before this one, or give this one another ${name}.`,
  });

/** A checkpoint of a run with a callback. */
async function fileOf(callback: Callback): Promise<Uint8Array> {
  const model = new HarmonicMLP(shape);
  let file: Uint8Array | undefined;
  await model.fit(data, {
    ...options,
    epochs: 1,
    callbacks: [callback],
    onEnd: async ({ checkpoint }) => {
      file = await checkpoint();
    },
  });
  model.dispose();
  return file!;
}

describeOnEachBackend('What a run uses', () => {
  it('is refused to a second run of the model, which changes nothing', async () => {
    const alone = new HarmonicMLP(shape);
    await alone.fit(data, options);
    const model = new HarmonicMLP(shape);
    const before = memory().numTensors;
    const first = model.fit(data, options);
    await expect(model.fit(data, { ...options, seed: 5 })).rejects.toEqual(inUse('model'));
    await first;
    expect(weightsOf(model)).toEqual(weightsOf(alone));
    expect(memory().numTensors).toBe(before);
    alone.dispose();
    model.dispose();
  });

  it('may share a schedule that is a function of the step', async () => {
    const [a, b] = [new HarmonicMLP(shape), new HarmonicMLP(shape)];
    const schedule = cosine();
    const results = await Promise.all([a, b].map((model) => model.fit(data, { ...options, schedule })));
    expect(results.map(({ history }) => history.length)).toEqual([2, 2]);
    a.dispose();
    b.dispose();
  });

  it('is refused where two models share an optimizer, its base, or a schedule', async () => {
    const [a, b] = [new HarmonicMLP(shape), new HarmonicMLP(shape)];
    const base = new Adam();
    const optimizer = new FrequencyAwareOptimizer(base, a.harmonicLayers);
    const around = new FrequencyAwareOptimizer(base, b.harmonicLayers);
    // It tells no optimizer: that of another one would be refused for that.
    const schedule = { step() {}, getState: () => ({}), setState() {} };
    const own = createOptimizer(b);
    const first = a.fit(data, { ...options, optimizer, schedule });
    const before = weightsOf(b);
    for (const [name, given] of [
      ['optimizer', { optimizer }],
      ['optimizer', { optimizer: base }],
      ['optimizer', { optimizer: around }],
      ['schedule', { optimizer: own, schedule }],
    ] as [string, FitOptions][]) {
      await expect(b.fit(data, { ...options, ...given })).rejects.toEqual(inUse(name));
    }
    expect(weightsOf(b)).toEqual(before);
    await first;
    await b.fit(data, { ...options, optimizer: own, schedule });
    for (const each of [optimizer, around, own, a, b]) each.dispose();
  });

  it('is refused where two models share a callback, which is free again afterwards', async () => {
    const [a, b] = [new HarmonicMLP(shape), new HarmonicMLP(shape)];
    const shared = { ...options, callbacks: [progress({ write() {} })] };
    const first = a.fit(data, shared);
    await expect(b.fit(data, shared)).rejects.toEqual(inUse('callback'));
    await first;
    await b.fit(data, shared);
    for (const each of [a, b]) each.dispose();
  });

  it('is free again after every ending', async () => {
    const model = new HarmonicMLP(shape);
    const optimizer = createOptimizer(model);
    const fit = (given: FitOptions = {}) => model.fit(data, { ...options, optimizer, ...given });
    const stop = new AbortController();
    const fail = () => {
      throw new Error('the handler failed');
    };
    await fit();
    await fit({ signal: AbortSignal.abort() });
    await fit({ signal: stop.signal, onStep: () => stop.abort() });
    for (const name of ['onStart', 'onStep', 'onMetrics', 'onEpoch']) {
      await expect(fit({ [name]: fail })).rejects.toThrow('the handler failed');
    }
    await expect(fit({ resume: new Uint8Array(9) })).rejects.toMatchObject({ code: 'INVALID_DATA' });
    await expect(fit({ epochs: 0 })).rejects.toThrow(/epochs is 0/);
    await expect(model.fit({ ...data, batches: () => [] }, { ...options, optimizer })).rejects.toMatchObject({
      code: 'INVALID_DATA',
    });
    await fit();
    optimizer.dispose();
    model.dispose();
  });

  it('is free again where a callback fails to dispose, as are the other callbacks', async () => {
    const model = new HarmonicMLP(shape);
    const disposed: string[] = [];
    const failing = (name: string): Callback => ({
      name,
      dispose() {
        disposed.push(name);
        throw new Error(`${name} failed`);
      },
    });
    const callbacks = [failing('a'), failing('b')];
    const tensors = memory().numTensors;
    await expect(model.fit(data, { ...options, callbacks })).rejects.toThrow('a failed');
    // What ended the run is told rather than what came of it.
    const onStep = () => {
      throw new Error('the handler failed');
    };
    await expect(model.fit(data, { ...options, callbacks, onStep })).rejects.toThrow('the handler failed');
    const resume = await fileOf({ name: 'a', saveState: () => ({}) });
    const loading = { ...failing('a'), loadState: onStep };
    await expect(
      model.fit(data, { ...options, resume, callbacks: [loading, failing('b')] }),
    ).rejects.toMatchObject({ code: 'INVALID_DATA' });
    expect(disposed).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    await model.fit(data, options);
    expect(memory().numTensors).toBe(tensors);
    model.dispose();
  });

  it('is refused to a run that begins in a handler of the first', async () => {
    const model = new HarmonicMLP(shape);
    const refused: unknown[] = [];
    const again = () => model.fit(data, options).catch((error) => refused.push(error));
    await model.fit(data, {
      ...options,
      epochs: 1,
      onStart: async () => void (await again()),
      onEpoch: async () => void (await again()),
    });
    expect(refused).toEqual([inUse('model'), inUse('model')]);
    model.dispose();
  });

  it.each(['model', 'optimizer', 'base'])('may be disposed, which ends the run: the %s', async (what) => {
    const before = memory().numTensors;
    const model = new HarmonicMLP(shape);
    const optimizer = createOptimizer(model);
    const parts = { model, optimizer, base: optimizer.base };
    for (const [name, at] of [
      ['onStep', 2],
      ['onStep', 6],
      ['onStart', 0],
      ['onEpoch', 0],
    ] as const) {
      if (model.isDisposed) break;
      const run = model.fit(data, {
        ...options,
        optimizer,
        [name]: ({ step }: { step?: number }) => {
          if (at === 0 || step === at) parts[what as keyof typeof parts].dispose();
        },
      });
      await expect(run).rejects.toMatchObject({
        code: 'IN_USE',
        message: expect.stringMatching(
          new RegExp(
            `^The ${what === 'model' ? 'model' : 'optimizer'} was disposed while a run was using it. Await the run`,
          ),
        ),
      });
    }
    optimizer.dispose();
    model.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('may be disposed at any time, even before the first step and in an evaluation', async () => {
    const before = memory().numTensors;
    const values = {
      inputs: [
        [0, 1],
        [1, 0],
        [1, 1],
        [0, 0],
      ],
      targets: [[1], [1], [2], [0]],
    };
    for (let turns = 0; turns < 100; turns++) {
      const model = new HarmonicMLP({ inputSize: 2, outputs: 1, task: 'regression', hidden: [4] });
      const run = model.fit(values, {
        epochs: 5,
        validation: values,
        callbacks: [earlyStopping(), weightAveraging(), checkpointing({ save() {} })],
      });
      const outcome = run.catch((error) => error);
      for (let turn = 0; turn < turns; turn++) await undefined;
      model.dispose();
      expect(await outcome, `after ${turns} turns`).toMatchObject({
        name: 'HarmonicError',
        message: expect.stringContaining('was disposed'),
      });
      expect(memory().numTensors, `after ${turns} turns`).toBe(before);
    }
  });

  it('can be evaluated while the run waits, and not while it goes on', async () => {
    const model = new HarmonicMLP(shape);
    const seen: (Evaluation | Error)[] = [];
    let meanwhile: Promise<unknown> = Promise.resolve();
    const evaluate = () =>
      model
        .evaluate(arriving, { batchSize: 8 })
        .catch((error) => error)
        .then((result) => seen.push(result));
    /** Leaves the run time between two batches. */
    const arriving = {
      ...data,
      async *batches(request: Parameters<typeof data.batches>[0]) {
        for (const batch of data.batches(request)) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield batch;
        }
      },
    };
    const tensors = memory().numTensors;
    await model.fit(arriving, {
      ...options,
      onStep: ({ epoch, step }) => {
        if (epoch === 1 && step === 2) meanwhile = evaluate();
      },
      onEpoch: async ({ epoch }) => {
        await meanwhile;
        if (epoch === 2) await evaluate();
      },
    });
    expect(seen[0]).toMatchObject({
      code: 'IN_USE',
      argument: 'model',
      message: expect.stringContaining('while it was being evaluated'),
    });
    expect(seen[1]).toMatchObject({ loss: expect.any(Number) });
    expect(memory().numTensors).toBe(tensors);
    model.dispose();
  });

  it('of tfjs is refused as well', async () => {
    const [a, b] = [new HarmonicMLP(shape), new HarmonicMLP(shape)];
    const optimizer = optimizers.rmsprop(0.01);
    const first = a.fit(data, { ...options, optimizer });
    await expect(b.fit(data, { ...options, optimizer })).rejects.toEqual(inUse('optimizer'));
    await first;
    for (const each of [optimizer, a, b]) each.dispose();
  });
});
