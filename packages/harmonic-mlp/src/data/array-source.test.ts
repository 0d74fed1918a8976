import '@tensorflow/tfjs-backend-cpu';
import { setBackend } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ArraySource } from './array-source';
import { disposeBatch } from './batch-source';

beforeAll(() => setBackend('cpu'));

/** Rows of numbers that are all different. */
const rowsOf = (count: number, width: number, first = 0) =>
  Array.from({ length: count }, (_, row) => Array.from({ length: width }, (_, i) => first + row * width + i));

describe('A batch of values', () => {
  it.each([1, 2, 63, 64, 100])('has the rows that are asked for, of width %i', async (width) => {
    const [inputs, targets] = [rowsOf(9, width), rowsOf(9, 3, 5000)];
    const weights = inputs.map((_, i) => i + 1);
    const whole = await ArraySource.of(
      { inputs, targets, weights },
      { field: 'targets', width: 3 },
      { inputSize: width },
    );
    // The last examples, whose numbers are not those of their rows.
    const { validation } = whole.split(5 / 9);
    const batch = validation.batch(Int32Array.of(4, 0, 2)) as never as Record<
      string,
      { dataSync(): number[] }
    >;
    const rows = [8, 4, 6];
    expect([...batch.inputs.dataSync()]).toEqual(rows.flatMap((row) => inputs[row]));
    expect([...batch.targets.dataSync()]).toEqual(rows.flatMap((row) => targets[row]));
    expect([...batch.weights.dataSync()]).toEqual(rows.map((row) => weights[row]));
    disposeBatch(batch as never);
  });
});
