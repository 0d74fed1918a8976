import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend, type Tensor2D, tensor2d } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type ExampleSource, type Examples, findUnusableData, type UnusableTarget } from '.';

beforeAll(() => setBackend('cpu'));

/** Batches of two examples of two features, and how many were taken. */
function* batchesOf(values: number[], taken: number[]): Generator<Examples> {
  for (let i = 0; i < values.length; i += 4) {
    taken.push(i / 4);
    yield { inputs: tensor2d(values.slice(i, i + 4), [2, 2]) as Tensor2D, size: 2 };
  }
}

async function found(
  values: number[],
  {
    start = 0,
    count = 9,
    target,
    order,
  }: {
    start?: number;
    count?: number;
    target?: UnusableTarget;
    order?: ExampleSource<Examples>['order'];
  } = {},
) {
  const before = memory().numTensors;
  const taken: number[] = [];
  const source = { size: 20, inputSize: 2, order } as ExampleSource<Examples>;
  const fault = await findUnusableData(source, batchesOf(values, taken), {
    request: { batchSize: 2, start, epoch: 3, shuffle: [1, 2] },
    count,
    findTarget: async () => target,
    nameOf: (batch) => `batch ${batch}`,
  });
  expect(memory().numTensors).toBe(before);
  return { fault, taken };
}

describe('findUnusableData', () => {
  it('finds nothing in finite numbers, however many batches it may look at', async () => {
    const largest = Math.fround(1.79e19);
    expect(await found([largest, -largest, 0, 1, 1, 1, 1, 1])).toEqual({ fault: undefined, taken: [0, 1] });
    expect(await found(Array(12).fill(1), { start: 4, count: 2 })).toEqual({
      fault: undefined,
      taken: [0, 1],
    });
    expect(await found([])).toEqual({ fault: undefined, taken: [] });
  });

  it.each([
    [Number.NaN, 'a finite number', 'Correct the input, or leave the example out'],
    [-Infinity, 'a finite number', 'Correct the input, or leave the example out'],
    [
      Math.fround(-1.81e19),
      'at most 18000000000000000000 in size, for this backend has 32-bit floats',
      'Scale the inputs',
    ],
  ])('finds %d by its place', async (value, allowed, fix) => {
    const values = [1, 1, 1, 1, 1, 1, 1, value, 1, 1, 1, 1];
    const { fault, taken } = await found(values, { start: 4 });
    expect(taken).toEqual([0, 1]);
    expect(fault).toMatchObject({
      argument: 'inputs',
      value,
      allowed,
      fix: `${fix}. (Examples and features are counted from 0.)`,
    });
    expect(fault?.problem).toContain(
      `: feature 1 of example 1 of batch 5 is ${value}; it must be ${allowed}`,
    );
    const first = await found([value, 1, 1, 1]);
    expect(first.fault?.problem).toContain('feature 0 of example 0 of batch 0 is');
  });

  it('finds a target, by its number in the data set where that tells its order', async () => {
    const target = { field: 'labels', what: 'label', row: 1, value: 7, allowed: 'a class' };
    expect((await found([1, 1, 1, 1], { target })).fault).toEqual({
      argument: 'labels',
      value: 7,
      allowed: 'a class',
      problem:
        'The data cannot be computed with: the label of example 1 of batch 0 is 7; it must be a class.',
      fix: 'Correct the label, or leave the example out. (Examples are counted from 0.)',
    });
    const order = vi.fn(() => Int32Array.from({ length: 20 }, (_, place) => 19 - place));
    const { fault } = await found([1, 1, 1, 1], { target, order, start: 3 });
    expect(fault?.problem).toContain('example 1 of batch 3, which is example 12 of the data set, is 7');
    expect(order.mock.calls).toEqual([[{ shuffle: [1, 2], epoch: 3 }]]);
  });
});
