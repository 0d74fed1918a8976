import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { HarmonicMLP, inspectModelFile } from 'harmonic-mlp';
import { makeData, waves } from 'harmonic-mlp/made-data';
import { beforeAll, describe, expect, it } from 'vitest';
import { unchecked } from '../../../../test/support/unchecked';
import { modelForm } from '../dataset';
import { fromQuery, parseSettings, type Settings } from '../settings';
import { inputsThroughout, mapSide } from '../throughout';
import { Inspector } from './inspector';
import type { Loaded, TrainerEvent } from './protocol';
import { readSavedRun } from './saved-run';
import { Trainer } from './trainer';

beforeAll(() => setBackend('cpu'));

const small = 'hidden=8&batch-size=20&examples=40';
const settingsOf = (query: string): Settings => parseSettings(fromQuery(query).texts).settings!;

/** Runs until the run ends, and returns what was reported. */
function run(trainer: Trainer, onEvent: (event: TrainerEvent) => void = () => {}): Promise<TrainerEvent[]> {
  return new Promise((resolve, reject) => {
    const events: TrainerEvent[] = [];
    trainer.onEvent((event) => {
      events.push(event);
      onEvent(event);
      if (event.type === 'failed') reject(new Error(event.message));
      if (event.type === 'ended') resolve(events);
    });
    trainer.run(1);
  });
}

async function trained(query: string): Promise<{ trainer: Trainer; events: TrainerEvent[] }> {
  const trainer = new Trainer();
  await trainer.prepare(settingsOf(query));
  return { trainer, events: await run(trainer) };
}

const epochsIn = (events: TrainerEvent[]) =>
  events.flatMap((event) => (event.type === 'epochs' ? event.epochs : []));
const weightsIn = (bytes: Uint8Array) =>
  bytes.subarray(8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)));

