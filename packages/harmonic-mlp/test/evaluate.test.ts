import '@tensorflow/tfjs-backend-cpu';
import { memory, type Scalar, scalar, setBackend, tensor1d, tidy } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type Batch, type BatchSource, classification, HarmonicMLP, type Metric } from '../src';
import { noisyPatterns } from './small-data';

beforeAll(() => setBackend('cpu'));

const data = noisyPatterns({ size: 20 });
const newModel = () => new HarmonicMLP({ inputSize: 12, classes: 4, hidden: [5], seed: 2 });

/** The data, and what was asked of them. */
function watched(change: (batch: Batch, number: number) => Batch = (batch) => batch) {
  const batches = vi.fn(function* (request: Parameters<typeof data.batches>[0]) {
    let number = request.start ?? 0;
    for (const batch of data.batches(request)) yield change(batch, number++);
  });
  return { source: { ...data, batches } as BatchSource, batches };
}

const metric = (name: string, value: number): Metric<Batch> => ({
  name,
  sum: (_, { size }): Scalar => scalar(value * size),
});

/** An evaluation by a new model, which leaves nothing behind. */
async function evaluated(...[source, options]: Parameters<HarmonicMLP['evaluate']>) {
  const model = newModel();
  const before = memory().numTensors;
  try {
    return await model.evaluate(source, options);
  } finally {
    expect(memory().numTensors).toBe(before);
    model.dispose();
  }
}

describe('evaluate', () => {
  it('asks for batches of 256, or of the size that it is given, in the order of the data', async () => {
    const { source, batches } = watched();
    const { signal } = new AbortController();
    await evaluated(source);
    await evaluated(source, { batchSize: 3, signal });
    expect(batches.mock.calls).toEqual([[{ batchSize: 256, signal: undefined }], [{ batchSize: 3, signal }]]);
  });

  it('gives the means over examples, of batches of several sizes too', async () => {
    const whole = await evaluated(data);
    expect(Object.keys(whole)).toEqual(['loss', 'accuracy']);
    const metrics = [metric('two', 2), metric('three', 3)];
    const parts = await evaluated(data, { batchSize: 7, metrics });
    expect(parts).toEqual({
      loss: expect.closeTo(whole.loss, 5),
      accuracy: whole.accuracy,
      two: expect.closeTo(2, 5),
      three: expect.closeTo(3, 5),
    });
  });

  it.each<[object, string]>([
    [{ batchSize: 0 }, 'batchSize'],
    [{ batchSize: 1.5 }, 'batchSize'],
    [{ batchsize: 8 }, 'batchsize'],
    [{ signal: { aborted: false } }, 'signal'],
    [{ signal: { addEventListener() {} } }, 'signal'],
    [{ task: { metrics: [] } }, 'task'],
    [{ task: { loss() {} } }, 'task'],
    [{ metrics: 'accuracy' }, 'metrics'],
    [{ metrics: [metric('a', 1), null] }, 'metrics[1]'],
    [{ metrics: [metric('loss', 1)] }, 'metrics[0]'],
    [{ metrics: [{ name: 5, sum() {} }] }, 'metrics[0]'],
    [{ metrics: [{ name: 'a' }] }, 'metrics[0]'],
  ])('refuses the options %j', async (options, argument) => {
    const { source, batches } = watched();
    await expect(evaluated(source, options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', argument });
    expect(batches).not.toHaveBeenCalled();
  });

  it.each<[object, string]>([
    [{ batches: undefined }, 'The data to evaluate'],
    [{ size: 0 }, 'The data to evaluate.size'],
    [{ inputSize: 11 }, 'The data to evaluate.inputSize'],
    [{ classes: 5 }, 'The data to evaluate.classes'],
  ])('refuses data with %j', async (change, argument) => {
    await expect(evaluated({ ...data, ...change })).rejects.toMatchObject({ argument });
  });

  it('ends with the reason of its signal: before it begins, after a batch, and where the source stops', async () => {
    const reason = new Error('enough');
    const { source, batches } = watched();
    await expect(evaluated(source, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(batches).not.toHaveBeenCalled();

    for (const isLast of [false, true]) {
      const stop = new AbortController();
      const given: number[] = [];
      const stopping = watched((batch, number) => {
        given.push(number);
        if (number === 1) stop.abort(reason);
        return batch;
      });
      const options = { batchSize: isLast ? 10 : 5, signal: stop.signal };
      await expect(evaluated(stopping.source, options)).rejects.toBe(reason);
      expect(given).toEqual([0, 1]);
    }
    const stop = new AbortController();
    const stalled: BatchSource = {
      ...data,
      // biome-ignore lint/correctness/useYield: it has been stopped before its first batch.
      async *batches() {
        stop.abort(reason);
      },
    };
    await expect(evaluated(stalled, { signal: stop.signal })).rejects.toBe(reason);
  });

  it('says that it was aborted where the signal gives no reason, as older browsers', async () => {
    const signal = { aborted: true, addEventListener() {} } as unknown as AbortSignal;
    await expect(evaluated(data, { signal })).rejects.toMatchObject({
      name: 'AbortError',
      message: 'This operation was aborted',
    });
  });

  it('looks for a fault of the data only where the loss is not finite, and once', async () => {
    const { source, batches } = watched();
    expect(await evaluated(source, { metrics: [metric('odd', Number.NaN)] })).toMatchObject({
      loss: expect.any(Number),
      odd: Number.NaN,
    });
    expect(batches).toHaveBeenCalledTimes(1);

    const model = newModel();
    tidy(() => model.output.bias.assign(tensor1d([0, Number.NaN, 0, 0])));
    const { signal } = new AbortController();
    expect((await model.evaluate(source, { batchSize: 5, signal })).loss).toBeNaN();
    expect(batches.mock.calls.slice(1)).toEqual([
      [{ batchSize: 5, signal }],
      [{ batchSize: 5, start: 0, signal }],
    ]);
    model.dispose();
  });

  it('gives the loss as it is where the data cannot be looked at again', async () => {
    const model = newModel();
    tidy(() => model.output.bias.assign(tensor1d([0, Number.NaN, 0, 0])));
    const batches = vi.fn((request: Parameters<typeof data.batches>[0]) => {
      if (request.start !== undefined) throw new Error('These batches are given once.');
      return data.batches(request);
    });
    expect((await model.evaluate({ ...data, batches })).loss).toBeNaN();
    expect(batches).toHaveBeenCalledTimes(2);
    model.dispose();
  });

  it('names the batch whose data are at fault', async () => {
    const { source } = watched((batch, number) => {
      if (number !== 2) return batch;
      const labels = tensor1d([...batch.labels.dataSync()].fill(-1, 3), 'int32');
      batch.labels.dispose();
      return { ...batch, labels };
    });
    await expect(evaluated(source, { batchSize: 5 })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument: 'labels',
      value: -1,
      allowed: 'a class from 0 to 3',
      message: expect.stringContaining('the label of example 3 of batch 2 of 5'),
    });
  });

  it('leaves nothing behind where a metric, the loss or the model fails', async () => {
    const fail = () => {
      throw new Error('it failed');
    };
    const failing: Metric<Batch> = { name: 'failing', sum: fail };
    await expect(evaluated(data, { metrics: [metric('one', 1), failing] })).rejects.toThrow('it failed');
    await expect(evaluated(data, { task: { ...classification, loss: fail } })).rejects.toThrow('it failed');
  });
});
