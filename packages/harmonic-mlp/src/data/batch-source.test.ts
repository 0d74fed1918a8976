import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend, type Tensor2D, zeros } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type BatchForm,
  checkedBatches,
  disposeBatch,
  type ExampleSource,
  type Examples,
  requireSource,
} from '.';

beforeAll(() => setBackend('cpu'));

const source = { size: 4, inputSize: 3, batches: () => [] } as ExampleSource<Examples>;
const form: BatchForm<Examples> = {
  describeBatch: (inputSize) => `inputs of ${inputSize}`,
  faultOf: (batch) => ('bad' in batch ? 'has something bad' : undefined),
};

describe('requireSource', () => {
  it.each<[string, object | null | undefined, object]>([
    ['nothing', undefined, { code: 'INVALID_ARGUMENT', argument: 'data', value: undefined }],
    ['null', null, { code: 'INVALID_ARGUMENT', argument: 'data', value: null }],
    ['no source', { size: 4, inputSize: 3 }, { code: 'INVALID_ARGUMENT', argument: 'data' }],
    ['an empty one', { ...source, size: 0 }, { code: 'INVALID_SHAPE', argument: 'data.size', value: 0 }],
    [
      'half an example',
      { ...source, size: 1.5 },
      { code: 'INVALID_SHAPE', argument: 'data.size', value: 1.5 },
    ],
    [
      'another width',
      { ...source, inputSize: 4 },
      { code: 'INVALID_SHAPE', argument: 'data.inputSize', allowed: '3' },
    ],
  ])('refuses %s', (_, data, fields) => {
    expect(() => requireSource('data', data as typeof source, 3)).toThrow(expect.objectContaining(fields));
  });

  it('takes a source of one example', () => {
    requireSource('data', { ...source, size: 1 }, 3);
  });
});

describe('checkedBatches', () => {
  async function taken(batches: unknown): Promise<Examples[]> {
    const all: Examples[] = [];
    const request = { batchSize: 2 };
    const asked = vi.fn(() => batches);
    for await (const batch of checkedBatches({ ...source, batches: asked as never }, request, form))
      all.push(batch);
    expect(asked.mock.calls).toEqual([[request]]);
    return all;
  }
  const batch = (shape: number[], more: object = {}) => ({
    inputs: zeros(shape as [number, number]) as Tensor2D,
    size: shape[0],
    ...more,
  });

  it('gives what a source gives, at once or as it arrives', async () => {
    const before = memory().numTensors;
    const arriving = async function* () {
      yield batch([1, 3]);
    };
    const all = [await taken([batch([2, 3]), batch([1, 3])]), await taken(arriving())].flat();
    expect(all.map(({ size }) => size)).toEqual([2, 1, 1]);
    all.forEach(disposeBatch);
    expect(memory().numTensors).toBe(before);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['no inputs', () => ({ size: 2 }), /has inputs that are undefined\. It must be inputs of 3/],
    ['nothing', () => undefined, /has inputs that are undefined/],
    ['a list', () => batch([3]), /has inputs of shape \[3\]/],
    ['another width', () => batch([2, 4]), /has inputs of shape \[2,4\]/],
    ['images', () => batch([2, 3, 1]), /has inputs of shape \[2,3,1\]/],
    ['what the task refuses', () => batch([2, 3], { bad: zeros([1]) }), /has something bad/],
    ['another size', () => batch([2, 3], { size: 3 }), /has the size 3, but 2 inputs/],
  ])('refuses %s, and disposes it', async (_, make, message) => {
    const before = memory().numTensors;
    const value = make();
    const taking = taken([value]);
    await expect(taking).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument: 'batches',
      value,
      allowed: 'inputs of 3',
      message: expect.stringMatching(message),
    });
    expect(memory().numTensors).toBe(before);
  });

  it.each([[undefined], [5], [{ length: 1 }], [Promise.resolve([])]])(
    'refuses what cannot be looped over: %o',
    async (batches) => {
      await expect(taken(batches)).rejects.toMatchObject({
        code: 'INVALID_DATA',
        argument: 'batches',
        value: batches,
        message: expect.stringMatching(/^batches\(\) of the data set gave/),
      });
    },
  );

  it('disposes what has been disposed already no second time', () => {
    const one = batch([2, 3], { note: 'kept' });
    one.inputs.dispose();
    expect(() => disposeBatch(one)).not.toThrow();
  });
});
