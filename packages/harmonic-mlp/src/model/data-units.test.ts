import '@tensorflow/tfjs-backend-cpu';
import { memory, setBackend, type Tensor, tensor2d } from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Examples } from '../data';
import { DataUnits, measureUnits } from './data-units';

beforeAll(() => setBackend('cpu'));

/** A training set of batches, each of rows of inputs and of targets. */
const source = (...parts: { inputs?: number[][]; targets?: number[][]; size?: number }[]) => ({
  batches: vi.fn(function* () {
    for (const { inputs, targets, size = inputs!.length } of parts) {
      const tensors = { inputs: inputs && tensor2d(inputs), targets: targets && tensor2d(targets) };
      yield { ...tensors, size } as unknown as Examples;
    }
  }),
});
const read = async ({ mean, deviation, count }: DataUnits) =>
  Promise.all([mean, deviation, count].map(async (each: Tensor) => [...(await each.data())]));

describe('measureUnits', () => {
  let inputs: DataUnits;
  let targets: DataUnits;
  let before: number;

  beforeEach(() => {
    before = memory().numTensors;
    inputs = new DataUnits('inputs', 2);
    targets = new DataUnits('targets', 1);
  });
  afterEach(() => {
    for (const units of [inputs, targets]) units.dispose();
    expect(memory().numTensors).toBe(before);
  });

  const data = source(
    {
      inputs: [
        [1, 5],
        [2, 5],
      ],
      targets: [[10], [20]],
    },
    { inputs: [[6, 5]], targets: [[60]] },
  );

  it('measures the mean, the deviation, and how many examples there are', async () => {
    expect(await read(inputs)).toEqual([[0, 0], [1, 1], [0]]);
    await measureUnits([inputs, targets], data);
    expect(data.batches).toHaveBeenLastCalledWith({ batchSize: 1024 });
    const deviation = Math.fround(Math.sqrt(14 / 3));
    // 1 for what does not vary.
    expect(await read(inputs)).toEqual([[3, 5], [deviation, 1], [3]]);
    expect(await read(targets)).toEqual([[30], [expect.closeTo(10 * deviation, 4)], [3]]);
  });

  it('leaves what has been measured, and does not read the data for it', async () => {
    await measureUnits([inputs], data);
    const others = source({
      inputs: [
        [7, 8],
        [9, 10],
      ],
      targets: [[1], [3]],
    });
    await measureUnits([inputs, targets], others);
    expect((await read(inputs))[0]).toEqual([3, 5]);
    expect((await read(targets))[0]).toEqual([2]);
    await measureUnits([inputs, targets], others);
    expect(others.batches).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['another width', { inputs: [[1], [2]], targets: [[1], [2]] }],
    ['another size', { inputs: [[1, 2]], targets: [[1]], size: 2 }],
    ['no tensor', { targets: [[1]], size: 1 }],
  ])('leaves it to the training to refuse a batch of %s', async (_, batch) => {
    await measureUnits([inputs, targets], source({ inputs: [[1, 2]], targets: [[3]] }, batch));
    expect(await read(inputs)).toEqual([[0, 0], [1, 1], [0]]);
  });

  it('leaves the units as they are without examples', async () => {
    await measureUnits([inputs], source());
    expect(await read(inputs)).toEqual([[0, 0], [1, 1], [0]]);
  });

  it.each([
    [
      {
        inputs: [
          [1, 2],
          [3, Number.NaN],
        ],
        targets: [[1], [2]],
      },
      'inputs',
      Number.NaN,
      'The feature 1 of example 4 of the training data is NaN; it must be a finite number.',
    ],
    [
      { inputs: [[1, 2]], targets: [[-Infinity]] },
      'targets',
      -Infinity,
      'The target of example 3 of the training data is -Infinity;',
    ],
  ])('refuses %j after three examples', async (bad, argument, value, message) => {
    const first = {
      inputs: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      targets: [[1], [2], [3]],
    };
    await expect(measureUnits([inputs, targets], source(first, bad))).rejects.toMatchObject({
      code: 'INVALID_DATA',
      argument,
      value,
      message: expect.stringContaining(message),
    });
    expect(await read(targets)).toEqual([[0], [1], [0]]);
  });

  it('leaves units that are disposed meanwhile', async () => {
    const gone = {
      *batches() {
        yield* data.batches();
        targets.dispose();
      },
    };
    await measureUnits([inputs, targets], gone);
    // Those of the inputs.
    expect(memory().numTensors).toBe(before + 3);
  });
});

describe('DataUnits', () => {
  it('are not trained', () => {
    const units = new DataUnits('inputs', 3);
    expect(Object.keys(units.statistics)).toEqual(['mean', 'deviation', 'count']);
    for (const each of Object.values(units.statistics)) expect(each.trainable).toBe(false);
    units.dispose();
  });
});
