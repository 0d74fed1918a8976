import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend, type Tensor1D, type Tensor2D, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type BatchForm,
  type BatchRequest,
  disposeBatch,
  type EpochCutting,
  type ExampleSource,
  type Examples,
  epochBatches,
  stepsPerEpoch,
} from '.';

beforeAll(() => setBackend('cpu'));

interface Numbered extends Examples {
  readonly numbers: Tensor1D;
}

const form: BatchForm<Numbered> = {
  describeBatch: () => '{ inputs, numbers, size }',
  faultOf: () => undefined,
};
const cutting = (batchSize: number, { dropLast = false, smallestBatch = 2 } = {}): EpochCutting => ({
  batchSize,
  dropLast,
  smallestBatch,
});

/** Examples that are their numbers, in batches of these sizes, or of the size that is asked for. */
function numbered(size: number, sizes?: number[]): ExampleSource<Numbered> {
  return {
    size,
    inputSize: 1,
    *batches({ batchSize, start = 0 }) {
      let first = start * batchSize;
      for (const length of sizes ?? Array(99).fill(batchSize)) {
        const values = Array.from({ length: Math.min(length, size - first) }, (_, i) => first + i);
        if (values.length === 0) return;
        first += values.length;
        const inputs = tensor2d(values, [values.length, 1]) as Tensor2D;
        yield { inputs, numbers: tensor1d(values), size: values.length };
      }
    },
  };
}

/** The numbers in each batch of an epoch. */
async function epoch(
  source: ExampleSource<Numbered>,
  cut: EpochCutting,
  request: Partial<BatchRequest> = {},
  most = Infinity,
): Promise<number[][]> {
  const batches: number[][] = [];
  const before = memory().numTensors;
  try {
    const asked = { batchSize: cut.batchSize, start: 0, ...request };
    for await (const batch of epochBatches(source, asked, cut, form)) {
      batches.push([...batch.numbers.dataSync()]);
      expect([...batch.inputs.dataSync()]).toEqual(batches.at(-1));
      expect(batch.size).toBe(batches.at(-1)?.length);
      disposeBatch(batch);
      if (batches.length === most) break;
    }
    return batches;
  } finally {
    expect(memory().numTensors).toBe(before);
  }
}

const sizesOf = (batches: number[][]) => batches.map(({ length }) => length);

describe('An epoch', () => {
  it.each<[number, EpochCutting, number[]]>([
    [6, cutting(3), [3, 3]],
    [7, cutting(3), [3, 4]],
    [8, cutting(3), [3, 3, 2]],
    [4, cutting(3), [4]],
    [3, cutting(3), [3]],
    [2, cutting(3), [2]],
    [3, cutting(2), [3]],
    [7, cutting(3, { smallestBatch: 1 }), [3, 3, 1]],
    [2, cutting(1, { smallestBatch: 1 }), [1, 1]],
    [1, cutting(3, { smallestBatch: 1 }), [1]],
    [7, cutting(3, { dropLast: true }), [3, 3]],
    [8, cutting(3, { dropLast: true }), [3, 3]],
    [6, cutting(3, { dropLast: true }), [3, 3]],
    [2, cutting(3, { dropLast: true }), [2]],
  ])('of %i examples, cut as %j, has batches of %j', async (size, cut, sizes) => {
    expect(stepsPerEpoch({ size }, cut)).toBe(sizes.length);
    const batches = await epoch(numbered(size), cut);
    expect(sizesOf(batches)).toEqual(sizes);
    const all = Array.from({ length: sizes.reduce((sum, each) => sum + each) }, (_, i) => i);
    expect(batches.flat()).toEqual(all);
    for (let start = 1; start <= sizes.length; start++)
      expect(await epoch(numbered(size), cut, { start })).toEqual(batches.slice(start));
  });

  it('may come from a source that joins the last example by itself', async () => {
    expect(sizesOf(await epoch(numbered(7, [3, 4]), cutting(3)))).toEqual([3, 4]);
  });

  it.each<[number, EpochCutting, object]>([
    [1, cutting(3), { code: 'INVALID_SHAPE', argument: 'size', value: 1, allowed: 'at least 2' }],
    [1, cutting(1), { code: 'INVALID_SHAPE', argument: 'size' }],
    [4, cutting(1), { code: 'INVALID_ARGUMENT', argument: 'batchSize', value: 1, allowed: 'at least 2' }],
  ])('of %i examples cannot be cut as %j', (size, cut, fields) => {
    expect(() => stepsPerEpoch({ size }, cut)).toThrow(expect.objectContaining(fields));
  });

  it.each<[number, number[], EpochCutting, number, string]>([
    [9, [3, 3], cutting(3), 2, '3'],
    [9, [], cutting(3), 0, '3'],
    [9, [3, 3, 1, 1, 1], cutting(3), 5, '3'],
    [7, [3, 3], cutting(3), 2, '3'],
    [7, [3], cutting(3), 1, '3'],
    [8, [3], cutting(3, { dropLast: true }), 1, '2'],
  ])('of %i examples in batches of %j is refused', async (size, sizes, cut, value, allowed) => {
    await expect(epoch(numbered(size, sizes), cut)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument: 'batches',
      value,
      allowed,
    });
  });

  it('says that the last one is missing only where it is', async () => {
    await expect(epoch(numbered(7, [3, 3]), cutting(3))).rejects.toThrow(
      'The data set gave 2 batches, but 7 examples in batches of 3 make 3: the last one, of one example, is missing.',
    );
    await expect(epoch(numbered(9, [3, 3]), cutting(3))).rejects.toThrow(/make 3\. Have/);
  });

  it('may end early where the run does', async () => {
    const signal = AbortSignal.abort();
    expect(sizesOf(await epoch(numbered(9, [3]), cutting(3), { signal }))).toEqual([3]);
    expect(sizesOf(await epoch(numbered(7, [3, 3]), cutting(3), { signal }))).toEqual([3]);
    expect(sizesOf(await epoch(numbered(7), cutting(3), {}, 1))).toEqual([3]);
  });
});