describe('a run on made data', () => {
  it('needs no images, and reports each epoch and the root mean squared error of its steps', async () => {
    const { events } = await trained(`dataset=waves&${small}&epochs=30`);
    const epochs = epochsIn(events);
    expect(epochs.map(({ record }) => record.epoch)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    const seconds = epochs.map((each) => each.seconds);
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    const squares = epochs.map(({ record }) => record.trainMetrics!.rmse ** 2);
    const mean = squares.reduce((a, b) => a + b) / squares.length;
    let [steps, sum] = [0, 0];
    for (const event of events) {
      if (event.type !== 'metrics') continue;
      steps += event.steps;
      sum += event.steps * event.value ** 2;
    }
    expect(steps).toBe(60);
    expect(sum / steps).toBeCloseTo(mean, 6);
    expect(epochs.at(-1)!.record.validation!.rmse).toBeLessThan(epochs[0].record.validation!.rmse!);
    expect(events.at(-1)).toMatchObject({ type: 'ended', finished: true, at: { epoch: 30, step: 2 } });
  });

  it('learns from the examples that its periods are proposed from, and is tested on others', async () => {
    const { trainer, events } = await trained(`dataset=waves&${small}&epochs=2&data-noise=0.2&seed=2`);
    const model = HarmonicMLP.fromBytes(await trainer.save());
    const examples = (part: 'train' | 'test') => makeData(waves, { examples: 40, noise: 0.2, seed: 2, part });
    const proposed = async (part: 'train' | 'test') => {
      const options = { task: 'regression', hidden: [8], seed: 2 } as const;
      const other = await HarmonicMLP.forData(examples(part), options);
      other.dispose();
      return other.config.periods;
    };
    expect(model.config.periods).toEqual(await proposed('train'));
    expect(model.config.periods).not.toEqual(await proposed('test'));
    const { validation, trainLoss } = epochsIn(events)[1].record;
    expect(validation!.loss).toBeCloseTo((await model.evaluate(examples('test'))).loss, 5);
    expect(trainLoss).not.toBeCloseTo(validation!.loss, 2);
    model.dispose();
  });

  it('reports the accuracy of a classification', async () => {
    const { events } = await trained(`dataset=spirals&${small}&epochs=3`);
    const epochs = epochsIn(events).map(({ record }) => record);
    const values = events.flatMap((event) => (event.type === 'metrics' ? [event.value] : []));
    expect(epochs.map(({ trainAccuracy }) => trainAccuracy)).toHaveLength(3);
    for (const value of values) expect(value).toBeGreaterThan(0.2);
    for (const value of values) expect(value).toBeLessThanOrEqual(1);
  });

  it.each(['waves', 'spirals'])('goes on from a file to the bit: %s', async (dataset) => {
    const query = `dataset=${dataset}&${small}&epochs=40&data-noise=0.1&seed=3`;
    const expected = await (await trained(query)).trainer.save();

    const first = new Trainer();
    await first.prepare(settingsOf(query));
    const data = { dataset, examples: 40, dataNoise: 0.1, seed: 3 };
    expect(await first.snapshot()).toMatchObject({ at: { epoch: 1, step: 0, stepsPerEpoch: 2 }, data });
    let isPaused = false;
    const events = await run(first, ({ type }) => {
      if (type === 'running' && !isPaused) void first.pause();
      isPaused = true;
    });
    expect(events.at(-1)).toMatchObject({ type: 'ended', finished: false });
    const bytes = await first.save();

    const second = new Trainer();
    // The page's form does not matter.
    const loaded = await second.load(bytes, settingsOf('dataset=chirp&examples=7'));
    const { backend: _, ...ofRun } = settingsOf(query);
    expect(loaded).toMatchObject({
      resumable: true,
      trainedOn: dataset,
      data,
      settings: { ...ofRun, periods: expect.stringMatching(/^[a-z]+:[\d.,]+$/) },
    });
    expect((await second.snapshot()).data).toEqual({ ...data, labelSmoothing: 0 });
    await run(second);
    expect(weightsIn(await second.save())).toEqual(weightsIn(expected));
  });

  it('is recognized by its examples, and named by a file that cannot go on', async () => {
    const { trainer } = await trained(`dataset=waves&${small}&epochs=1`);
    const file = inspectModelFile(await trainer.save());
    const run = JSON.parse(file.metadata.run);
    expect(run).toMatchObject({ dataset: 'waves', examples: 40, dataNoise: 0, backend: 'wasm' });
    expect(run).not.toHaveProperty('firstEpoch');
    expect(run).not.toHaveProperty('classNames');
    const read = (changes: object) =>
      readSavedRun({ ...file, metadata: { run: JSON.stringify({ ...run, ...changes }) } }, settingsOf(''));
    expect(await read({})).toMatchObject({ resumable: true, trainedOn: 'waves' });
    for (const changes of [{ examples: 41 }, { dataNoise: 0.1 }, { seed: 1 }, { dataFingerprint: 'x' }]) {
      expect(await read(changes)).toMatchObject({ resumable: false, data: { dataset: 'waves' } });
    }
  });
});

describe('a network for other data', () => {
  const load = async (options: object, onto: string, metadata?: Record<string, string>): Promise<Loaded> => {
    const model = new HarmonicMLP({ hidden: [4], norm: 'none', ...options });
    const bytes = await model.toBytes(metadata);
    model.dispose();
    return new Trainer().load(bytes, settingsOf(onto));
  };
  const ofFunction = { inputSize: 1, task: 'regression' } as const;

  it('is tested on the data that was chosen if it fits, otherwise on MNIST', async () => {
    expect(await load(ofFunction, 'dataset=chirp&examples=9')).toMatchObject({
      resumable: false,
      trainedOn: undefined,
      data: { dataset: 'chirp', examples: 9 },
    });
    const run = JSON.stringify({ dataset: 'fashion-mnist' });
    expect(await load({}, 'dataset=waves', { run })).toMatchObject({
      trainedOn: 'fashion-mnist',
      data: { dataset: 'mnist' },
    });
  });

  it('is tested on as many examples as usual if neither its file nor the page has a number', async () => {
    const run = JSON.stringify({ dataset: 'waves', schedule: 'zigzag' });
    expect(await load(ofFunction, '', { run })).toMatchObject({
      resumable: false,
      data: { dataset: 'waves', examples: 512, dataNoise: 0, seed: 0 },
      at: { stepsPerEpoch: 4 },
    });
  });

  it.each([
    [
      ofFunction,
      '',
      'takes 1 number and predicts 1 number; for MNIST, it must be one that takes 784 numbers and distinguishes 10 classes.',
    ],
    [
      { inputSize: 2, classes: 3 },
      'dataset=spirals',
      'takes 2 numbers and distinguishes 3 classes; for the data set spirals, it must be one that takes 2 numbers and distinguishes 2 classes.',
    ],
    [{ inputSize: 2, task: 'multi-label', outputs: 3 }, '', 'takes 2 numbers and gives 3 labels; for MNIST'],
  ])('%j is refused on %j', async (options, onto, message) => {
    await expect(load(options, onto)).rejects.toThrow(message);
  });

  it('says what it was trained on', async () => {
    const run = JSON.stringify({ dataset: 'iris' });
    await expect(load({ inputSize: 4, classes: 3 }, '', { run })).rejects.toThrow(
      'This network takes 4 numbers and distinguishes 3 classes, and was trained on iris; for MNIST',
    );
  });

  it('says which activation it has if this page does not know it', async () => {
    const model = new HarmonicMLP({ ...ofFunction, hidden: [4], activation: 'relu' });
    const bytes = await model.toBytes();
    model.dispose();
    const text = Buffer.from(unchecked(bytes)).toString('latin1').replace('\\"relu\\"', '\\"wavy\\"');
    await expect(
      new Trainer().load(new Uint8Array(Buffer.from(text, 'latin1')), settingsOf('dataset=waves')),
    ).rejects.toThrow('The model file has the activation "wavy", which is not registered.');
  });
});

describe('an inspection on made data', () => {
  it('has the answers throughout the inputs, and the error on test examples, without a leak', async () => {
    const model = new HarmonicMLP({ ...modelForm('waves'), hidden: [4], norm: 'none', seed: 1 });
    await model.fit(makeData(waves, { examples: 50 }), { epochs: 1 });
    const data = { dataset: 'waves', examples: 50, dataNoise: 0.5, seed: 4 };
    const inspector = new Inspector();
    const bytes = await model.toBytes();
    await inspector.inspect(0, bytes, data);
    const before = memory().numTensors;
    const { test, answers, kernels, layers } = await inspector.inspect(0, bytes, data);
    expect(memory().numTensors).toBe(before);
    expect(kernels).toBeUndefined();
    expect(layers).toHaveLength(1);
    const { rmse } = await model.evaluate(
      makeData(waves, { examples: 50, noise: 0.5, seed: 4, part: 'test' }),
    );
    expect(test!.value).toBeCloseTo(rmse!, 6);
    expect(answers).toHaveLength(801);
    const at = (x: number) => model.predict(tensor2d([[x]])).dataSync()[0];
    for (const [i, x] of [
      [0, -1],
      [200, -0.5],
      [800, 1],
    ])
      expect(answers![i]).toBeCloseTo(at(x), 5);
    model.dispose();
  });

  it('has the probability of the second class in each place of a square, from the top left on', async () => {
    const model = new HarmonicMLP({ ...modelForm('spirals'), hidden: [], seed: 1 });
    // Class 1 where 8x + 4y > 0.
    model.output.kernel.assign(
      tensor2d([
        [0, 8],
        [0, 4],
      ]),
    );
    model.output.bias.assign(tensor1d([0, 0]));
    const data = { dataset: 'spirals', examples: 20, seed: 0 };
    const { answers, test } = await new Inspector().inspect(0, await model.toBytes(), data);
    model.dispose();
    expect(test!.value).toBeLessThanOrEqual(1);
    expect(answers).toHaveLength(mapSide ** 2);
    const places = inputsThroughout(2);
    expect([...places.subarray(0, 2)]).toEqual([
      expect.closeTo(-1 + 1 / mapSide, 6),
      expect.closeTo(1 - 1 / mapSide, 6),
    ]);
    for (const i of [0, mapSide - 1, 4000, mapSide ** 2 - 1]) {
      const z = 8 * places[2 * i] + 4 * places[2 * i + 1];
      expect(answers![i]).toBeCloseTo(1 / (1 + Math.exp(-z)), 5);
    }
  });
});
